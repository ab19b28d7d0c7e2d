"""Tables: what is special to rows and columns."""
