"""
Noun: how much a request asks to write, as far as can be told before it is applied.

In: a request. Out: a number of records.
Rule of this file: an estimate for the pace alone; what was truly written is counted by `Call`.
"""

from collections.abc import Mapping
from typing import Any

from simulator import values
from simulator.call import Request

_RECORDS_A_LEAD = 3  # the lead, its account, its contact


def expected(request: Request) -> int:
    """Return the number of records that *request* asks to write."""
    if request.path.startswith("/services/Soap/"):
        return request.body.count(b"leadId>") // 2 * _RECORDS_A_LEAD
    if request.method in ("GET", "HEAD") or not request.path.startswith("/services/data/"):
        return 0
    try:
        body = values.load(request.body) if request.body else None
    except ValueError:
        return 0
    return _records(request.method, request.target, body)


def _records(method: str, target: str, body: Any) -> int:
    if method == "GET":
        return 0
    if method == "DELETE":
        return target.count(",") + 1
    if not isinstance(body, Mapping):
        return 0
    if isinstance(subs := body.get("compositeRequest"), list):
        return sum(_records(str(sub.get("method")), str(sub.get("url")), sub.get("body"))
                   for sub in subs if isinstance(sub, Mapping))  # fmt: skip
    if isinstance(rows := body.get("records"), list):
        return len(rows)
    return 1 if "/sobjects/" in target else 0
