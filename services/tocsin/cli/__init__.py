"""``tocsin <command>``: every service, everything at once, and what people ask a running one."""
