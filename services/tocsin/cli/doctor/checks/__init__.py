"""What each check concludes from what was gathered; pure, one subject a file."""
