"""
The other witnesses: the input file, the database by plain SQL, mails as files, the org's own log.

Rule of this file: reads only; what is not understood is an error, never left out.
"""

import base64
import email
import email.policy
import json
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from tests.torture.verifier.history import AuditRow, BookingSent, CallSent, Effect, Event, LedgerRow, Mail, Person, Sent

LEDGER = "SELECT id, org, place, state, sequence, kind, reason, contract FROM command ORDER BY org, place"
AUDIT = "SELECT outcome_id, kind, reason, integration FROM audit"


def read_input(path: Path) -> Sent:
    """Return what was sent: JSON lines, each with its `type`."""
    by_type: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("event", "reused", "unreadable", "person", "account", "integration", "call", "booking")
    }
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        by_type[entry["type"]].append(entry)
    return Sent(
        events=tuple(
            Event(row["event_id"], row["integration"], row.get("attempt", 0), tuple(row.get("kinds", ())))
            for row in by_type["event"]
        ),
        reused=tuple((row["event_id"], row["integration"]) for row in by_type["reused"]),
        unreadable=tuple(base64.b64decode(row["bytes"]) for row in by_type["unreadable"]),
        people=tuple(_person(row) for row in by_type["person"]),
        accounts=tuple(row["name"] for row in by_type["account"]),
        recipients={row["integration"]: tuple(row["recipients"]) for row in by_type["integration"]},
        calls=tuple(map(_call, by_type["call"])),
        bookings=tuple(map(_booking, by_type["booking"])),
    )


def _call(row: dict[str, Any]) -> CallSent:
    told = {name: value for name, value in row.items() if name != "type"}
    return CallSent(
        **{**told, "mark": tuple(row["mark"]), **{name: tuple(row.get(name, ())) for name in ("says", "people")}}
    )


def _booking(row: dict[str, Any]) -> BookingSent:
    told = {name: value for name, value in row.items() if name != "type"}
    return BookingSent(**{**told, "mark": tuple(row["mark"])})


def _person(row: dict[str, Any]) -> Person:
    return Person(row["name"], tuple(row.get("emails", ())), tuple(row.get("phones", ())), bool(row.get("seeded")))


def read_database(url: str) -> tuple[list[LedgerRow], list[AuditRow]]:
    """Return the ledger's commands and the audit's rows."""
    commands, audit = _query(url, LEDGER), _query(url, AUDIT)
    return [LedgerRow(*row) for row in commands], [AuditRow(*row) for row in audit]


def _query(url: str, statement: str) -> list[tuple[Any, ...]]:
    if url.startswith("sqlite"):
        path = url.split("///", 1)[1]
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)
        try:
            return list(connection.execute(statement))
        finally:
            connection.close()
    import psycopg

    with psycopg.connect(url.replace("+psycopg", "")) as server:
        return list(server.execute(statement))


def read_mails(folder: Path) -> list[Mail]:
    """Return the mails of a folder: .eml files whose `X-Envelope-To` headers are the envelope's recipients."""
    found = []
    for file in sorted(folder.glob("*.eml")):
        message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        parts = [part.get_content() for part in message.walk() if part.get_content_maintype() == "text"]
        recipients = tuple(str(item).lower() for item in message.get_all("X-Envelope-To", []))
        found.append(Mail(recipients, str(message["Message-ID"]), "\n".join([str(message["Subject"]), *parts])))
    return found


def read_effects(sources: Iterable[str]) -> list[Effect]:
    """Return the effects of orgs, each `NAME=FILE` or `NAME=URL`."""
    found: list[Effect] = []
    for source in sources:
        org, _, where = source.partition("=")
        if where.startswith("http"):
            with urlopen(where, timeout=30) as answer:
                told = json.loads(answer.read())
        else:
            told = json.loads(Path(where).read_text(encoding="utf-8"))
        found += _effects(org, told["effects"] if isinstance(told, dict) else told)
    return found


def _effects(org: str, told: Sequence[dict[str, Any]]) -> list[Effect]:
    return [
        Effect(org, row["kind"], row["object"], row["id"], row["request"], row["external_ids"], row["after"])
        for row in told
    ]
