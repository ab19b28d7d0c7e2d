"""Images: what is special to pictures."""
