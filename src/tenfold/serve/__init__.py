"""An exported model as a page and an HTTP API. Nothing here needs torch."""
