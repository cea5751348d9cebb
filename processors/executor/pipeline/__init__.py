"""One batch from match to outcome."""
