"""
Stage: a request into its resource.

In: an HTTP request to one org. Out: its answer.
Rule of this file: paths and the counting of calls; no resource is answered here.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from simulator import auth, ids, records, soap, values
from simulator.call import Call, Reply, Request
from simulator.errors import ApiError, not_done, not_found, too_many
from simulator.org import Org
from simulator.rest import bulk, changes, collections, composite, discovery, query, sobjects, tree

_DATA = re.compile(r"/services/data/v(\d+)\.0(?:/(.*))?")
NOT_DONE = {"tooling": "the Tooling API", "async-queries": "Async SOQL", "graphql": "GraphQL", "ui-api": "the UI API",
             "actions": "invocable actions", "analytics": "analytics", "chatter": "Chatter", "connect": "Connect REST",
             "metadata": "the Metadata API", "process": "process rules", "quickActions": "quick actions",
             "support": "knowledge", "wave": "CRM Analytics", "event": "event schemas", "recent": "recent items",
             "theme": "themes", "tabs": "tabs", "appMenu": "the app menu", "licensing": "licensing"}  # fmt: skip
_NOT_DONE_OF_OBJECT = {"listviews": "list views", "quickActions": "quick actions", "defaultValues": "default values"}
_LONGEST = 16_384


def answer(org: Org, request: Request, origin: str, seq: int, lock: str | None = None) -> tuple[Reply, Call | None]:
    """Return the answer and the call, where the request got as far as being one."""
    call: Call | None = None
    try:
        if len(request.target) > _LONGEST:
            raise ApiError("URI_TOO_LONG", "The URI is longer than 16,384 bytes.", status=414)
        if request.path.startswith("/services/Soap/"):
            return soap.handle(org, request, origin, seq, lock)
        early = _open(org, request, origin)
        if early is not None:
            return early, None
        user = org.session(_bearer(request))
        call = Call(org, user, request, seq=seq, headers=request.headers, lock=lock)
        if _counts(org, request):
            org.count()
        if request.crowded:
            raise too_many()
        with org.store.savepoint():
            reply = _data(call, request.path, origin, _json(request))
    except ApiError as error:
        reply = Reply(error.status, error.single())
    if request.path.startswith("/services/data/"):
        reply.headers.setdefault("Sforce-Limit-Info", f"api-usage={org.used}/{org.limit}")
    return reply, call


def _open(org: Org, request: Request, origin: str) -> Reply | None:
    """Answer what needs no bearer token."""
    path = request.path.rstrip("/")
    if path == "/services/oauth2/token":
        org.count()
        form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)) | request.query
        return auth.token(org, request, form, origin)
    if path == "/services/oauth2/revoke":
        form = dict(parse_qsl(request.body.decode("utf-8", "replace"))) | request.query
        org.tokens.pop(form.get("token", ""), None)
        org.refresh.pop(form.get("token", ""), None)
        return Reply(200)
    if path == "/services/data":
        return Reply(200, discovery.versions())
    if path == "/services/oauth2/userinfo" or path.startswith("/id/"):
        return Reply(200, discovery.identity(org, org.session(_bearer(request)).id, origin))
    for start, feature in (("/services/apexrest", "Apex REST"), ("/cometd", "the Streaming API"),
                           ("/services/async", "Bulk API 1.0")):  # fmt: skip
        if path.startswith(start):
            raise not_done(feature)
    if path.startswith("/services/oauth2/"):
        raise not_done(f"OAuth's {path.rpartition('/')[2]}")
    return None


def _bearer(request: Request) -> str:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() in ("bearer", "oauth") else ""


def _counts(org: Org, request: Request) -> bool:
    if request.path.rstrip("/").endswith("/limits"):
        return org.file.count_limits
    return org.file.count_not_modified or "if-modified-since" not in request.headers


def _json(request: Request) -> Any:
    if not request.body or "csv" in request.headers.get("content-type", ""):
        return None
    try:
        return values.load(request.body)
    except ValueError as error:
        raise ApiError("JSON_PARSER_ERROR", f"The HTTP entity is not JSON: {error}") from error


def _data(call: Call, path: str, origin: str, body: Any) -> Reply:
    found = _DATA.fullmatch(path.rstrip("/"))
    if not found:
        raise not_found()
    number = int(found[1])
    if number < discovery.FIRST and number >= 21:
        raise ApiError("GONE", f"API version v{number}.0 is retired", status=410)
    if not discovery.FIRST <= number <= discovery.LAST:
        raise not_found()
    call.version = f"{number}.0"
    override = call.request.query.get("_HttpMethod")
    if override and call.request.method == "POST":
        call.request.method = override.upper()
    parts = [unquote(part) for part in (found[2] or "").split("/")] if found[2] else []
    if not parts:
        return discovery.resources(call, origin)
    return _resource(call, parts[0], parts[1:], body)


def _resource(call: Call, name: str, rest: list[str], body: Any) -> Reply:
    if name == "sobjects":
        return _sobjects(call, rest, body)
    if name in ("query", "queryAll"):
        return query.handle(call, rest, deleted=name == "queryAll")
    if name == "composite":
        return _composite(call, rest, body)
    if name == "search":
        if rest:
            raise not_done(f"search/{rest[0]}")
        return query.search(call)
    if name == "parameterizedSearch":
        return query.parameterized(call, body)
    if name == "limits":
        return discovery.limits(call, rest)
    if name == "jobs":
        return bulk.handle(call, rest, body)
    if name in NOT_DONE:
        raise not_done(NOT_DONE[name])
    raise not_found()


def _sobjects(call: Call, rest: list[str], body: Any) -> Reply:
    if not rest:
        return discovery.describe_all(call)
    if len(rest) == 1:
        if call.request.method == "POST":
            return sobjects.create(call, records.sobject(call, rest[0]), body)
        return discovery.basic(call, rest[0])
    entity = records.sobject(call, rest[0])
    if rest[1] == "describe":
        if len(rest) > 2:
            raise not_done("layouts")
        return discovery.describe_one(call, rest[0])
    if rest[1] in _NOT_DONE_OF_OBJECT:
        raise not_done(_NOT_DONE_OF_OBJECT[rest[1]])
    if rest[1] in ("updated", "deleted") and len(rest) == 2:
        return changes.handle(call, entity, rest[1])
    if len(rest) == 2 and not (rest[1].lower() == "id" and call.request.method == "POST"):
        return sobjects.one_record(call, entity, rest[1], body)
    # A slash in a value arrives as %2F and was decoded part by part; further plain parts are relationship paths.
    if len(rest) > 3 or (len(rest) > 2 and rest[1][:3] == entity.prefix and ids.normal(rest[1])):
        raise not_done("relationship paths and blobs")
    return sobjects.by_key(call, entity, rest[1], rest[2] if len(rest) > 2 else "", body)


def _composite(call: Call, rest: list[str], body: Any) -> Reply:
    if not rest:
        if call.request.method != "POST":
            return Reply(200, {name: f"{call.base}/composite/{name}" for name in ("sobjects", "tree")})
        return composite.handle(call, body, lambda *args: _subrequest(call, *args))
    if rest[0] == "sobjects":
        return collections.handle(call, rest[1:], body)
    if rest[0] == "tree" and len(rest) == 2:
        return tree.handle(call, rest[1], body)
    if rest[0] in ("batch", "graph"):
        raise not_done(f"composite/{rest[0]}")
    raise not_found()


def _subrequest(call: Call, method: str, url: str, body: Any, headers: Mapping[str, str]) -> Reply:
    """Answer one subrequest of a composite; its headers stand before those of the whole."""
    split = urlsplit(url)
    query = dict(parse_qsl(split.query, keep_blank_values=True))
    request = Request(method, split.path, query, {}, b"", url, fault=call.request.fault)
    lower = {name.lower(): str(value) for name, value in headers.items()}
    kept = {name: value for name, value in call.headers.items() if name.startswith("sforce-")}
    inner = replace(call, request=request, headers=kept | lower, subs=[], written=0)
    try:
        if re.fullmatch(r"/services/data/v\d+\.0/composite/?", split.path):
            raise ApiError("INVALID_INPUT", "A composite cannot hold another composite")
        with call.org.store.savepoint():
            reply = _data(inner, split.path, "", body)
            call.written += inner.written
            return reply
    except ApiError as error:
        return Reply(error.status, error.single())
