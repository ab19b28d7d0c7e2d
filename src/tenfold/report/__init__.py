"""One typed summary of a run, and what lays it out."""
