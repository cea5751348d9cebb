"""The REST resources, one a file. Rule of this package: a resource takes a `Call` and returns a `Reply`."""
