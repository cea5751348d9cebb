"""Prospects of marketing (LL-1 to LL-30)."""
