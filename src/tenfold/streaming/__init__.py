"""Prediction in streams: files of any size are answered batch by batch, in bounded memory."""
