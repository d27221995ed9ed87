"""Users, accounts and rights on NATS: one table, and the server configurations made from it."""
