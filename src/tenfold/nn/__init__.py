"""Networks with a fold axis: F networks side by side, one matrix product for all."""
