"""Which rows each fold learns from and which it is tested on."""
