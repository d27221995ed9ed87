"""Rule files read: YAML with positions, documents, and what links them; every problem names file, line and column."""
