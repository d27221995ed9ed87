"""Everything in one place: a supervisor, its nats-server and each service as a child (``tocsin up``)."""
