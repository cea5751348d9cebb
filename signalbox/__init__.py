"""Command line, settings and wiring: the only importer of connectors."""
