"""The nouns: what Tetragon observed, what was judged of it, and what both are called on the bus."""
