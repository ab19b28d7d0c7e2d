"""What networks for pictures look at."""
