"""
What people call records and activities of a field sales application.

In: an outcome.  Out: plain words for mails and log lines.
Rule of this file: a leaf; every word that only this source needs is here.
"""

from processors.sources.words import SourceWords, ended_as, record_of, source_entity, with_whom
from schemas.outcome import Outcome


def _record(outcome: Outcome) -> str:
    return "field lead won" if outcome.kind == "converted" else f"field lead{ended_as(outcome)}"


def _activity(outcome: Outcome) -> str:
    visit = any(record.object == "Event" for record in outcome.records)
    done = any(record.fields.get("Status") == "Completed" for record in outcome.records)
    return "visit" if visit else "field activity done" if done else "field activity"


RECORD = SourceWords("a field record", _record, source_entity, sentence=record_of)
ACTIVITY = SourceWords("a field activity", _activity, source_entity, sentence=with_whom)
