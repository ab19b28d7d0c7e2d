"""The verdict: whether a neural network is worth it on these data."""
