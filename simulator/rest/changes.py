"""
Noun: which records were changed or deleted in a span of time.

In: start and end. Out: IDs.
Rule of this file: reads only; at most 30 days.
Source: fact sheet E.
"""

from datetime import timedelta

from simulator.call import Call, Reply
from simulator.catalogue import ObjectDef
from simulator.errors import ApiError
from simulator.values import to_datetime

MOST = timedelta(days=30)


def handle(call: Call, entity: ObjectDef, kind: str) -> Reply:
    """Answer GET /sobjects/X/updated and /deleted."""
    try:
        start, end = (to_datetime(call.request.query.get(name, "").replace(" ", "+")) for name in ("start", "end"))
    except ValueError as error:
        raise ApiError("INVALID_REPLICATION_DATE", f"start and end are needed as times with a zone: {error}") from error
    if end <= start or end - start > MOST:
        raise ApiError("INVALID_REPLICATION_DATE", "start is before end, and at most 30 days before it")
    rows = [row for row in call.org.store.rows(entity.name, deleted=True)
            if start <= row["SystemModstamp"] < end and call.user.sees(entity.name, row)]  # fmt: skip
    if kind == "updated":
        ids = [row["Id"] for row in rows if not row["IsDeleted"]]
        return Reply(200, {"ids": ids, "latestDateCovered": min(end, call.org.now())})
    gone = [{"id": row["Id"], "deletedDate": row["SystemModstamp"]} for row in rows if row["IsDeleted"]]
    return Reply(200, {"deletedRecords": gone, "earliestDateAvailable": call.org.modified,
                       "latestDateCovered": min(end, call.org.now())})  # fmt: skip
