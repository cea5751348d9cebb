"""
How much a torture test does: small in `make test`, full in `make torture`, and with which seeds.

In: the environment: SIGNALBOX_TORTURE=full, SEED (the first, 1), ROUNDS (how many, 1). Out: numbers.
Rule of this file: a small test meets every step that the full one meets; it repeats them less often.
"""

import os

FULL = os.environ.get("SIGNALBOX_TORTURE") == "full"
"""Whether this run is `make torture`."""


def size(small: int, full: int) -> int:
    """Return how many of something: *small* in `make test`, *full* in `make torture`."""
    return full if FULL else small


def seeds() -> range:
    """Return the seeds of this run."""
    first = int(os.environ.get("SEED", "1"))
    return range(first, first + int(os.environ.get("ROUNDS", "1")))


def databases(cells: int) -> list[tuple[int, str]]:
    """Return which cell runs on which database: all on both in `make torture`, in turns in `make test`."""
    names = ("sqlite", "postgresql")
    if FULL:
        return [(cell, name) for cell in range(cells) for name in names]
    return [(cell, names[cell % len(names)]) for cell in range(cells)]
