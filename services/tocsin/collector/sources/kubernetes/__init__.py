"""The source `kubernetes`: follows the log of each Tetragon pod through the API server."""
