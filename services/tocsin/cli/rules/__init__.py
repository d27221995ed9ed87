"""``tocsin rules <command>``: commands for rule authors."""
