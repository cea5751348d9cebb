"""
Noun: scripted faults.

In: the script and a request. Out: the fault that strikes it, or none.
Rule of this file: which request is struck is decided here; what happens then is done by the server.
"""

import re
from dataclasses import dataclass, field
from typing import Any

ACTIONS = ("status", "delay", "hang", "reset_before", "reset_after", "cut_body", "html200", "charset", "lock",
           "expire_session", "limit", "maintenance", "late_apply", "late_commit", "slow_by_record", "rows",
           "sub", "login", "retired", "redirect")  # fmt: skip
_MATCH = {"method", "path_regex", "body_regex", "records_over"}


@dataclass(slots=True)
class Fault:
    """One fault: strikes *count* matching requests (None: all), after letting *skip* pass."""

    action: str
    method: str | None = None
    path: re.Pattern[str] | None = None
    body: re.Pattern[str] | None = None
    records_over: int | None = None
    count: int | None = 1
    skip: int = 0
    struck: int = 0
    params: dict[str, Any] = field(default_factory=dict)

    def matches(self, method: str, path: str, body: str) -> bool:
        """Whether the request is one that the fault may strike."""
        return (
            (self.method is None or self.method == method)
            and (self.path is None or self.path.search(path) is not None)
            and (self.body is None or self.body.search(body) is not None)
            and (self.records_over is None or body.count('"attributes"') > self.records_over)
        )

    def number(self, name: str, default: float) -> float:
        """Return a parameter that is a number."""
        return float(self.params.get(name, default))

    def shown(self) -> dict[str, Any]:
        """Return the fault as the control endpoint tells it."""
        return {"action": self.action, "count": self.count, "skip": self.skip, "struck": self.struck, **self.params}


def parse(value: dict[str, Any]) -> Fault:
    """Return the fault of one entry. Raises ValueError that says what is wrong with it."""
    entry = dict(value)
    match, action = dict(entry.pop("match", {})), entry.pop("action", None)
    if action not in ACTIONS:
        raise ValueError(f"action {action!r}: one of {', '.join(ACTIONS)}")
    if set(match) - _MATCH:
        raise ValueError(f"match knows {', '.join(sorted(_MATCH))}, not {', '.join(sorted(set(match) - _MATCH))}")
    count = entry.pop("count", 1)
    return Fault(
        action,
        match.get("method"),
        re.compile(match["path_regex"]) if "path_regex" in match else None,
        re.compile(match["body_regex"], re.DOTALL) if "body_regex" in match else None,
        int(match["records_over"]) if "records_over" in match else None,
        None if count is None or count == "always" else int(count),
        int(entry.pop("skip", 0)),
        params=entry,
    )


class Faults:
    """The script of one org, in order: the first entry that matches strikes."""

    def __init__(self) -> None:
        self.script: list[Fault] = []

    def strike(self, method: str, path: str, body: bytes) -> Fault | None:
        """Return the fault for this request and count it."""
        if not self.script:
            return None
        text = body.decode("utf-8", "replace")
        for fault in self.script:
            if fault.count is not None and fault.struck >= fault.count:
                continue
            if not fault.matches(method, path, text):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.struck += 1
            return fault
        return None
