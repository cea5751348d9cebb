"""The values that flow between the stages, and the ports of the outside systems. Pure."""
