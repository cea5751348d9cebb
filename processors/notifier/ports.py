"""
Ports of the notifier: the notes that keep a mail from being sent twice.

Rule of this file: protocols and their values only.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

NoteState = Literal["intended", "sent", "refused"]


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one recipient: the outcomes that it tells of, and its bytes as they go to the server."""

    message_id: str
    recipient: str
    outcome_ids: tuple[str, ...]
    content: bytes


class MailNotes(Protocol):
    """
    What is known of each (outcome, recipient): which mail tells of it and how far that mail came.

    Every method raises `Transient` where the database does not answer.
    """

    def states(self, outcome_ids: Iterable[str]) -> Mapping[tuple[str, str], NoteState]:
        """Return the state by (outcome ID, recipient) of all notes of these outcomes."""

    def intend(self, mails: Sequence[Mail], at: datetime) -> None:
        """Note the mails, with their bytes, before any is sent. A pair that has a note already keeps it."""

    def unsent(self, outcome_ids: Iterable[str]) -> Sequence[Mail]:
        """Return the mails of these outcomes that are intended and neither sent nor refused, with their bytes."""

    def settle(self, mail: Mail, state: NoteState, at: datetime, detail: str = "") -> None:
        """Note what became of a mail and drop its bytes."""
