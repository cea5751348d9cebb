"""
Noun: one API call under way.

In: org, user, request. Out: what the handlers need of them, and what they did.
Rule of this file: a value that travels; no behaviour but reading its own headers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.access import User
from simulator.faults import Fault
from simulator.org import Org


@dataclass(slots=True)
class Request:
    """
    An HTTP request: *path* without the query, *query* as pairs by name, *headers* in lower case.

    *crowded*: too many long requests were under way when it came. *fault* is one that strikes inside of it.
    """

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    target: str = ""
    crowded: bool = False
    fault: Fault | None = None


@dataclass(slots=True)
class Reply:
    """An HTTP answer; *body* is a JSON value, or bytes as they are; None: no body."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    type: str = "application/json;charset=UTF-8"


@dataclass(slots=True)
class Call:
    """One API call: *written* counts records, *subs* tells the subrequests."""

    org: Org
    user: User
    request: Request
    version: str = "65.0"
    seq: int = 0
    written: int = 0
    subs: list[str] = field(default_factory=list)
    headers: Mapping[str, str] = field(default_factory=dict)
    lock: str | None = None

    @property
    def base(self) -> str:
        """Return where resources of this version live."""
        return f"/services/data/v{self.version}"

    @property
    def allow_save(self) -> bool:
        """Whether the caller overrides alerts of duplicate rules (fact sheet A6)."""
        text = self.headers.get("sforce-duplicate-rule-header", "")
        return "allowsave=true" in text.replace(" ", "").lower()

    @property
    def tells_duplicates(self) -> bool:
        """Whether a refusal tells the fields of the records that a duplicate rule found."""
        text = self.headers.get("sforce-duplicate-rule-header", "")
        return "includerecorddetails=true" in text.replace(" ", "").lower()

    @property
    def assigns(self) -> bool:
        """Whether assignment rules run: yes, unless the caller says FALSE."""
        return self.headers.get("sforce-auto-assign", "true").strip().lower() != "false"
