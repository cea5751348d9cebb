"""
What people call a call result.

In: an outcome.  Out: plain words for mails and log lines.
Rule of this file: a leaf; every word that only this source needs is here.
"""

from processors.sources.words import SourceWords
from schemas.outcome import Outcome


def _subject(_outcome: Outcome) -> str:
    return "call result"


WORDS = SourceWords("a call result", _subject)
