"""Fakes and builders: real classes behind our ports, without I/O."""
