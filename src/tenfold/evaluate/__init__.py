"""Scores, their intervals, and the baseline beside them."""
