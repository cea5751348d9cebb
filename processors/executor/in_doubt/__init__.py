"""API calls without an answer: what became of them, and how they end."""
