# Stands in for the official image of nats-server where none can be pulled: the same program, and the one other program
# of that image which docker-compose.yml uses.
ARG PYTHON_IMAGE
FROM ${PYTHON_IMAGE}
COPY nats-server wget /usr/local/bin/
ENTRYPOINT ["nats-server"]
