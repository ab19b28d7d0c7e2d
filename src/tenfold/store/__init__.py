"""Model files and run folders."""
