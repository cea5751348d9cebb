"""
What people call what a user did by hand.

In: an outcome.  Out: plain words for mails and log lines.
Rule of this file: a leaf; every word that only this source needs is here.
"""

from processors.sources.words import SourceWords, source_entity
from schemas.outcome import Outcome


def _subject(outcome: Outcome) -> str:
    return "choice" if outcome.reason in ("resolved", "already_resolved") else "by hand"


WORDS = SourceWords("an action by hand", _subject, source_entity)
