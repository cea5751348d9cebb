"""
What release 0.1.0 lived through before it was killed: run by its own code, and written down.

In: a database's URL, the folder of integration files, a folder to write to.
Out: the database; `topics.jsonl` (messages and committed offsets) and `org.json` (the simulated org's records).
Rule of this file: every import of the product is 0.1.0's, and never follows what is renamed later; only
`python -m tests.upgrade.record` runs it, in a worktree of that release.
"""

import asyncio
import base64
import itertools
import json
import os
import sys
import threading
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, Message, Producer, TopicPartition

import simulator
from connectors.database.audit import DatabaseAudit
from connectors.database.engine import open_engine, reading
from connectors.database.ledger import SqlLedger
from connectors.database.migrate import migrate
from connectors.database.notes import DatabaseNotes
from connectors.kafka.embedded import embedded_kafka
from connectors.kafka.headers import notice_headers, outcome_headers
from connectors.kafka.options import KafkaSettings, consumer_config, transactional_config
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.settings import SalesforceSettings
from processors.audit.app import Audit
from processors.dead_letter import Coordinates, ShareLimit
from processors.errors import Transient
from processors.executor.context import Context, Decider, Retry
from processors.executor.loop import Session, Shell
from processors.intake.hand_over import HandOver, Parcel
from processors.intake.hand_over import Message as Source
from processors.notifier.app import Notifier
from processors.notifier.compose import MailSettings
from processors.received import Received
from processors.settings_files import load_integrations
from schemas.booking import Booking
from schemas.call_result import CallResult
from schemas.codec import SingleObject
from schemas.field_activity import FieldActivity
from schemas.field_record import FieldRecord
from schemas.outcome import Outcome
from schemas.pbx_call_event import Party, PbxCallEvent
from schemas.prospect import Prospect
from schemas.topics import OUTCOME_KINDS, SOURCES, command_topic, outcome_topic, topic_table
from schemas.user_action import UserAction
from schemas.values import Agent, Person

START = datetime(2026, 11, 28, 9, 5, tzinfo=UTC)
LEDGER = "5f1f6a8e-0000-4000-8000-000000000010"
INTAKE, EXECUTOR = "signalbox-intake", "signalbox-executor"
BOUND = 60.0
AGENT = Agent("agent@example.com", "Agent")
PLACE = "Solar Roofs"
CODEC = SingleObject()
TOPIC_OF = {contract: topic for topic, contract in SOURCES.items()}
CONTRACT_OF: Mapping[type, str] = {
    CallResult: "call_result",
    Booking: "booking",
    PbxCallEvent: "pbx_call_event",
    Prospect: "prospect",
    FieldRecord: "field_record",
    FieldActivity: "field_activity",
    UserAction: "user_action",
}


class Killed(BaseException):
    """The process ends here."""


class Silent:
    """Metrics that nobody reads."""

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Take it."""

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Take it."""

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Take it."""


class Post:
    """A mail server that takes mails until it is away."""

    def __init__(self) -> None:
        self.away = False

    def send(self, _content: bytes, _sender: str, _recipients: Sequence[str]) -> Mapping[str, str]:
        """Take a mail."""
        if self.away:
            raise Transient("the mail server is away")
        return {}


class Recording:
    """The parts of one run: a database, an embedded Kafka, a simulated org, the intake's stage."""

    def __init__(self, url: str, settings: Path, kafka: str, running: simulator.Running) -> None:
        self.began = time.monotonic()
        self.kafka, self.running = kafka, running
        self.control = simulator.Control(running.control_url)
        self.engine = open_engine(url)
        migrate(self.engine)
        with self.engine.begin() as connection:
            connection.exec_driver_sql(f"INSERT INTO ledger (id) VALUES ('{LEDGER}')")
        self.known = load_integrations(settings)
        self.intake = HandOver(self.known, CODEC, self.now, Silent(), ShareLimit(1.0))
        self.producer = Producer({"bootstrap.servers": kafka})
        self.handed: dict[tuple[str, int], int] = {}
        self.numbers = itertools.count(1)
        org = {"login_url": running.url, "client_id": "signalbox", "client_secret": "simulated-secret"}
        self.salesforce = SalesforceClient("main", SalesforceSettings.model_validate({**org, "read_timeout": 600.0}))
        self.on_place: Callable[[str], None] = lambda _place: None

    def clock(self) -> float:
        """Return the recording's time: from `START` on, as time passes."""
        return START.timestamp() + time.monotonic() - self.began

    def now(self) -> datetime:
        """Return the recording's time as a moment."""
        return datetime.fromtimestamp(self.clock(), UTC)

    def probe(self, place: str) -> None:
        """Do what the scenario wants at a place of the executor's."""
        self.on_place(place)

    def context(self, org: str) -> Context:
        """Return an org's context, as the wiring makes it, but with a clock and IDs that can be repeated."""
        return Context(
            org=org,
            ledger=SqlLedger(self.engine, self.clock),
            codec=CODEC,
            deciders={name: Decider(item, self.known.digest(name)) for name, item in self.known.by_name.items()},
            clock=self.clock,
            probe=self.probe,
            metrics=Silent(),
            new_id=lambda: str(uuid.uuid5(uuid.UUID(LEDGER), str(next(self.numbers)))),
            headers=lambda outcome: outcome_headers(outcome, outcome.trace_id),
            notice_headers=notice_headers,
            salesforce=self.salesforce if org == "main" else None,
            retry=Retry(base=0.05, cap=0.2, jitter=lambda: 1.0),
            row_retry=Retry(base=0.5, cap=5.0, jitter=lambda: 1.0),
            looks=1,
            look_every=0.05,
            linger=0.01,
        )

    def produce(self, event: Any) -> Source:
        """Write one event, or bytes that no event is, into its source topic; return the message."""
        contract = CONTRACT_OF.get(type(event), "call_result")
        value = event if isinstance(event, bytes) else CODEC.encode(contract, event.to_avro())
        key = b"unreadable" if isinstance(event, bytes) else str(event.thing).encode()
        places: list[Coordinates] = []
        self.producer.produce(
            TOPIC_OF[contract], value, key, on_delivery=lambda _error, sent: places.append(_place(sent))
        )
        assert self.producer.flush(10) == 0
        return Source(places[0], key, value)

    def deliver(self, *events: Any) -> None:
        """Let the intake hand events over."""
        asyncio.run(self._hand_over([self.produce(event) for event in events]))

    async def _hand_over(self, messages: Sequence[Source]) -> None:
        async def send(parcel: Parcel) -> Awaitable[object]:
            partition = -1 if parcel.partition is None else parcel.partition
            self.producer.produce(parcel.topic, parcel.value, parcel.key, partition, headers=list(parcel.headers))
            assert self.producer.flush(10) == 0
            done: asyncio.Future[object] = asyncio.get_running_loop().create_future()
            done.set_result(None)
            return done

        await self.intake.batch(messages, send)
        for message in messages:
            self.handed[message.where.topic, message.where.partition] = message.where.offset + 1

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Ask the database."""
        with reading(self.engine).connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(statement)]

    def state(self, event_id: str) -> tuple[Any, ...]:
        """Return state, tries and parked of the one command of an event."""
        rows = self.query(f"SELECT state, tries, parked FROM command WHERE event_id = '{event_id}'")
        return rows[0] if rows else ("", 0, False)

    def settle(self, *events: Any) -> None:
        """Deliver events one by one, each when the one before is settled."""
        for event in events:
            self.deliver(event)
            until(lambda wanted=event.event_id: self.state(wanted)[0] in ("settled", "absorbed"), event.event_id)

    def messages(self) -> list[Message]:
        """Return every message of every topic, in order."""
        found: list[Message] = []
        config = {"bootstrap.servers": self.kafka, "group.id": "reader", "enable.partition.eof": True}
        consumer = Consumer({**config, "auto.offset.reset": "earliest"})
        places = [TopicPartition(table.name, number, 0) for table in tables() for number in range(table.partitions)]
        consumer.assign(places)
        ends: set[tuple[str, int]] = set()
        deadline = time.monotonic() + BOUND
        while len(ends) < len(places):
            assert time.monotonic() < deadline, "the topics cannot be read"
            message = consumer.poll(0.2)
            if message is not None and message.error():
                ends.add((message.topic() or "", message.partition() or 0))
            elif message is not None:
                found.append(message)
        consumer.close()
        return sorted(found, key=lambda item: (item.topic() or "", item.partition() or 0, item.offset() or 0))

    def committed(self, group: str, places: Sequence[TopicPartition]) -> list[TopicPartition]:
        """Return a group's committed offsets."""
        consumer = Consumer({"bootstrap.servers": self.kafka, "group.id": group})
        found = consumer.committed(list(places), 10)
        consumer.close()
        return [item for item in found if item.offset >= 0]

    def commit_intake(self) -> None:
        """Commit what the intake has handed over, as its process does."""
        consumer = Consumer({"bootstrap.servers": self.kafka, "group.id": INTAKE})
        places = [TopicPartition(topic, number, offset) for (topic, number), offset in self.handed.items()]
        consumer.commit(offsets=places, asynchronous=False)
        consumer.close()


class Executor:
    """The executor's loop in a thread; `stop` ends it in good order, a `Killed` without a word."""

    def __init__(self, recording: Recording) -> None:
        self.failure: BaseException | None = None
        self._stop = threading.Event()
        settings = KafkaSettings(recording.kafka)
        self.session = Session(
            Shell(
                consumer_config=consumer_config(settings, EXECUTOR),
                producer_config=transactional_config(settings, EXECUTOR),
                orgs=("main", "none"),
                owner="recording",
                context=recording.context,
                codec=CODEC,
                dead_letter=lambda *_: None,
                delete_below=lambda *_: None,
                clock=recording.clock,
                sleep=time.sleep,
                probe=recording.probe,
                metrics=Silent(),
                beat=lambda _well: None,
                stopping=self._stop.is_set,
                unowned=frozenset,
                embedded=True,
            )
        )
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            self.session.run()
            self.session.close()
        except BaseException as failure:  # noqa: BLE001  a thread's end must reach the scenario
            self.failure = failure

    def stop(self) -> None:
        """End in good order: what is settled is published."""
        self._stop.set()
        self.thread.join(BOUND)
        assert not self.thread.is_alive()
        assert self.failure is None, self.failure


def until(condition: Callable[[], Any], what: str) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + BOUND
    while not condition():
        assert time.monotonic() < deadline, f"{what} not reached in {BOUND:g} s"
        time.sleep(0.02)


def tables() -> Sequence[Any]:
    """Return the topics."""
    return topic_table(("main",))


def _place(message: Message) -> Coordinates:
    return Coordinates(message.topic() or "", message.partition() or 0, message.offset() or 0)


def at(minutes: float) -> datetime:
    """Return a moment *minutes* after the events' own beginning, before the recording's."""
    return START - timedelta(hours=1) + timedelta(minutes=minutes)


def person(name: str, **more: Any) -> Person:
    """Return an invented person."""
    return Person(**{"first_name": name.title(), "last_name": "Example", "email": f"{name}@example.com", **more})


def result(event: str, name: str, code: str = "YES", minutes: float = 0, **fields: Any) -> CallResult:
    """Return a call result."""
    who = person(name, company=f"{name.title()} Works")
    return CallResult(event, f"call-of-{event}", PLACE, code, at(minutes), who, agent=AGENT, fields=fields)


def step(call: str, name: str, seconds: float, number: str = "+14155552671", **more: Any) -> PbxCallEvent:
    """Return one step of a telephone call."""
    told: dict[str, Any] = {
        "direction": "inbound",
        "caller": Party("external", number, name="Tess"),
        "callee": Party("internal", extension="201", name="Agent"),
        "user": AGENT,
        **more,
    }
    return PbxCallEvent(f"{call}-{name}", call, "acme", name, at(seconds / 60), **told)  # type: ignore[arg-type]  # the scenario's own name


def booking(event: str, status: Any, minutes: float) -> Booking:
    """Return a change of a booking."""
    begin = START + timedelta(days=7, minutes=minutes)
    end = begin + timedelta(minutes=30)
    who = person("bea", company="Bea Works")
    return Booking(event, "booking-1", PLACE, status, at(minutes), who, begin, end, AGENT, title="Demo")


def prospect(event: str, name: str, minutes: float, occasion: Any = "changed", **fields: Any) -> Prospect:
    """Return a state of a prospect."""
    who = person(name, company=f"{name.title()} Works")
    return Prospect(event, f"prospect-{name}", PLACE, at(minutes), who, occasion, fields=fields)


def published(run: Recording) -> None:
    """Everything that ends well: settled, published, told and kept."""
    seed = run.control.seed
    needed = {"IsActive": True, "TimeZoneSidKey": "GMT", "LocaleSidKey": "en_US", "ProfileId": "00e000000000001AAA"}
    needed |= {"EmailEncodingKey": "UTF-8", "LanguageLocaleKey": "en_US", "Alias": "agent"}
    seed("User", [{"Username": "agent@example.com", "LastName": "Agent", "Email": "agent@example.com", **needed}])
    for name in ("ann", "cara", "lock"):
        seed("Lead", [_lead(name)])
    for _ in range(2):
        seed("Lead", [_lead("pat")])
    seed("Contact", [{"LastName": "Example", "FirstName": "Tess", "Phone": "+14155552671"}])
    executor = Executor(run)
    run.settle(
        result("result-1", "bob", title="Owner"),
        result("result-2", "ann", title="Head of roofs", minutes=1),
        result("result-3", "ann", title="Head of all roofs", minutes=2),
        result("result-4", "cara", "MEETING", minutes=3),
        result("result-5", "dan", "MEETING", minutes=4),
        result("result-6", "ann", "NOBODY-ASKED", minutes=5),
        result("result-7", "pat", "MEETING", minutes=6),
        booking("booking-1-booked", "booked", 7),
        booking("booking-1-moved", "moved", 8),
        prospect("prospect-1", "pia", 9, "initial", state="Bavaria"),
        FieldRecord("field-1", "record-1", PLACE, at(10), person("fay"), stage="New", fields={"city": "Ulm"}),
        FieldActivity("activity-1", "knock-1", PLACE, at(11), Person(), "record-1", name="Knock", agent=AGENT),
        UserAction("action-1", "create_lead", "calls", at(12), person("una", company="Una Works"), AGENT),
    )
    run.deliver(b"no event at all")
    run.deliver(result("result-1", "bob", title="Another content of the same event"))
    run.deliver(step("call-1", "started", 0), step("call-1", "ringing", 1), step("call-1", "answered", 4))
    run.settle(step("call-1", "ended", 64, cause="normal"))
    # A write whose answer is lost, and which is sent again: its first copy may still land.
    run.control.fault(
        "reset_before", match={"body_regex": "dora@example.com.*Signalbox_Key__c|Signalbox_Key__c.*dora@"}
    )
    run.settle(result("result-8", "dora", title="Twice sent", minutes=13))
    until(lambda: run.query("SELECT id FROM api_call WHERE state = 'alive'"), "a call that may still land")
    executor.stop()


def told(run: Recording) -> None:
    """The audit keeps what was published; of the two mails' recipients one is told, then the mail server is away."""
    batch = []
    for message in run.messages():
        if (message.topic() or "") in {outcome_topic(kind) for kind in OUTCOME_KINDS}:
            place = _place(message)
            outcome = Outcome.from_avro(CODEC.decode("outcome", message.value() or b""))
            batch.append(Received(outcome, place.topic, place.partition, place.offset))
    Audit(DatabaseAudit(run.engine), metrics=Silent())(batch)
    post = Post()
    recipients = {name: item.recipients for name, item in run.known.by_name.items()}
    notifier = Notifier(
        MailSettings(sender="signalbox@example.com", domain="example.com"),
        recipients,
        mailer=post,
        notes=DatabaseNotes(run.engine),
        metrics=Silent(),
        clock=run.now,
        stop=threading.Event(),
    )
    errors = [item for item in batch if item.outcome.kind == "error"]
    assert len(errors) == 2, errors
    notifier(errors[:1])
    post.away = True
    try:
        notifier(errors)
    except Transient:
        return
    raise AssertionError("every mail was sent")


def interrupted(run: Recording) -> None:
    """Everything that waits for something when the process is killed."""
    leads = {row["Email"]: row["Id"] for row in run.running.org().store.rows("Lead")}
    executor = Executor(run)
    run.deliver(result("result-10", "pat", title="Which of the two", minutes=20))
    until(lambda: run.state("result-10")[2], "the parked command")
    run.deliver(result("result-11", "pat", title="Behind the parked", minutes=21))
    run.deliver(prospect("prospect-2", "pia", 22, state="Saxony"), prospect("prospect-3", "pau", 23))
    run.control.lock(leads["lock@example.com"], 86_400)
    run.deliver(result("result-12", "lock", title="Locked", minutes=24))
    until(lambda: run.state("result-12")[1] > 0, "a try at the locked record")
    run.deliver(step("call-2", "started", 120), step("call-2", "ringing", 121), step("call-2", "answered", 124))
    until(lambda: run.state("call-2-answered")[0] == "waiting", "the open call's steps")
    # Above 80 % of the day's API calls what is loaded in bulk waits.
    run.control.ask("POST", "calls", {"used": 85_000})
    run.settle(result("result-13", "eva", title="Just published", minutes=25))
    run.deliver(prospect("prospect-4", "ben", 26, "initial"))
    until(lambda: run.query("SELECT id FROM notice WHERE sequence > 0 AND key <> ''")[1:], "the notice of what waits")
    # A field that is mapped is taken away: what its integration does is held, and its owners are told.
    run.control.field("Lead", "City", "removed")
    changed = {"stage": "Met", "fields": {"city": "Essen"}}
    run.deliver(FieldRecord("field-2", "record-1", PLACE, at(27), person("fay"), **changed))
    until(lambda: run.query("SELECT body FROM thing WHERE integration = ''"), "the broken connection")
    # Two writes under way: one has landed and its answer has not come, the other never lands.
    run.control.fault("delay", match={"body_regex": "Landed"}, seconds=900)
    run.deliver(result("result-14", "gus", title="Landed", minutes=28))
    until(lambda: "gus@example.com" in str(list(run.running.org().store.rows("Lead"))), "the write that lands")
    run.control.fault("hang", match={"body_regex": "Never landed"}, seconds=900)
    run.deliver(result("result-15", "hal", title="Never landed", minutes=29))
    until(lambda: run.state("result-15")[0] == "intended", "the write that never lands")

    def kill(place: str) -> None:
        if place == "before_transaction" and run.state("result-16")[0] == "settled":
            raise Killed(place)

    until(lambda: _is_committed(run), "the commit of all that is stored and settled")
    run.on_place = kill
    run.deliver(result("result-16", "ivy", title="Settled, not published", minutes=30))
    executor.thread.join(BOUND)
    assert isinstance(executor.failure, Killed), executor.failure


def left_unread(run: Recording) -> None:
    """What comes while no executor runs, and then no intake either."""
    run.deliver(result("result-17", "joe", title="Not read by the executor", minutes=31))
    run.deliver(booking("booking-1-cancelled", "cancelled", 32))
    run.commit_intake()
    parked = run.query("SELECT id FROM command WHERE event_id = 'result-10'")[0][0]
    pats = [row["Id"] for row in run.running.org().store.rows("Lead") if row["Email"] == "pat@example.com"]
    choice = {"about": parked, "salesforce_id": pats[1], "agent": AGENT}
    run.produce(UserAction("action-2", "choose_match", "leads", at(40), person("pat"), **choice))
    run.produce(step("call-2", "ended", 184, cause="normal"))
    run.produce(result("result-18", "kim", "MEETING", minutes=41))
    run.produce(prospect("prospect-5", "pia", 42, state="Hesse"))
    run.produce(FieldRecord("field-3", "record-1", PLACE, at(43), person("fay"), stage="Won", fields={"city": "Bonn"}))
    run.produce(
        FieldActivity(
            "activity-2", "knock-1", PLACE, at(44), Person(), "record-1", name="Knock", done=True, agent=AGENT
        )
    )
    run.produce(booking("booking-1-other", "other", 45))


def write_down(run: Recording, folder: Path) -> None:
    """Write the topics, the committed offsets and the org."""
    lines: list[dict[str, Any]] = []
    for message in run.messages():
        key, value = message.key(), message.value()
        if (message.offset() or 0) < run.handed.get((message.topic() or "", message.partition() or 0), 0):
            continue  # of the sources, what the intake has not read is enough
        lines.append(
            {
                "topic": message.topic(),
                "partition": message.partition(),
                "offset": message.offset(),
                "key": None if key is None else key.decode(),
                "value": None if value is None else base64.b64encode(value).decode(),
                "headers": [[name, (held or b"").decode()] for name, held in message.headers() or []],
            }
        )
    commands = [TopicPartition(command_topic(org), 0) for org in ("main", "none")]
    sources = [
        TopicPartition(table.name, n) for table in tables() if table.name in SOURCES for n in range(table.partitions)
    ]
    for group, places in ((EXECUTOR, commands), (INTAKE, sources)):
        for item in run.committed(group, places):
            told_by = {"group": group, "topic": item.topic, "partition": item.partition}
            lines.append({**told_by, "offset": item.offset, "metadata": item.metadata or ""})
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (folder / "topics.jsonl").write_text(text, "utf-8")
    org = {"now": run.now().isoformat(timespec="seconds"), "state": run.control.state()}
    (folder / "org.json").write_text(json.dumps(org, sort_keys=True) + "\n", "utf-8")


def _is_committed(run: Recording) -> bool:
    """Whether Kafka's committed position of the org is where its ledger is."""
    [[place, sequence]] = run.query("SELECT next_place, next_sequence FROM lease WHERE org = 'main'")
    [found] = run.committed(EXECUTOR, [TopicPartition(command_topic("main"), 0)])
    return found.offset == place - 1 and json.loads(found.metadata or "{}")["sequence"] == sequence - 1


def _lead(name: str) -> dict[str, str]:
    return {"FirstName": name.title(), "LastName": "Example", "Company": "Acme", "Email": f"{name}@example.com"}


def main(url: str, settings: str, folder: str) -> None:
    """Run it all, and die as killed: requests are still under way."""
    with simulator.serve() as running, embedded_kafka({table.name: table.partitions for table in tables()}) as kafka:
        running.org().shift = START - datetime.now(UTC)
        run = Recording(url, Path(settings), kafka.bootstrap, running)
        published(run)
        told(run)
        interrupted(run)
        left_unread(run)
        write_down(run, Path(folder))
        run.engine.dispose()
        sys.stdout.flush()
        os.kill(kafka.pid, 9)
        os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
