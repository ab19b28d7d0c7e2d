"""Networks for pictures: a module each."""
