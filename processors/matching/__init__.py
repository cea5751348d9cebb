"""Which records of the org a command is about."""
