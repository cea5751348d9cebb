"""Scenarios of an activity that two sources share. Rule of this file: data, and how it is asked."""

from dataclasses import dataclass

from processors.deciding.shared_activity import own_fields
from processors.model.rule_table import Book
from processors.sources.rule_book import BOOK
from schemas.values import Scalar

FIELDS: dict[str, Scalar] = {
    "CallDurationInSeconds": 60,
    "Description": "d",
    "Subject": "s",
    "CallDisposition": "YES",
    "Own__c": 1,
}


@dataclass(frozen=True, slots=True)
class Shared:
    """What one source writes of an activity that the other has a part in."""

    name: str
    source: str
    then: tuple[str, ...]

    @property
    def rules(self) -> frozenset[str]:
        """The rules that the name begins with."""
        return frozenset(self.name.partition(":")[0].split())

    def run(self, book: Book = BOOK) -> tuple[str, ...]:
        """Return the names of the fields that are written."""
        return tuple(own_fields(self.source, FIELDS, True, book))


ALL = "ONE-duration ONE-description ONE-subject ONE-disposition ONE-other"
INTERACTIONS = [
    Shared(
        f"{ALL}: the dialler writes the subject, the result and its own",
        "call_result",
        ("Subject", "CallDisposition", "Own__c"),
    ),
    Shared(
        f"{ALL}: the PBX writes times, what was said of the call, and its own",
        "pbx_call",
        ("CallDurationInSeconds", "Description", "Own__c"),
    ),
]
