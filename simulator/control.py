"""
Noun: the control endpoint, apart from the API.

In: a request of a test or a demo. Out: state, log, effects; faults, time and records set.
Rule of this file: it reaches into the org past every rule; it is never counted and never struck by a fault.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from simulator import faults, ids, row_faults, values
from simulator.call import Reply, Request
from simulator.org import Org
from simulator.pace import Pace

_PATH = re.compile(r"/(?:__control/)?(?:([A-Za-z0-9_-]+)/)?([a-z]+(?:/revoke)?)/?")


def handle(orgs: Mapping[str, Org], request: Request) -> Reply:
    """Answer /[__control/][{org}/]{what}; without an org: the first."""
    found = _PATH.fullmatch(request.path)
    name, what = (found[1], found[2]) if found else (None, "")
    if name == "tokens":
        name, what = None, f"tokens/{what}"
    org = orgs.get(name) if name else next(iter(orgs.values()))
    handler = _HANDLERS.get(f"{request.method} {what}")
    if org is None or handler is None:
        known = ", ".join(_HANDLERS)
        return Reply(404, {"error": f"{request.method} {request.path}: known are {known}; orgs: {', '.join(orgs)}"})
    try:
        body = values.load(request.body) if request.body else None
        return Reply(200, handler(org, body, request.query))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return Reply(400, {"error": f"{request.method} {what}: {error}"})


def _get_state(org: Org, _body: Any, _query: Mapping[str, str]) -> Any:
    records = {name: list(table.rows.values()) for name, table in org.store.tables.items() if table.rows}
    return {"org": org.name, "records": records, "used": org.used, "limit": org.limit,
            "shift": org.shift.total_seconds(),
            "next": {name: table.next for name, table in org.store.tables.items()}}  # fmt: skip


def _put_state(org: Org, body: Any, _query: Mapping[str, str]) -> Any:
    for table in org.store.tables.values():
        table.rows.clear()
        for index in table.indexes.values():
            index.clear()
    for name, rows in body["records"].items():
        for row in rows:
            org.insert(name, row)
    for name, number in body.get("next", {}).items():
        org.store.tables[name].next = int(number)
    org.used, org.limit = int(body.get("used", org.used)), int(body.get("limit", org.limit))
    return {"records": sum(len(table.rows) for table in org.store.tables.values())}


def _post_faults(org: Org, body: Any, _query: Mapping[str, str]) -> Any:
    fresh = [faults.parse(item) for item in (body if isinstance(body, list) else [body])]
    for fault in fresh:
        if fault.action == "rows":
            row_faults.check(fault)
    org.faults.script.extend(fresh)
    return _get_faults(org, body, {})


def _get_faults(org: Org, _body: Any, _query: Mapping[str, str]) -> Any:
    return [fault.shown() for fault in org.faults.script]


def _delete_faults(org: Org, _body: Any, _query: Mapping[str, str]) -> Any:
    gone = _get_faults(org, None, {})
    org.faults.script.clear()
    return gone


def _get_log(org: Org, _body: Any, query: Mapping[str, str]) -> Any:
    since = int(query.get("since", 0))
    effects: dict[int, list[Any]] = {}
    for effect in org.store.effects:
        effects.setdefault(effect["request"], []).append(effect)
    return [{**row, "effects": effects.get(row["seq"], [])} for row in org.log if row["seq"] > since]


def _get_effects(org: Org, _body: Any, query: Mapping[str, str]) -> Any:
    """Effects from the *since*-th on (0-based)."""
    since = int(query.get("since", 0))
    return {"next": len(org.store.effects), "effects": org.store.effects[since:]}


def _get_calls(org: Org, _body: Any, _query: Mapping[str, str]) -> Any:
    return {"used": org.used, "limit": org.limit, "requests": org.seq, "running": len(org.running)}


def _post_calls(org: Org, body: Any, _query: Mapping[str, str]) -> Any:
    org.used, org.limit = int(body.get("used", org.used)), int(body.get("limit", org.limit))
    return _get_calls(org, body, {})


def _post_time(org: Org, body: Any, _query: Mapping[str, str]) -> Any:
    """Shift the clock by `seconds`, or set it to `now`."""
    if "now" in body:
        org.shift += values.to_datetime(body["now"]) - org.now()
    else:
        org.shift += timedelta(seconds=float(body["seconds"]))
    return {"now": org.now()}


def _post_pace(org: Org, body: Any, _query: Mapping[str, str]) -> Any:
    org.pace = Pace.of(body["pace"] if isinstance(body, dict) and "pace" in body else body)
    return {"pace": org.pace.name, "base": org.pace.base, "record": org.pace.record, "in_flight": org.pace.in_flight}


def _post_records(org: Org, body: Any, _query: Mapping[str, str]) -> Any:
    entries = body if isinstance(body, list) else body["records"]
    return {"ids": [org.insert(entry["type"], entry.get("fields", {})) for entry in entries]}


def _patch_records(org: Org, body: Any, _query: Mapping[str, str]) -> Any:
    entries = body if isinstance(body, list) else body["records"]
    for entry in entries:
        org.change(entry["type"], entry["id"], entry.get("fields", {}))
    return {"changed": len(entries)}


def _post_lock(org: Org, body: Any, _query: Mapping[str, str]) -> Any:
    until = org.now() + timedelta(seconds=float(body["seconds"]))
    for item in body["ids"] if "ids" in body else [body["id"]]:
        key = ids.normal(item)
        if key is None:
            raise ValueError(f"not a record ID: {item}")
        org.locks[key] = until
    return {"until": until}


def _post_credentials(org: Org, body: Any, _query: Mapping[str, str]) -> Any:
    """Let the app have another secret (or client ID); sessions that are open stay so, as after a rotation in Setup."""
    if not isinstance(body, dict) or not body or set(body) - {"client_id", "client_secret"}:
        raise ValueError("give client_id, client_secret or both")
    client_id, secret = body.get("client_id", org.file.client_id), body.get("client_secret", org.file.client_secret)
    org.file = replace(org.file, client_id=str(client_id), client_secret=str(secret))
    return {"changed": sorted(body)}


def _post_fields(org: Org, body: Any, _query: Mapping[str, str]) -> Any:
    """Take a field away (`removed`, or `hidden` or `read_only` for every user), or give it back (`there`)."""
    org.set_field(str(body["object"]), str(body["field"]), str(body["state"]))
    return {"object": body["object"], "field": body["field"], "state": body["state"]}


def _post_rights(org: Org, body: Any, _query: Mapping[str, str]) -> Any:
    """Give every user these rights to an object, or give or take the right to convert leads."""
    if "convert" in body:
        org.set_convert(bool(body["convert"]))
    else:
        org.set_rights(str(body["object"]), [str(item) for item in body["rights"]])
    return dict(body)


def _revoke(org: Org, _body: Any, _query: Mapping[str, str]) -> Any:
    count = len(org.tokens)
    org.tokens.clear()
    return {"revoked": count}


def _wipe(org: Org, _body: Any, _query: Mapping[str, str]) -> Any:
    org.wipe()
    org.log.clear()
    org.faults.script.clear()
    return {"wiped": org.name}


_Handler = Callable[[Org, Any, Mapping[str, str]], Any]
_HANDLERS: dict[str, _Handler] = {
    "GET state": _get_state, "PUT state": _put_state, "GET faults": _get_faults, "POST faults": _post_faults,
    "DELETE faults": _delete_faults, "GET log": _get_log, "GET effects": _get_effects, "GET calls": _get_calls,
    "POST calls": _post_calls, "POST time": _post_time, "POST pace": _post_pace, "POST records": _post_records,
    "PATCH records": _patch_records, "POST lock": _post_lock, "POST credentials": _post_credentials,
    "POST fields": _post_fields, "POST rights": _post_rights, "POST tokens/revoke": _revoke, "POST wipe": _wipe,
}  # fmt: skip
