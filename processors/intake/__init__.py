"""The intake: an event becomes the command of the one integration that wants it. decode, route, map (pure) + app."""
