"""What the sinks' tests and the processes that they start agree on: how an outcome travels, and such a process."""

import json
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from threading import Event
from typing import Any

from confluent_kafka import Message

from connectors.database.audit import DatabaseAudit
from connectors.database.engine import open_engine
from connectors.database.notes import DatabaseNotes
from connectors.mail.smtp import SmtpMailer, SmtpSettings
from processors.audit.app import Audit
from processors.consuming.sink import Handler, Sink, SinkSettings
from processors.model.errors import Undecodable
from processors.model.ports import Probe
from processors.notifier.app import Notifier
from processors.notifier.compose import MailSettings
from schemas.notice import Notice
from schemas.outcome import Outcome

RECIPIENTS = {"example-sales": ("one@example.com", "two@example.com")}


def write(outcome: Outcome | Notice) -> bytes:
    """Return an outcome's (or a notice's) bytes in these tests: JSON, so that they depend on no codec."""
    return json.dumps(outcome.to_avro(), default=lambda moment: int(moment.timestamp() * 1000)).encode()


def read(topic: str, data: bytes) -> Outcome | Notice:
    """Return the outcome (or on the topic of notices the notice) of bytes; raises `Undecodable`."""
    try:
        if topic.endswith("notice"):
            return Notice.from_avro(json.loads(data))
        return Outcome.from_avro(json.loads(data))
    except (ValueError, KeyError, TypeError) as error:
        raise Undecodable(str(error)) from error


class Silent:
    """Metrics that nobody reads."""

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Add to a counter."""

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Add an observation."""


def _probe(die_at: str, number: int) -> Probe:
    reached = {"times": 0}

    def probe(place: str) -> None:
        if place == die_at:
            reached["times"] += 1
            if reached["times"] == number:
                os.kill(os.getpid(), signal.SIGKILL)

    return probe


def main(told: dict[str, Any]) -> None:
    """Run one sink as production does, until SIGTERM or the place where it is to die."""
    stop = Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    engine = open_engine(told["database"])
    probe = _probe(told.get("die_at", ""), told.get("die_time", 1))
    dead_letters = Path(told["dead_letters"])

    def dead_letter(message: Message, error: Undecodable) -> None:
        with dead_letters.open("ab") as file:
            file.write((message.value() or b"") + b"\n")

    handle: Handler[Any]
    if told["role"] == "audit":
        handle = Audit(DatabaseAudit(engine), metrics=Silent())
    else:
        handle = Notifier(
            MailSettings("signalbox@example.com", "mail.example.com", group_window=told.get("group_window", 10.0)),
            RECIPIENTS,
            mailer=SmtpMailer(SmtpSettings("127.0.0.1", told["smtp"], "none", timeout=2)),
            notes=DatabaseNotes(engine),
            metrics=Silent(),
            clock=lambda: datetime.now(UTC),
            stop=stop,
            probe=probe,
            owners=told.get("owners"),
        )
    settings = SinkSettings(
        told["group"],
        tuple(told["topics"]),
        {"bootstrap.servers": told["kafka"], "session.timeout.ms": 6_000, "group.instance.id": "one"},
        batch=told.get("batch", 500),
        pause_first=0.1,
        pause_most=0.5,
    )
    Sink[Any](
        settings,
        handle,
        read=read,
        dead_letter=dead_letter,
        metrics=Silent(),
        stop=stop,
        random=Random(1),
        probe=probe,
    ).run()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
