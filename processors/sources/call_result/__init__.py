"""A dialler's call results (VS-1 to VS-32)."""
