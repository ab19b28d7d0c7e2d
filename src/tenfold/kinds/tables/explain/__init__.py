"""What the networks of a table look at."""
