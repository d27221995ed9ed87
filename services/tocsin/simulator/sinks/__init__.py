"""Destinations of the lines: a rotating file, or standard output."""

from tocsin.simulator.sinks.base import Sink
from tocsin.simulator.sinks.rotating import RotatingFile
from tocsin.simulator.sinks.stdout import Stdout

__all__ = ["RotatingFile", "Sink", "Stdout"]
