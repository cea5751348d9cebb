"""
Extreme values of every field, through every hop: nothing ends a process, and each event has its outcome or dead letter.

The door and the intake get many events; the executor gets some of those that pass, on SQLite and on PostgreSQL; what it
tells, and outcomes that are extreme themselves, go through audit, mails and the command line. More of each with
SIGNALBOX_TORTURE=full.
"""

import asyncio
import json
import os
import random
from collections.abc import Awaitable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from sqlalchemy import Engine

import simulator
from connectors.database.audit import AuditFilter, DatabaseAudit
from connectors.database.engine import open_engine
from connectors.database.metadata import metadata
from connectors.database.notes import DatabaseNotes
from processors.consuming.share_limit import ShareLimit
from processors.intake.forward import Forwarder, Message, ProducerRecord
from processors.integration.catalog import Integrations
from processors.model.dead_letter import Coordinates
from processors.model.received import ReceivedOf
from processors.notifier.app import Notifier
from processors.notifier.compose import MailSettings
from schemas.command import Command
from schemas.notice import Notice
from schemas.outcome import Outcome
from schemas.shorten import OUTCOME_BYTES
from schemas.topics import SOURCE_TOPICS
from signalbox.commands.log import _cells
from signalbox.commands.publish import message
from tests.cases.runner import AGENTS, integrations, org_file, user
from tests.fakes.scheduler import CODEC, NoMetrics
from tests.fakes.simulated import SimulatedRig
from tests.integration.extremes.values import changed, sent, whole

FULL = os.environ.get("SIGNALBOX_TORTURE") == "full"
SEED = int(os.environ.get("SEED", "1"))
MANY, SOME = (3_000, 60) if FULL else (40, 5)
"""Events of each contract for the door and the intake, and of them for an executor."""
QUIET = {
    "max_examples": MANY,
    "deadline": None,
    "database": None,
    "phases": [Phase.generate],
    "suppress_health_check": list(HealthCheck),
}
AT = datetime(2026, 3, 4, 10, 15, tzinfo=UTC)
TOPICS = {str(row.contract): row for row in SOURCE_TOPICS}
PERSON: dict[str, Any] = {
    "first_name": "Ann",
    "last_name": "Example",
    "email": "ann@example.com",
    "phones": ["+1 415 555 2671"],
    "company": "Acme",
    "full_name": None,
    "second_email": None,
    "numbers": [],
}
GOOD: dict[str, dict[str, Any]] = {
    "call_result": {"call_id": "c1", "project": "P", "result_code": "YES", "resulted": AT, "person": PERSON},
    "booking": {
        "booking_id": "b1",
        "workspace": "W",
        "status": "booked",
        "changed": AT,
        "person": PERSON,
        "start": AT,
        "end": AT,
    },
    "pbx_call_event": {"call_id": "c1", "network": "N", "step": "ended", "at": AT, "duration": 60.0, "talk": 50.0},
    "prospect": {"prospect_id": "p1", "workspace": "M", "changed": AT, "person": PERSON},
    "field_record": {"record_id": "r1", "workspace": "F", "changed": AT, "person": PERSON, "stage": "Qualified"},
    "field_activity": {"activity_id": "a1", "workspace": "F", "changed": AT, "person": PERSON, "record_id": "r1"},
    "user_action": {"action": "create_lead", "integration": "calls", "at": AT, "person": PERSON},
}
OUTSIDE = {"caller": {"kind": "external", "number": "+1 415 555 2671", "extension": None, "name": "Ann"}}


def good(contract: str) -> dict[str, Any]:
    """Return a good event of a contract, with all of its fields."""
    said = {"event_id": "e", **GOOD[contract], **(OUTSIDE if contract == "pbx_call_event" else {})}
    line = json.dumps(said, default=lambda moment: moment.isoformat())
    return CODEC.decode(contract, message(TOPICS[contract], CODEC, line)[1])


class Hops:
    """The intake, and what it sent."""

    def __init__(self) -> None:
        self.known = Integrations.of(integrations())
        self.sent: list[ProducerRecord] = []
        limit = ShareLimit(1.0, least=10**9)
        self.forwarder = Forwarder(self.known, CODEC, lambda: datetime.now(UTC), NoMetrics(), limit)

    def take(self, contract: str, *bodies: bytes | None, key: bytes | None = b"k") -> list[ProducerRecord]:
        """Let the intake forward messages of one topic; return what it sent."""

        async def send(record: ProducerRecord) -> Awaitable[object]:
            assert (record.key, record.value) != (None, None)
            self.sent.append(record)
            return asyncio.sleep(0)

        before = len(self.sent)
        letters = [Message(Coordinates(TOPICS[contract].name, 0, n), key, body) for n, body in enumerate(bodies)]
        asyncio.run(self.forwarder.batch(letters, send))
        return self.sent[before:]


@pytest.mark.parametrize("contract", sorted(GOOD))
def test_each_event_of_every_contract_becomes_a_command_or_a_dead_letter(contract: str) -> None:
    hops = Hops()
    [record] = hops.take(contract, sent(contract, good(contract)))
    assert record.topic == "crm.command.main", record.headers
    passed = 0

    @seed(SEED)
    @settings(**QUIET)  # type: ignore[arg-type]  # options of several types
    @given(changed(contract, good(contract)) | whole(contract))
    def each(value: dict[str, Any]) -> None:
        nonlocal passed
        [record] = hops.take(contract, sent(contract, value))
        if record.topic.startswith("crm.command."):
            passed += 1
            Command.from_avro(CODEC.decode("command", record.value or b""))
            assert record.size() < 1_000_000
        else:
            assert record.topic.startswith("crm.dead-letter.")
            reason = dict(record.headers)["__connect.errors.exception.class.name"]
            assert reason.endswith(b"Undecodable"), dict(record.headers)
        published(contract, value)

    each()
    assert passed > MANY // 20, f"{passed} of {MANY} pass the door"
    for body, key in ((None, None), (b"", None), (None, b"k")):
        [dead] = hops.take(contract, body, key=key)
        assert dead.topic.startswith("crm.dead-letter.")


def published(contract: str, value: Mapping[str, Any]) -> None:
    """Let the command line publish a value: it sends it, or raises ValueError and nothing else."""
    line = json.dumps(value, default=lambda moment: moment.isoformat())
    try:
        message(TOPICS[contract], CODEC, line)
    except ValueError:
        return


def events(contract: str, count: int) -> list[bytes]:
    """Return so many extreme events of a contract that pass the door, each with an ID of its own."""
    found: list[dict[str, Any]] = []

    @seed(SEED)
    @settings(**{**QUIET, "max_examples": 20 * count})  # type: ignore[arg-type]  # options of several types
    @given(changed(contract, good(contract), most=2))
    def each(value: dict[str, Any]) -> None:
        try:
            CODEC.encode(contract, value)
        except ValueError:
            return
        found.append(value)

    each()
    chosen = random.Random(SEED).sample(found, min(count, len(found)))
    own = next(name for name in GOOD[contract] if name.endswith("_id")) if contract != "user_action" else "action_id"
    made = []
    for number, value in enumerate(chosen):
        ids = {"event_id": f"{contract}-{number}-{value['event_id'] or ''}"[:200]}
        if value[own] == good(contract)[own]:
            ids[own] = f"{contract}-{number}"
        made.append(sent(contract, {**value, **ids}))
    return made


@pytest.fixture(scope="module")
def running() -> Iterator[simulator.Running]:
    with simulator.serve([org_file()]) as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.mark.timeout(3_600 if FULL else 600)
def test_each_event_that_passes_the_door_has_its_outcome_on_both_databases(
    url: str, tmp_path: Path, running: simulator.Running
) -> None:
    control = simulator.Control(running.control_url)
    control.wipe()
    control.seed("User", [user(email) for email in AGENTS])
    hops = Hops()
    for contract in GOOD:
        hops.take(contract, *events(contract, SOME))
    commands = [
        Command.from_avro(CODEC.decode("command", producer_record.value or b""))
        for producer_record in hops.sent
        if producer_record.topic.startswith("crm.command.")
    ]
    assert len(commands) > len(GOOD) * SOME // 2
    rig = SimulatedRig(tmp_path, running, integrations(), url=url)
    try:
        for command in commands:
            rig.send(replace(command, org="main"))
        wanted = {item.event_id for item in commands}
        for _ in range(6):
            if not _unanswered(rig, wanted, 20.0):
                break
            rig.skew += 50 * 3_600.0  # what is parked, gathered or waits for another one comes to its time
            control.shift(50 * 3_600.0)
            rig.executor.scheduler.signal.changed()
        assert _unanswered(rig, wanted, 30.0) == set()
        answered = [event for outcome in rig.outcomes() for event in outcome.event_ids]
        assert sorted(answered) == sorted(wanted)
        assert {outcome.reason for outcome in rig.outcomes()}.isdisjoint({"internal"}), [
            (outcome.event_ids, outcome.detail) for outcome in rig.outcomes() if outcome.reason == "internal"
        ]
        rows = rig.executor.deps.ledger.unpublished("main", 0, 100_000)
        assert max(len(row.outcome) for row in rows) <= OUTCOME_BYTES
        told_everywhere(rig.engine, rig.outcomes(), rig.notices())
    finally:
        rig.executor.stop()
        rig.executor.close()
        rig.engine.dispose()


def _unanswered(rig: SimulatedRig, wanted: set[str], bound: float) -> set[str]:
    """Return the events without an outcome, once there are none or no more come."""
    left = set(wanted)

    def done() -> bool:
        nonlocal left
        left = wanted - {event for outcome in rig.outcomes() for event in outcome.event_ids}
        return not left or (rig.executor.scheduler.idle() and not rig.executor.scheduler.counts(rig.clock())["due"])

    rig.wait(done, bound, "an end of what is due")
    return left


MAIL_HEADERS = {"Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"}


class Server:
    """A mail server that takes everything."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []

    def send(self, message: bytes, _sender: str, _recipients: Any) -> Mapping[str, str]:
        """Take one mail."""
        self.taken.append(message)
        return {}


def told_everywhere(engine: Engine, outcomes: list[Outcome], notices: list[Notice]) -> None:
    """Let audit, mails and the command line tell of these: each is kept, found and printed."""
    audit = DatabaseAudit(engine)
    received = [ReceivedOf(item, "crm.outcome.error", 0, number) for number, item in enumerate(outcomes)]
    assert set(audit.add(received)) == {item.outcome_id for item in outcomes}
    for outcome in outcomes:
        for event in filter(None, outcome.event_ids[:2]):  # nobody asks for an event without an ID
            assert outcome.outcome_id in {str(row["outcome_id"]) for row in audit.find(AuditFilter(event_id=event))}
    for row in audit.find(AuditFilter(limit=None)):
        assert all(cell.isprintable() for cell in _cells(row))
    server = Server()
    everyone = {item.integration: ["sales@example.com"] for item in outcomes}
    notifier = Notifier(
        MailSettings("signalbox@example.com", "example.com", instance_urls={"main": "https://org.example.com"}),
        everyone,
        mailer=server,
        notes=DatabaseNotes(engine),
        metrics=NoMetrics(),
        clock=lambda: datetime.now(UTC),
        stop=Event(),
    )
    batch: list[ReceivedOf[Outcome | Notice]] = [
        *received,
        *(ReceivedOf(notice, "crm.notice", 0, 1) for notice in notices),
    ]
    while not notifier(batch):
        pass
    assert server.taken
    for mail in server.taken:
        assert set(message_from_bytes(mail).keys()) <= MAIL_HEADERS
        assert b"\0" not in mail


def test_outcomes_and_notices_that_are_extreme_themselves_are_kept_mailed_and_shown(url: str) -> None:
    engine = open_engine(url)
    metadata.create_all(engine)
    outcomes: list[Outcome] = []
    notices: list[Notice] = []
    kept = {"max_examples": 200 if FULL else 20}

    @seed(SEED)
    @settings(**{**QUIET, **kept})  # type: ignore[arg-type]  # options of several types
    @given(whole("outcome"), whole("notice"))
    def each(outcome: dict[str, Any], notice: dict[str, Any]) -> None:
        names = {"outcome_id": f"o{len(outcomes)}", "integration": "results", "org": "main"}
        outcomes.append(Outcome.from_avro(CODEC.decode("outcome", sent("outcome", {**outcome, **names}))))
        names = {"command_id": f"c{len(notices)}", "integration": "results", "org": "main"}
        notices.append(Notice.from_avro(CODEC.decode("notice", sent("notice", {**notice, **names}))))

    each()
    told_everywhere(engine, [replace(outcome, contract="booking") for outcome in outcomes], notices)
    engine.dispose()
