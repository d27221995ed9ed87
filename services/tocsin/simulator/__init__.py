"""Realistic, seeded Tetragon events and attack stories, for demonstrations, tests and benchmarks.

In: a seed and the time. Out: lines as Tetragon exports them, in a rotating file or on standard output.
Promise: each line carries the next integer (`number_of`), so that received events can be compared with sent ones.
"""

from tocsin.simulator.event_numbers import number_of
from tocsin.simulator.generator import Generator

__all__ = ["Generator", "number_of"]
