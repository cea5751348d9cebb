"""
What only the command of a prospect carries: which record of the source it is, and why it was sent.

In: the command so far and a `Prospect`.  Out: the command with its record.
Rule of this file: a prospect logs no activity.
"""

from processors.integration.model import Integration
from processors.sources.source import CommandMapping, with_record
from schemas.command import Command, SourceRecord
from schemas.prospect import Prospect


def _complete(made: Command, event: Prospect, _settings: Integration) -> Command:
    into = (event.merged_into or "").strip() or None
    return with_record(made, SourceRecord(event.prospect_id, event.occasion, merged_into=into))


MAPPING = CommandMapping(objects=("lead", "contact", "account", "opportunity"), complete=_complete)
