"""
Noun: the composite resource.

In: up to 25 subrequests. Out: their answers in one, under HTTP 200.
Rule of this file: one composite is one API call; a subrequest that depends on a failed one is halted.
Source: fact sheet 0.1, A7. The wording of the refusals of too many subrequests is a guess.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from simulator.call import Call, Reply
from simulator.errors import ApiError
from simulator.rest.run import Run

MOST, MOST_WIDE = 25, 5
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]*")
_REFERENCE = re.compile(r"@\{([A-Za-z0-9_]+)((?:\.[A-Za-z0-9_]+|\[\d+\])*)\}")
_STEP = re.compile(r"\.([A-Za-z0-9_]+)|\[(\d+)\]")
_WIDE = re.compile(r"/services/data/v\d+\.0/(?:query|queryAll|composite/sobjects)\b")
_FORBIDDEN = {"accept", "authorization", "content-type"}
_HALTED = "The transaction was rolled back since another operation in the same transaction failed."


class _RolledBack(Exception):
    """A subrequest failed and allOrNone is set."""


def handle(call: Call, body: Any, run: Run) -> Reply:
    """Answer POST /composite; *run* answers one subrequest."""
    subs = body.get("compositeRequest") if isinstance(body, dict) else None
    if not isinstance(subs, list) or not subs:
        raise ApiError("JSON_PARSER_ERROR", "compositeRequest: an array of subrequests is required")
    _check(subs)
    all_or_none = body.get("allOrNone") is True
    answers: list[dict[str, Any]] = []
    try:
        with call.org.store.savepoint():
            failed = _all(call, subs, run, answers, all_or_none=all_or_none)
            if failed and all_or_none:
                raise _RolledBack
    except _RolledBack:
        answers = [
            answer if answer["httpStatusCode"] >= 400 else _halted(answer["referenceId"], _HALTED) for answer in answers
        ]
        answers += [_halted(str(sub["referenceId"]), _HALTED) for sub in subs[len(answers) :]]
    return Reply(200, {"compositeResponse": answers})


def _check(subs: list[Any]) -> None:
    if len(subs) > MOST:
        raise ApiError("LIMIT_EXCEEDED", f"The number of subrequests {len(subs)} exceeds the limit of {MOST}")
    names = set()
    wide = 0
    for sub in subs:
        name = sub.get("referenceId") if isinstance(sub, dict) else None
        if not isinstance(name, str) or not _NAME.fullmatch(name) or name in names:
            raise ApiError("INVALID_INPUT", f"referenceId {name!r}: unique, letters, digits and underscores")
        names.add(name)
        url = sub.get("url")
        if not isinstance(url, str) or not url.startswith("/services/data/v"):
            raise ApiError("INVALID_INPUT", f"{name}: url must start with /services/data/vXX.X/")
        if sub.get("method") not in ("GET", "POST", "PATCH", "PUT", "DELETE"):
            raise ApiError("INVALID_INPUT", f"{name}: method {sub.get('method')!r} is not allowed")
        bad = _FORBIDDEN & {key.lower() for key in sub.get("httpHeaders") or ()}
        if bad:
            raise ApiError("INVALID_INPUT", f"{name}: header {', '.join(sorted(bad))} is not allowed in a subrequest")
        wide += bool(_WIDE.match(urlsplit(url).path))
    if wide > MOST_WIDE:
        raise ApiError("LIMIT_EXCEEDED", f"{wide} queries and sObject Collections: a composite takes {MOST_WIDE}")


def _all(call: Call, subs: list[Any], run: Run, answers: list[dict[str, Any]], *, all_or_none: bool) -> bool:
    """Answer each in order into *answers*; return whether one failed (the last, where all_or_none)."""
    known: dict[str, Any] = {}
    failed = False
    for sub in subs:
        name = sub["referenceId"]
        try:
            url, body = _resolve(sub["url"], known), _resolve(sub.get("body"), known)
        except KeyError as error:
            text = f"Invalid reference specified. No value for {error.args[0]} found in {error.args[0].split('.')[0]}"
            answers.append(_halted(name, text))
            failed = True
        else:
            reply = _struck(call) or run(sub["method"], url, body, sub.get("httpHeaders") or {})
            call.subs.append(f"{sub['method']} {url} {reply.status}")
            if reply.status < 400:
                known[name] = reply.body
            answers.append({"body": reply.body, "httpHeaders": reply.headers, "httpStatusCode": reply.status,
                            "referenceId": name})  # fmt: skip
            failed = failed or reply.status >= 400 or (all_or_none and _rows_failed(reply.body))
        if failed and all_or_none:
            return True
    return failed


def _struck(call: Call) -> Reply | None:
    """Return the refusal of a subrequest that a fault strikes inside an answer of HTTP 200; None: it is done."""
    fault = call.request.fault
    if fault is None or fault.action != "sub" or len(call.subs) < fault.number("after", 0):
        return None
    error = ApiError(str(fault.params.get("code", "INVALID_SESSION_ID")), str(fault.params.get("message", "")))
    return Reply(int(fault.number("status", 401)), error.single())


def _rows_failed(body: Any) -> bool:
    return isinstance(body, list) and any(isinstance(item, dict) and item.get("success") is False for item in body)


def _halted(name: str, text: str) -> dict[str, Any]:
    body = [{"errorCode": "PROCESSING_HALTED", "message": text}]
    return {"body": body, "httpHeaders": {}, "httpStatusCode": 400, "referenceId": name}


def _resolve(value: Any, known: Mapping[str, Any]) -> Any:
    """Return *value* with every `@{ref.path}` replaced. Raises KeyError with the reference."""
    if isinstance(value, dict):
        return {key: _resolve(item, known) for key, item in value.items()}
    if isinstance(value, list):
        return [_resolve(item, known) for item in value]
    if not isinstance(value, str) or "@{" not in value:
        return value
    whole = _REFERENCE.fullmatch(value)
    if whole:
        return _follow(whole, known)
    return _REFERENCE.sub(lambda found: str(_follow(found, known)), value)


def _follow(found: re.Match[str], known: Mapping[str, Any]) -> Any:
    path = found[1] + found[2]
    if found[1] not in known:
        raise KeyError(path)
    value = known[found[1]]
    for name, number in _STEP.findall(found[2]):
        try:
            value = value[name] if name else value[int(number)]
        except (KeyError, IndexError, TypeError):
            raise KeyError(path) from None
    return value
