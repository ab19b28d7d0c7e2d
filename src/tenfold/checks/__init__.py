"""Checks of data before any training: what would make a score a lie."""
