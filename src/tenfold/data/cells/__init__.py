"""What one cell means: words, numbers with what stands beside them, dates, durations."""
