"""Rules compiled to predicates, and an index that finds the few rules that can match an event."""
