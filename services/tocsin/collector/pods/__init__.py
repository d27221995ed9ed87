"""All Tetragon pods as sources: numbered slots, their checkpoints, and the tasks that follow them."""
