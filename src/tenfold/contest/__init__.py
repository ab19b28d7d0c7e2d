"""What a kind of data brings to a comparison, beside what it brings to training."""
