"""
What mails and log lines call the events of a contract: the shape that each source's `words.py` fills.

In: an outcome.  Out: plain words for people.
Rule of this file: a leaf; it knows outcomes alone.
"""

from collections.abc import Callable
from dataclasses import dataclass

from schemas.outcome import Outcome


def person_of(outcome: Outcome) -> str | None:
    """Return what a person is known by: the e-mail, a number, the last name; None where nobody is named."""
    person = outcome.person
    return next(iter((*person.emails, *person.all_phones)), None) or person.last_name or person.full_name


def somebody(outcome: Outcome) -> str:
    """Return who is meant, where the source's own ID says nothing to people."""
    return person_of(outcome) or "somebody"


def source_entity(outcome: Outcome) -> str:
    """Return who is meant, or the source's own ID where nobody is named."""
    return person_of(outcome) or outcome.source_id


def ended_as(outcome: Outcome) -> str:
    """Return how a record of the source ended there, to stand behind its name; the empty text of one that did not."""
    return {"source_deleted": " deleted", "source_merged": " merged"}.get(outcome.reason, "")


def _event(_outcome: Outcome) -> str:
    return "event"


def _about(what: str, about: str, by: str) -> str:
    return f"{what}{_phrase(' of', by)} about {about}"


@dataclass(frozen=True, slots=True)
class SourceWords:
    """
    The words for one contract.

    Attributes:
        fact: What came in, with its article, as a mail says it.
        sentence: How a mail says what came in, whom it is about and who acted (the empty text: not known); by default
            `a form of <who acted> about <whom>`.
        subject: What came in, as a log line says it.
        who: Whom it was about.
    """

    fact: str = "an event"
    subject: Callable[[Outcome], str] = _event
    who: Callable[[Outcome], str] = somebody
    sentence: Callable[[str, str, str], str] = _about

    def happened(self, about: str, by: str = "") -> str:
        """Return what came in, *about* whom, and *by* whom where that is known, to begin a sentence with."""
        said = self.sentence(self.fact, about, by)
        return said[:1].upper() + said[1:]


def with_whom(what: str, about: str, by: str) -> str:
    """Return what *by* did with somebody: `a visit of Rep One with Ada Example`."""
    return f"{what}{_phrase(' of', by)} with {about}"


def meeting(what: str, about: str, by: str) -> str:
    """Return what somebody has with *by*: `a booking of Ada Example with Rep One`."""
    return f"{what} of {about}{_phrase(' with', by)}"


def record_of(what: str, about: str, by: str) -> str:
    """Return a record of the source by whose it is: `the prospect Ada Example, owned by Rep One`."""
    return f"the {what.partition(' ')[2]} {about}{_phrase(', owned by', by)}"


def _phrase(word: str, name: str) -> str:
    return f"{word} {name}" if name else ""
