"""HOW: one package an outside system. Connectors know ports and values, and never each other."""
