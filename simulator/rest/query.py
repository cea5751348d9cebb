"""
Noun: query, queryAll, their further pages, search.

In: a statement. Out: a page of records.
Rule of this file: pages and envelopes; what a statement means is simulator.soql's business.
Source: fact sheet A4, A8.
"""

from typing import Any

from simulator import soql
from simulator.call import Call, Reply
from simulator.errors import ApiError, not_done
from simulator.rest import sobjects

PAGE, LEAST = 2000, 200
MOST_FOUND = 2000
_OWN = ("fields", "where", "limit")
_IN = {"ALL", "NAME", "EMAIL", "PHONE", "SIDEBAR"}


def handle(call: Call, rest: list[str], *, deleted: bool) -> Reply:
    """Answer GET /query?q=… and GET /query/{locator}."""
    if rest:
        return _more(call, rest[0], deleted=deleted)
    if "explain" in call.request.query:
        raise not_done("query plans")
    text = call.request.query.get("q")
    if not text:
        raise ApiError("MALFORMED_QUERY", "A query string has to be specified")
    try:
        if call.request.query.get("columns", "").lower() == "true":
            return Reply(200, soql.columns(text, call.org.view(call.user), now=call.org.now(), version=call.version))
        answer = soql.run(text, call.org.view(call.user), now=call.org.now(), all_rows=deleted, version=call.version)
    except soql.SoqlError as error:
        raise refusal(error) from error
    if answer.is_count:
        return Reply(200, {"totalSize": answer.total_size, "done": True, "records": []})
    return _page(call, answer.rows, answer.total_size, deleted=deleted)


def refusal(error: soql.SoqlError) -> ApiError:
    """Return the refusal of a statement as an answer."""
    return ApiError(error.code, error.message, status=501 if error.code == "NOT_IMPLEMENTED" else 400)


def _size(call: Call) -> int:
    for part in call.headers.get("sforce-query-options", "").split(","):
        name, _, number = part.partition("=")
        if name.strip().lower() == "batchsize" and number.strip().isdecimal():
            return min(max(int(number), LEAST), PAGE)
    return PAGE


def _page(call: Call, rows: list[dict[str, Any]], total: int, *, deleted: bool) -> Reply:
    size = _size(call)
    if len(rows) <= size:
        return Reply(200, {"totalSize": total, "done": True, "records": rows})
    key = f"01g5g{len(call.org.cursors):010d}AAA"
    call.org.cursors[key] = (call.user.id, rows)
    return Reply(200, _slice(call, key, rows, 0, size, deleted=deleted))


def _slice(call: Call, key: str, rows: list[Any], begin: int, size: int, *, deleted: bool) -> dict[str, Any]:
    end = begin + size
    body: dict[str, Any] = {"totalSize": len(rows), "done": end >= len(rows)}
    if end < len(rows):
        body["nextRecordsUrl"] = f"{call.base}/query{'All' if deleted else ''}/{key}-{end}"
    body["records"] = rows[begin:end]
    return body


def _more(call: Call, locator: str, *, deleted: bool) -> Reply:
    key, _, begin = locator.rpartition("-")
    user, rows = call.org.cursors.get(key, ("", []))
    if user != call.user.id or not begin.isdecimal():
        raise ApiError("INVALID_QUERY_LOCATOR", "invalid query locator")
    return Reply(200, _slice(call, key, rows, int(begin), _size(call), deleted=deleted))


def search(call: Call) -> Reply:
    """Answer GET /search?q=FIND…."""
    text = call.request.query.get("q")
    if not text:
        raise ApiError("MALFORMED_SEARCH", "A search string has to be specified")
    return Reply(200, {"searchRecords": _found(call, text)})


def _found(call: Call, text: str) -> list[dict[str, Any]]:
    try:
        answer: Any = soql.search(text, call.org.view(call.user), now=call.org.now(), version=call.version)
    except soql.SoqlError as error:
        raise refusal(error) from error
    rows: list[dict[str, Any]] = answer.rows if hasattr(answer, "rows") else answer
    return rows[:MOST_FOUND]


def parameterized(call: Call, body: Any) -> Reply:
    """Answer GET and POST /parameterizedSearch."""
    value: dict[str, Any] = dict(call.request.query if call.request.method == "GET" else sobjects.mapping(body))
    word, scope = str(value.get("q", "")), str(value.get("in", "ALL")).upper()
    if not word or scope not in _IN:
        raise ApiError("INVALID_SEARCH", "q is required, and in is one of " + ", ".join(sorted(_IN)))
    kinds = _kinds(value)
    for char in "?&|!{}[]()^~*:\\\"'+-":
        word = word.replace(char, "\\" + char)
    text = f"FIND {{{word}}} IN {scope} FIELDS"
    if kinds:
        text += " RETURNING " + ", ".join(_returning(kind) for kind in kinds)
    if str(value.get("overallLimit", "")).isdecimal():
        text += f" LIMIT {value['overallLimit']}"
    return Reply(200, {"searchRecords": _found(call, text)})


def _kinds(value: dict[str, Any]) -> list[dict[str, Any]]:
    """
    Return the objects asked for, each with what is said of it.

    By GET they are `sobject=A&A.fields=Id,Name&A.where=…&A.limit=5`, by POST mappings; `fields` and `defaultLimit`
    hold for those that say nothing themselves.
    """
    kinds = value.get("sobjects") or value.get("sobject") or []
    if isinstance(kinds, str):
        kinds = [{"name": name, **{key: value[f"{name}.{key}"] for key in _OWN if f"{name}.{key}" in value}}
                 for name in kinds.split(",")]  # fmt: skip
    shared = {"fields": value.get("fields"), "limit": value.get("defaultLimit")}
    return [{**{key: item for key, item in shared.items() if item}, **kind} for kind in kinds]


def _returning(row: dict[str, Any]) -> str:
    if "name" not in row:
        raise ApiError("INVALID_SEARCH", "each of sobjects needs a name")
    fields = row.get("fields") or ["Id"]
    fields = fields.split(",") if isinstance(fields, str) else fields
    inner = ", ".join(fields)
    if row.get("where"):
        inner += f" WHERE {row['where']}"
    if row.get("limit"):
        inner += f" LIMIT {row['limit']}"
    return f"{row['name']}({inner})"
