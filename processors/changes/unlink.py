"""
Stage *unlink*: a record is gone, so the executor is asked to drop the links with it (LL-27).

In: a deleted or merged row, the source's own record, the integration.  Out: a command, the same whenever it is read.
Rule of this file: pure; whether the link is dropped is the executor's to decide, which owns the links.
"""

from datetime import UTC, datetime

from processors.changes.ports import ChangedRecord
from schemas.command import Command, SourceRecord
from schemas.identity import command_id, digest
from schemas.values import Person

UNLINK_CONTRACT = "change"


def unlink(
    row: ChangedRecord, integration: str, org: str, source_id: str, settings_digest: str, now: datetime
) -> Command:
    """Return the command that drops the link of *source_id* with the record of *row*."""
    version = row.changed.astimezone(UTC).isoformat(timespec="milliseconds")
    event_id = f"{row.id}/{version}"
    return Command(
        command_id=command_id(UNLINK_CONTRACT, event_id, integration),
        kind="apply",
        contract=UNLINK_CONTRACT,
        event_id=event_id,
        event_digest=digest({"record": row.id, "changed": version, "source": source_id}),
        source_id=source_id,
        integration=integration,
        org=org,
        lane="live",
        event_time=row.changed,
        command_time=now,
        settings_digest=settings_digest,
        person=Person(),
        salesforce_id=row.id,
        record=SourceRecord(source_id),
    )
