"""Telephone calls of a network, assembled from their steps (XB-1 to XB-28)."""
