"""``tocsin doctor``: everything on the way of an event is looked at once, judged, and told with what to do.

In: the environment, NATS, the gateway, an export file, and Tetragon's ConfigMap where it may be read.
Promise: it changes nothing, shows no secret, and says "unknown" where it could not look.
"""

from tocsin.cli.doctor.command import add

__all__ = ["add"]
