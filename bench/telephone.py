"""
Figures of telephone calls: how fast steps become calls, and what logging calls costs the org.

In: sizes. Out: entries. Rule of this file: what is made before a measurement is not measured; each answered call of a
known person must have become one Task, each other one none.
"""

import statistics
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.results import Entry, per_thousand
from bench.rig import Rig, running
from connectors.database.engine import open_engine
from connectors.database.ledger import SqlLedger
from connectors.database.migrate import migrate
from processors.executor.jobs.job import Job
from processors.executor.org_queue.call_buffer import CallBuffer
from processors.intake.map import command
from processors.intake.route import Route
from processors.integration.model import Integration
from processors.matching.match import person_keys
from processors.model.ledger import Arrival, Lease, LedgerTransaction, Settled, Stored
from processors.sources.pbx_call.decide import state_of
from processors.sources.settings import integration_of
from schemas.codec import SingleObject
from schemas.command import Command
from schemas.pbx_call_event import Party, PbxCallEvent, StepName
from schemas.topics import SOURCE_PBX_CALL
from schemas.values import Agent

ARRIVALS = 500
"""Steps that come in at once, as a read of the command topic brings them."""
_TOGETHER = 100
"""Calls that are under way at the same time: their steps come mixed."""
_START = datetime(2026, 3, 2, 9, tzinfo=UTC)
_STEPS: tuple[tuple[StepName, float], ...] = (
    ("started", 0),
    ("ringing", 1),
    ("answered", 4),
    ("held", 20),
    ("ended", 64),
)
_SETTINGS: Mapping[str, Any] = {
    "name": "acme-pbx",
    "source": "pbx_call",
    "org": "acme",
    "enabled": True,
    "network": "acme",
    "calls": {"region": "US"},
    "activity": {"enabled": True, "object": "Task"},
}
_FILE = """
name: acme-pbx
preset: wildix
org: acme
enabled: true
network: acme
calls: {region: US}
recipients: [team@example.com]
"""
_STORED_AS = ("+1415{0}{1}", "+1 415-{0}-{1}", "(415) {0}-{1}", "415-{0}-{1}", "1415{0}{1}", "415.{0}.{1}")
"""How an org holds numbers: the last form is one that no written form asks for, and that search alone finds."""
_DIALLED_AS = ("+1415{0}{1}", "+1 415-{0}-{1}", "(415) {0}-{1}", "1 415 {0} {1}")
_CODEC = SingleObject()


@dataclass(frozen=True, slots=True)
class Amounts:
    """Calls assembled in memory, calls assembled with the ledger, calls of known people logged, and known people."""

    assembled: int = 10_000
    stored: int = 10_000
    logged_calls: int = 1000
    people: int = 300


QUICK = Amounts(1000, 1000, 100, 30)


def written(number: int, form: str) -> str:
    """Return a number of San Francisco; *number* under 8,000,000."""
    digits = str(2_000_000 + number)
    return form.format(digits[:3], digits[3:])


def steps(calls: Iterable[tuple[str, str]]) -> list[PbxCallEvent]:
    """Return five steps of each call (call ID, number of who calls), those of a hundred calls mixed."""
    given, found = list(calls), list[PbxCallEvent]()
    for begin in range(0, len(given), _TOGETHER):
        some = given[begin : begin + _TOGETHER]
        found += [_step(call, number, name, begin * 60 + after) for name, after in _STEPS for call, number in some]
    return found


def _step(call: str, number: str, name: StepName, after: float) -> PbxCallEvent:
    return PbxCallEvent(
        f"{call}-{name}",
        call,
        "acme",
        name,
        _START + timedelta(seconds=after),
        direction="inbound",
        caller=Party("external", number),
        callee=Party("internal", extension="201", name="Agent One"),
        user=Agent("agent1@example.com", "Agent One"),
        cause="normal" if name == "ended" else None,
    )


def assembly(amounts: Amounts, runs: int = 3) -> list[Entry]:
    """Calls assembled in one thread: in memory alone, and with all that the ledger does for them."""
    settings = integration_of(_SETTINGS)
    pure = statistics.median(_in_memory(_commands(amounts.assembled, settings), settings) for _ in range(runs))
    kept = _with_ledger(_commands(amounts.stored, settings), settings)
    said = f"calls of {len(_STEPS)} steps, {ARRIVALS} steps at a time, {_TOGETHER} calls mixed"
    return [
        Entry("calls_assembled_per_second", pure, "calls/s", f"{amounts.assembled} {said}; in memory"),
        Entry(
            "calls_assembled_with_ledger_per_second",
            kept,
            "calls/s",
            f"{amounts.stored} {said}; steps inserted, calls kept and settled on SQLite",
        ),
    ]


def _commands(count: int, settings: Integration) -> list[Command]:
    calls = ((f"call-{n}", written(n, _DIALLED_AS[n % len(_DIALLED_AS)])) for n in range(count))
    return [command(step, Route(settings), datetime.now(UTC)) for step in steps(calls)]


def _item(made: Command, settings: Integration, place: int) -> Job:
    return Job(made, settings, place, 0, 0.0, person_keys(made))


def _in_memory(made: Sequence[Command], settings: Integration) -> float:
    """Return calls a second from stored steps to the calls' commands; every call must come out once."""
    items = [_item(item, settings, place) for place, item in enumerate(made)]
    gathered, found, now = CallBuffer(), 0, time.time()
    begin = time.perf_counter()
    for at in range(0, len(items), ARRIVALS):
        found += len(gathered.add(items[at : at + ARRIVALS], lambda _: {}, now))
    taken = time.perf_counter() - begin
    return _speed(found, len(made), taken)


def _with_ledger(made: Sequence[Command], settings: Integration) -> float:
    """Return calls a second with insertion, a look at what is kept, and one transaction that settles and keeps."""
    arrivals = [Arrival(item, _CODEC.encode("command", item.to_avro())) for item in made]
    with tempfile.TemporaryDirectory(prefix="signalbox-bench-") as folder:
        engine = open_engine(f"sqlite:///{Path(folder) / 'ledger.db'}")
        try:
            migrate(engine)
            ledger = SqlLedger(engine)
            lease = ledger.take_lease("acme", "bench")
            gathered, found = CallBuffer(), 0
            begin = time.perf_counter()
            for at in range(0, len(arrivals), ARRIVALS):
                found += _store(arrivals[at : at + ARRIVALS], settings, gathered, ledger, lease)
            return _speed(found, len(made), time.perf_counter() - begin)
        finally:
            engine.dispose()


def _store(
    arrivals: Sequence[Arrival], settings: Integration, gathered: CallBuffer, ledger: SqlLedger, lease: Lease
) -> int:
    stored: Sequence[Stored] = ledger.insert(lease, arrivals)[0]
    known = {arrival.command.command_id: arrival.command for arrival in arrivals}
    items = [_item(known[item.command_id], settings, item.queue_position) for item in stored]
    over = gathered.add(items, lambda keys: ledger.source_states(lease, keys), time.time())
    settled = [
        Settled(job.id, b"o" * 600, "activity", "activity_created", "k" * 18, b"h" * 300, job.members) for job in over
    ]
    source_states = {(settings.name, job.call.call_id): state_of(job.call) for job in over if job.call}
    if settled:
        ledger.apply(lease, LedgerTransaction(settled=settled, source_states=source_states))
    return len(over)


def _speed(found: int, made: int, taken: float) -> float:
    if found * len(_STEPS) != made:
        raise ValueError(f"{made} steps became {found} calls of {len(_STEPS)}")
    return found / taken


def count_logged(amounts: Amounts) -> list[Entry]:
    """
    API calls for 1,000 Tasks of calls by the org's own counter, phone search included: on top of the calls of known
    people, whose numbers the org holds in several forms, come a tenth of numbers that nobody has.
    """
    with running(people=0, roles=("intake", "executor"), files={"acme-pbx": _FILE}) as rig:
        org = rig.stage.org()
        org.pace("fast")
        _seed(rig, amounts.people)
        rig.run(_events([("warm-up", written(0, _DIALLED_AS[0]))]), 120.0, topic=SOURCE_PBX_CALL, outcomes=1)
        known = [(f"known-{n}", _number(n % amounts.people, n)) for n in range(amounts.logged_calls)]
        nobody = [(f"nobody-{n}", _number(1_000_000 + n, n)) for n in range(amounts.logged_calls // 10)]
        mixed = [pair for n, call in enumerate(known) for pair in (call, *nobody[n // 10 : n // 10 + (n % 10 == 9)])]
        before = org.calls()["used"]
        ids = rig.run(_events(mixed), 600.0, topic=SOURCE_PBX_CALL, outcomes=len(mixed))
        used = org.calls()["used"] - before
        moments = rig.reader.moments()
        tasks = sum(moments[item_id][1] == "activity" for item_id in ids) // len(_STEPS)
        if tasks != len(known):
            raise ValueError(f"{len(known)} calls of known people became {tasks} Tasks")
    figure = per_thousand(used, tasks)
    said = f"the goal: 8 calls; {amounts.people} known people, a tenth more calls of unknown numbers"
    return [Entry("api_calls_per_1000_call_tasks", figure, "calls", said, figure / 8)]


def _number(person: int, call: int) -> str:
    return written(person, _DIALLED_AS[call % len(_DIALLED_AS)])


def _events(calls: Sequence[tuple[str, str]]) -> list[tuple[str, bytes, bytes]]:
    return [
        (step.event_id, step.call_id.encode(), _CODEC.encode("pbx_call_event", step.to_avro())) for step in steps(calls)
    ]


def _seed(rig: Rig, people: int) -> None:
    """Put known people in: leads, contacts and accounts, by telephone and mobile number, in every form."""
    rows: dict[str, list[dict[str, Any]]] = {"Lead": [], "Contact": [], "Account": []}
    for n in range(people):
        name = ("Lead", "Contact", "Lead", "Contact", "Account")[n % 5]
        field = "MobilePhone" if n % 2 and name != "Account" else "Phone"
        named = {"Name": f"Number {n}"} if name == "Account" else {"LastName": f"Number {n}"}
        company = {"Company": "Example"} if name == "Lead" else {}
        rows[name].append({**named, **company, field: written(n, _STORED_AS[n % len(_STORED_AS)])})
    for name, some in rows.items():
        rig.stage.org().seed(name, some)
