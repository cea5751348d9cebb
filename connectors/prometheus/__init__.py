"""Prometheus: the one registry of metrics."""
