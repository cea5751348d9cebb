"""
What people call a telephone call.

In: an outcome.  Out: plain words for mails and log lines.
Rule of this file: a leaf; every word that only this source needs is here.
"""

from processors.sources.words import SourceWords, somebody, with_whom
from schemas.outcome import Outcome


def _subject(outcome: Outcome) -> str:
    steps = len(outcome.event_ids)
    if outcome.reason == "activity_updated" or outcome.kind == "updated":
        return f"{steps} more step{'s' * (steps > 1)} of a call"
    return f"call of {steps} step{'s' * (steps > 1)}"


def _who(outcome: Outcome) -> str:
    if not outcome.person.phones:
        return "colleagues" if outcome.reason == "internal" else "number withheld"
    return somebody(outcome)


WORDS = SourceWords("a telephone call", _subject, _who, sentence=with_whom)
