"""Networks for tables: a module each."""
