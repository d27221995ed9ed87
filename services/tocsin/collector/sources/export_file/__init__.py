"""The source `file`: follows Tetragon's export file through rotation, truncation and gzip."""
