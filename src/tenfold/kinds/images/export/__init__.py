"""From networks for pictures to a file."""
