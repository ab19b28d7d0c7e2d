"""From the networks of a table to a file."""
