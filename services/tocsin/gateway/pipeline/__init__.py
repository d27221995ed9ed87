"""The state of the pipeline: stages, nodes, coverage, rules and services."""
