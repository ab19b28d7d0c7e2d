"""Scores, their intervals, and the constant guess beside them."""
