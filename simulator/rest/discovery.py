"""
Noun: what a client asks of an org before anything else.

In: a call. Out: versions, resources, describes, limits, identity.
Rule of this file: reads only.
Source: fact sheet A2, A6, A10.
"""

from email.utils import format_datetime
from typing import Any

from simulator import describe, records
from simulator.call import Call, Reply
from simulator.errors import not_found
from simulator.org import Org
from simulator.rest import sobjects
from simulator.rules import record_types

FIRST, LAST = 31, 68
_SEASONS = ("Winter", "Spring", "Summer")
RESOURCES = ("composite", "jobs", "limits", "parameterizedSearch", "query", "queryAll", "search", "sobjects")
_LIMITS = {"DailyBulkApiBatches": 15_000, "DailyBulkV2QueryJobs": 10_000, "DailyBulkV2QueryFileStorageMB": 976_562,
           "ConcurrentAsyncGetReportInstances": 200, "DailyAsyncApexExecutions": 250_000, "DataStorageMB": 1_024,
           "FileStorageMB": 1_024, "SingleEmail": 5_000, "MassEmail": 5_000}  # fmt: skip


def versions() -> list[dict[str, str]]:
    """Return the releases: v68 is Winter '27, three a year."""
    found = []
    for number in range(FIRST, LAST + 1):
        year, season = divmod(number - 68, 3)
        # A Winter release bears the number of the coming year.
        found.append({"label": f"{_SEASONS[season]} '{27 + year:02d}", "url": f"/services/data/v{number}.0",
                      "version": f"{number}.0"})  # fmt: skip
    return found


def resources(call: Call, origin: str) -> Reply:
    """Answer GET /services/data/vNN.0."""
    body = {name: f"{call.base}/{name}" for name in RESOURCES}
    body["identity"] = f"{origin}/id/{call.org.id}/{call.user.id}"
    return Reply(200, body)


def describe_all(call: Call) -> Reply:
    """Answer GET /sobjects."""
    if (unchanged := sobjects.condition(call, call.org.modified)) is not None:
        return unchanged
    found = [describe.summary(sobject, call.user, call.base) for sobject in call.org.objects.values()
             if call.user.may("read", sobject.name)]  # fmt: skip
    body = {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": found}
    return Reply(200, body, _modified(call))


def describe_one(call: Call, name: str) -> Reply:
    """Answer GET /sobjects/X/describe."""
    entity = records.sobject(call, name)
    if (unchanged := sobjects.condition(call, call.org.modified)) is not None:
        return unchanged
    types = record_types.infos(call.org, entity, f"{call.base}/sobjects/{entity.name}")
    return Reply(200, describe.sobject(entity, call.user, call.base, types), _modified(call))


def _modified(call: Call) -> dict[str, str]:
    return {"Last-Modified": format_datetime(call.org.modified, usegmt=True)}


def basic(call: Call, name: str) -> Reply:
    """Answer GET /sobjects/X."""
    entity = records.sobject(call, name)
    return Reply(200, {"objectDescribe": describe.summary(entity, call.user, call.base), "recentItems": []})


def limits(call: Call, rest: list[str]) -> Reply:
    """Answer GET /limits and /limits/recordCount."""
    org = call.org
    if rest == ["recordCount"]:
        names = call.request.query.get("sObjects", "")
        chosen = [records.sobject(call, part) for part in names.split(",")] if names else list(org.objects.values())
        counts = [{"count": sum(1 for _ in org.store.rows(entity.name)), "name": entity.name} for entity in chosen]
        return Reply(200, {"sObjects": counts})
    if rest:
        raise not_found()
    body: dict[str, Any] = {"DailyApiRequests": {"Max": org.limit, "Remaining": max(0, org.limit - org.used)}}
    body |= {name: {"Max": most, "Remaining": most} for name, most in _LIMITS.items()}
    if any(fault.params.get("error") == "storage" for fault in org.faults.script):
        body["DataStorageMB"]["Remaining"] = 0
    return Reply(200, body)


def identity(org: Org, user_id: str, origin: str) -> dict[str, Any]:
    """Return the body of the identity URL and of userinfo."""
    user = org.store.get("User", user_id) or {}
    where = f"{origin}/services/data/v{{version}}/"
    return {
        "id": f"{origin}/id/{org.id}/{user_id}", "sub": f"{origin}/id/{org.id}/{user_id}",
        "user_id": user_id, "organization_id": org.id, "username": user.get("Username"),
        "preferred_username": user.get("Username"), "name": user.get("Name"), "display_name": user.get("Name"),
        "nick_name": user.get("Alias"), "email": user.get("Email"), "active": True, "user_type": "STANDARD",
        "language": "en_US", "locale": "en_US", "utcOffset": 0,
        "urls": {"rest": where, "sobjects": f"{where}sobjects/", "query": f"{where}query/",
                 "enterprise": f"{origin}/services/Soap/c/{{version}}/{org.id}",
                 "partner": f"{origin}/services/Soap/u/{{version}}/{org.id}"},
    }  # fmt: skip
