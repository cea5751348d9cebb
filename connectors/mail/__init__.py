"""The mail server."""
