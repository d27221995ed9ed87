"""What is looked at: one gatherer for each place, none of which raises for what it cannot see."""
