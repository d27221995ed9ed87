"""``tocsin doctor``: checks every stage of the pipeline once, and prints what to do about each problem.

In: the environment, NATS, the gateway, an export file, and Tetragon's ConfigMap if it may be read.
Promise: it changes nothing, shows no secret, and says "unknown" if it could not check something.
"""

from tocsin.cli.doctor.command import add

__all__ = ["add"]
