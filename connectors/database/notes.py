"""
Notes of the notifier: which mail informs which recipient of which error, and its state.

Rule of this file: a pair (outcome, recipient) belongs to the first mail that was noted for it, for ever; a mail's
bytes are kept only until the server has taken or refused it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Column, Delete, Engine, Float, Index, LargeBinary, String, Table, delete, select, update

from connectors.database.audit import insert_new, patient
from connectors.database.engine import reading
from connectors.database.metadata import metadata
from connectors.database.stored_text import StoredText
from processors.notifier.ports import Mail, NoteState

mail_note = Table(
    "mail_note",
    metadata,
    Column("outcome_id", String(36), primary_key=True),
    Column("recipient", String(320), primary_key=True),
    Column("message_id", String(320), nullable=False),
    Column("state", String(10), nullable=False),
    Column("at", Float, nullable=False),
    Column("detail", StoredText(), nullable=False),
    Index("ix_mail_note_message_id", "message_id"),
    comment="One row for each error and recipient: intended, sent or refused, and by which mail.",
)

mail_body = Table(
    "mail_body",
    metadata,
    Column("message_id", String(320), primary_key=True),
    Column("content", LargeBinary, nullable=False),
    comment="The bytes of mails that are intended, so that a mail sent again is the same mail.",
)


class DatabaseNotes:
    """`MailNotes` in the database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def states(self, outcome_ids: Iterable[str]) -> Mapping[tuple[str, str], NoteState]:
        """Return the state by (outcome ID, recipient) of all notes of these outcomes."""
        query = select(mail_note.c.outcome_id, mail_note.c.recipient, mail_note.c.state)
        with patient("mail notes"), reading(self._engine).connect() as connection:
            rows = connection.execute(query.where(mail_note.c.outcome_id.in_(list(outcome_ids))))
            return {(row.outcome_id, row.recipient): row.state for row in rows}

    def intend(self, mails: Sequence[Mail], at: datetime) -> None:
        """Note the mails, with their bytes, before any is sent. A pair that has a note already keeps it."""
        bodies = [{"message_id": mail.message_id, "content": mail.content} for mail in mails]
        notes = [
            {
                "outcome_id": outcome_id,
                "recipient": mail.recipient,
                "message_id": mail.message_id,
                "state": "intended",
                "at": at.timestamp(),
                "detail": "",
            }
            for mail in mails
            for outcome_id in mail.outcome_ids
        ]
        with patient("mail notes"), self._engine.begin() as connection:
            connection.execute(insert_new(connection, mail_note), notes)
            connection.execute(insert_new(connection, mail_body), bodies)
            # Bytes without a pair left to tell (another notifier came first) would never be dropped.
            connection.execute(_unneeded_bodies([mail.message_id for mail in mails]))

    def unsent(self, outcome_ids: Iterable[str]) -> Sequence[Mail]:
        """Return the mails of these outcomes that are intended and neither sent nor refused, with their bytes."""
        note, body = mail_note.c, mail_body.c
        asked = select(note.message_id).where(note.outcome_id.in_(list(outcome_ids)), note.state == "intended")
        query = (
            select(note.outcome_id, note.recipient, note.message_id, body.content)
            .join(mail_body, body.message_id == note.message_id)
            .where(note.message_id.in_(asked), note.state == "intended")
            .order_by(note.at, note.message_id, note.outcome_id)
        )
        with patient("mail notes"), reading(self._engine).connect() as connection:
            rows = connection.execute(query).all()
        mails: dict[str, Mail] = {}
        for outcome_id, recipient, message_id, content in rows:
            told = mails[message_id].outcome_ids if message_id in mails else ()
            mails[message_id] = Mail(message_id, recipient, (*told, outcome_id), bytes(content))
        return list(mails.values())

    def settle(self, mail: Mail, state: NoteState, at: datetime, detail: str = "") -> None:
        """Note what became of a mail and drop its bytes."""
        notes = update(mail_note).where(mail_note.c.message_id == mail.message_id)
        with patient("mail notes"), self._engine.begin() as connection:
            connection.execute(notes.values(state=state, at=at.timestamp(), detail=detail))
            connection.execute(delete(mail_body).where(mail_body.c.message_id == mail.message_id))


def _unneeded_bodies(message_ids: Sequence[str]) -> Delete:
    wanted = select(mail_note.c.message_id).where(mail_note.c.state == "intended")
    return delete(mail_body).where(mail_body.c.message_id.in_(message_ids), mail_body.c.message_id.not_in(wanted))
