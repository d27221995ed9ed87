"""The HTTP server: endpoints, their handlers, the OpenAPI document, login pages and static files."""
