"""One folder a source: how its events are read, routed, mapped and decided."""
