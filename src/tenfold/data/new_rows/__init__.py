"""Whether new rows are like those of training."""
