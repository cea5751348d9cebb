"""
Noun: the port through which a composite answers its subrequests.

In: nothing. Out: a type.
Rule of this file: types only; the router implements it.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from simulator.call import Reply


class Run(Protocol):
    """Answers one subrequest; a refusal is a `Reply` too."""

    def __call__(self, method: str, url: str, body: Any, headers: Mapping[str, str]) -> Reply:
        """Return the answer."""
