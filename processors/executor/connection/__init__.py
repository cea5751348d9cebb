"""Whether an org can be worked on, and what is known of it."""
