"""What a trained network looks at: columns of a table, places in a picture."""
