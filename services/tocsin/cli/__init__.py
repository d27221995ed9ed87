"""``tocsin <command>``: starts services, one or all of them, and inspects a running system."""
