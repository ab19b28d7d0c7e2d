"""What the columns of a table are: kinds, the target, the schema, and rows as numbers."""
