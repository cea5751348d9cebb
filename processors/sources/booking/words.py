"""
What people call a booking.

In: an outcome.  Out: plain words for mails and log lines.
Rule of this file: a leaf; every word that only this source needs is here.
"""

from processors.sources.words import SourceWords, meeting
from schemas.outcome import Outcome

_DONE = {"created": "booking made", "updated": "booking moved", "deleted": "booking cancelled"}
_ACTIVITIES = ("Task", "Event")


def _subject(outcome: Outcome) -> str:
    done = next((record.operation for record in outcome.records if record.object in _ACTIVITIES), None)
    return _DONE.get(done or "", "booking")


WORDS = SourceWords("a booking", _subject, sentence=meeting)
