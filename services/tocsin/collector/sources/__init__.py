"""The sources of lines: one module or package for each kind, and their contract in `base`."""
