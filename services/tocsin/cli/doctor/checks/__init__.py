"""The checks, one subject per file; pure functions of the observations."""
