"""A table in memory: its rows as they came, and how they were read."""
