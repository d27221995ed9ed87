"""``tocsin rules <command>``: what a rule author does with rule files."""
