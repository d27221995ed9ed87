"""Tocsin: what Tetragon sees in the kernel, judged and carried as a stream, with nothing lost in silence."""

__version__ = "0.1.0"
