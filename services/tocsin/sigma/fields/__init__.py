"""What rules can ask an event for: the names of the fields, and how each is read from an event."""
