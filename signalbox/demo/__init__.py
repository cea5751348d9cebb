"""The demo: the main job on embedded parts, as the same processes that production runs."""
