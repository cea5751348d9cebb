"""
What only the commands of a field sales application carry: which record of the source it is, and its stage or kind.

In: the command so far, a `FieldRecord` or a `FieldActivity`.  Out: the command with its record.
Rule of this file: a record fills no activity, and an activity nothing else (SP-21, SP-27).
"""

from dataclasses import replace

from processors.integration.model import Integration
from processors.sources.source import CommandMapping, with_record
from schemas.command import Command, SourceRecord
from schemas.field_activity import FieldActivity
from schemas.field_record import FieldRecord


def _record(made: Command, event: FieldRecord, _settings: Integration) -> Command:
    into, occasion = (event.merged_into or "").strip() or None, event.occasion or "changed"
    return with_record(made, SourceRecord(event.record_id, occasion, event.stage, merged_into=into))


def _activity(made: Command, event: FieldActivity, _settings: Integration) -> Command:
    own = SourceRecord((event.record_id or "").strip(), activity=event.kind, done=event.done)
    return replace(made, record=own, started=event.started, ended=event.ended)


RECORD = CommandMapping(objects=("lead", "contact", "account", "opportunity"), complete=_record)
ACTIVITY = CommandMapping(objects=("activity",), complete=_activity)
