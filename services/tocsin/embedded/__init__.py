"""``tocsin up``: a supervisor that runs a nats-server and all services as child processes."""
