"""What a rule author works with: lint, tests, replay, dry run, explanation, import and the pages of the docs."""
