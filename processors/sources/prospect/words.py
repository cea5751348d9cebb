"""
What people call a prospect.

In: an outcome.  Out: plain words for mails and log lines.
Rule of this file: a leaf; every word that only this source needs is here.
"""

from processors.sources.words import SourceWords, ended_as, record_of, source_entity
from schemas.outcome import Outcome


def _subject(outcome: Outcome) -> str:
    return f"prospect{ended_as(outcome)}"


WORDS = SourceWords("a prospect", _subject, source_entity, sentence=record_of)
