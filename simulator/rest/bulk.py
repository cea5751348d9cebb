"""
Noun: Bulk API 2.0: ingest and query jobs.

In: CSV. Out: CSV.
Rule of this file: a job is done at once when its upload is complete; each row passes the same rules as a single write.
Source: fact sheet A9.
"""

import csv
import io
from collections import Counter
from typing import Any

from simulator import ids, records, soql, values
from simulator.call import Call, Reply
from simulator.errors import ApiError, not_found
from simulator.rest import sobjects
from simulator.rest.query import refusal

_OPERATIONS = ("insert", "update", "upsert", "delete", "hardDelete")
_DELIMITERS = {"COMMA": ",", "SEMICOLON": ";", "TAB": "\t", "PIPE": "|", "CARET": "^", "BACKQUOTE": "`"}
# Clients write these paths in several cases, and an org takes each.
_RESULTS = {"successfulresults": "good", "failedresults": "bad", "unprocessedrecords": "left"}


def handle(call: Call, rest: list[str], body: Any) -> Reply:
    """Answer /jobs/ingest… and /jobs/query…."""
    if not rest or rest[0] not in ("ingest", "query"):
        raise not_found()
    kind, method = rest[0], call.request.method
    if len(rest) == 1:
        if method == "POST":
            return Reply(200, _shown(_open(call, kind, sobjects.mapping(body))))
        jobs = [_shown(job) for job in call.org.jobs.values() if job["kind"] == kind]
        return Reply(200, {"done": True, "nextRecordsUrl": None, "records": jobs})
    job = call.org.jobs.get(ids.normal(rest[1]) or "")
    if job is None or job["kind"] != kind:
        raise not_found()
    return _one(call, job, rest[2:], body)


def _one(call: Call, job: dict[str, Any], rest: list[str], body: Any) -> Reply:
    method = call.request.method
    if not rest and method == "GET":
        return Reply(200, _shown(job))
    if not rest and method == "DELETE":
        del call.org.jobs[job["id"]]
        return Reply(204)
    if not rest and method == "PATCH":
        return Reply(200, _shown(_state(call, job, str(sobjects.mapping(body).get("state")))))
    if rest == ["batches"] and method == "PUT":
        if job["state"] != "Open":
            raise ApiError("INVALIDJOBSTATE", f"The job is {job['state']}, not Open")
        job["data"] = call.request.body
        return Reply(201)
    if len(rest) == 1 and rest[0].lower() in _RESULTS and method == "GET":
        return Reply(200, job[_RESULTS[rest[0].lower()]], type="text/csv")
    if rest == ["results"] and method == "GET" and job["kind"] == "query":
        return _results(call, job)
    raise not_found()


def _open(call: Call, kind: str, body: Any) -> dict[str, Any]:
    number = len(call.org.jobs) + 1
    job: dict[str, Any] = {
        "id": ids.make("750", number, call.org.number), "kind": kind, "operation": body.get("operation"),
        "createdById": call.user.id, "createdDate": call.org.now(), "systemModstamp": call.org.now(),
        "state": "Open", "concurrencyMode": "Parallel", "contentType": "CSV", "apiVersion": float(call.version),
        "lineEnding": body.get("lineEnding", "LF"), "columnDelimiter": body.get("columnDelimiter", "COMMA"),
        "jobType": "V2Query" if kind == "query" else "V2Ingest", "retries": 0, "totalProcessingTime": 0,
        "numberRecordsProcessed": 0, "numberRecordsFailed": 0, "apiActiveProcessingTime": 0,
        "apexProcessingTime": 0, "data": b"", "good": b"", "bad": b"", "left": b"",
    }  # fmt: skip
    if kind == "query":
        _query(call, job, str(body.get("query", "")))
    else:
        if body.get("operation") not in _OPERATIONS:
            raise ApiError("INVALIDOPERATION", f"operation is one of {', '.join(_OPERATIONS)}")
        entity = records.sobject(call, str(body.get("object", "")))
        job |= {"object": entity.name, "externalIdFieldName": body.get("externalIdFieldName"),
                "assignmentRuleId": body.get("assignmentRuleId"),
                "contentUrl": f"services/data/v{call.version}/jobs/ingest/{job['id']}/batches"}  # fmt: skip
    call.org.jobs[job["id"]] = job
    return job


def _shown(job: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in job.items()
            if name not in ("data", "good", "bad", "left", "kind", "rows") and value is not None}  # fmt: skip


def _state(call: Call, job: dict[str, Any], state: str) -> dict[str, Any]:
    if state == "Aborted":
        job["state"] = state
    elif state == "UploadComplete" and job["state"] == "Open":
        _process(call, job)
        job["state"] = "JobComplete"
    else:
        raise ApiError("INVALIDJOBSTATE", f"The job is {job['state']}: it cannot become {state}")
    job["systemModstamp"] = call.org.now()
    return job


def _process(call: Call, job: dict[str, Any]) -> None:
    if not job.get("assignmentRuleId"):
        call.headers = {**call.headers, "sforce-auto-assign": "FALSE"}
    reader = csv.DictReader(io.StringIO(job["data"].decode("utf-8-sig")), delimiter=_DELIMITERS[job["columnDelimiter"]])
    names = list(reader.fieldnames or ())
    good, bad = io.StringIO(), io.StringIO()
    good_csv, bad_csv = csv.writer(good, lineterminator="\n"), csv.writer(bad, lineterminator="\n")
    good_csv.writerow(["sf__Id", "sf__Created", *names])
    bad_csv.writerow(["sf__Id", "sf__Error", *names])
    rows = list(reader)
    twice = _twice(job, rows)
    for row in rows:
        job["numberRecordsProcessed"] += 1
        texts = [row[name] for name in names]
        try:
            with call.org.store.savepoint():
                _once(job, row, twice)
                key, new = _row(call, job, {name: text for name, text in row.items() if text not in ("", None)})
            good_csv.writerow([key, "true" if new else "false", *texts])
        except ApiError as error:
            job["numberRecordsFailed"] += 1
            bad_csv.writerow(["", f"{error.code}:{error.message}:{' '.join(error.fields)} --", *texts])
    job["good"], job["bad"] = good.getvalue().encode(), bad.getvalue().encode()
    job["left"] = (",".join(names) + "\n").encode()


def _twice(job: dict[str, Any], rows: list[dict[str, Any]]) -> set[str]:
    """Return the keys that several rows of an upsert name: each of these rows fails."""
    if job["operation"] != "upsert":
        return set()
    times = Counter(key for row in rows if (key := _key(job, row)))
    return {key for key, number in times.items() if number > 1}


def _key(job: dict[str, Any], row: dict[str, Any]) -> str:
    wanted = str(job["externalIdFieldName"]).lower()
    return next((str(value or "").lower() for name, value in row.items() if str(name).lower() == wanted), "")


def _once(job: dict[str, Any], row: dict[str, Any], twice: set[str]) -> None:
    if twice and (key := _key(job, row)) in twice:
        field = str(job["externalIdFieldName"])
        raise ApiError("DUPLICATE_VALUE", f"Duplicate external id specified: {key}", fields=[field])


def _row(call: Call, job: dict[str, Any], row: dict[str, Any]) -> tuple[str, bool]:
    entity = records.sobject(call, job["object"])
    row = _nested({name: None if text == "#N/A" else text for name, text in row.items()})
    key = row.pop("Id", None)
    if job["operation"] == "insert":
        return records.create(call, entity, row)["Id"], True
    if job["operation"] == "upsert":
        field = sobjects.key_field(entity, str(job["externalIdFieldName"]))
        value = key if field.name == "Id" else row.pop(field.name, None)
        if value is None and field.name != "Id":
            raise ApiError("MISSING_ARGUMENT", f"{field.name} not specified")
        if field.name == "Id" and key is None:
            return records.create(call, entity, row)["Id"], True
        if field.name == "Id":
            return records.update(call, entity, records.by_id(call, entity, key, write=True), row)["Id"], False
        saved, new = sobjects.upsert(call, entity, field, value, row)
        return saved["Id"], new
    found = records.by_id(call, entity, key or "", write=True)
    if job["operation"] == "update":
        records.update(call, entity, found, row)
    else:
        records.delete(call, entity, found)
    return found["Id"], False


def _nested(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row with `Account.Ext__c` columns as nested objects."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        parent, _, field = name.partition(".")
        found[parent] = {field: value} if field else value
    return found


def _query(call: Call, job: dict[str, Any], text: str) -> None:
    everything = job["operation"] == "queryAll"
    try:
        _refused(soql.parse(text))
        view, now = call.org.view(call.user), call.org.now()
        told = soql.columns(text, view, now=now, version=call.version)["columnMetadata"]
        if any(item["apexType"] == "Address" for item in told):
            raise ApiError("API_ERROR", "Selecting compound data not supported in Bulk Query")
        answer = soql.run(text, view, now=now, all_rows=everything, version=call.version)
    except soql.SoqlError as error:
        raise refusal(error) from error
    job.update(state="JobComplete", numberRecordsProcessed=len(answer.rows), rows=[_flat(row) for row in answer.rows],
               object=answer.rows[0]["attributes"]["type"] if answer.rows else None)  # fmt: skip


def _refused(query: soql.Query) -> None:
    """Refuse what bulk queries do not take (Bulk guide, limits of query jobs); the words are of reports where known."""
    calls = [item.expression for item in query.items if isinstance(item.expression, soql.Call)]
    if any(isinstance(item.expression, soql.Query) for item in query.items):
        raise ApiError("API_ERROR", "Aggregate Relationships not supported in Bulk V2 Query with CSV content type")
    if query.group or query.having is not None:
        raise ApiError("API_ERROR", "GROUP BY is not supported in Bulk Query")
    if query.offset is not None:
        raise ApiError("API_ERROR", "OFFSET is not supported in Bulk Query")
    if any(call.name in soql.AGGREGATES for call in calls):
        raise ApiError("API_ERROR", "Aggregate functions are not supported in Bulk Query")


def _flat(row: dict[str, Any], before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in row.items():
        if name == "attributes":
            continue
        if isinstance(value, dict):
            found |= _flat(value, f"{before}{name}.")
        else:
            found[before + name] = value
    return found


def _results(call: Call, job: dict[str, Any]) -> Reply:
    begin = int(call.request.query.get("locator") or 0)
    most = int(call.request.query.get("maxRecords") or 50_000)
    rows = job["rows"][begin : begin + most]
    out = io.StringIO()
    names = list(dict.fromkeys(name for row in job["rows"] for name in row))
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(names)
    writer.writerows([[_cell(row.get(name)) for name in names] for row in rows])
    more = str(begin + most) if begin + most < len(job["rows"]) else "null"
    headers = {"Sforce-NumberOfRecords": str(len(rows)), "Sforce-Locator": more}
    return Reply(200, out.getvalue().encode(), headers, "text/csv")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else values.dump(value).decode().strip('"')
