"""The whole story, from data to networks with a score: of a table, and of pictures."""
