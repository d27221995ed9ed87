"""The rule language: Sigma v2.1 read, linked, compiled and matched; pure, so that a rule is the same everywhere."""
