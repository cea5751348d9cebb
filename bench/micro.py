"""
Figures of single stages in this process: the ledger, the decision, the codec.

In: how many commands and runs. Out: entries, each the median of its runs, in microseconds a command.
Rule of this file: no Kafka, no org; what is made before the measurement is not measured.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.results import Entry
from connectors.database.engine import open_engine
from connectors.database.ledger import SqlLedger
from connectors.database.migrate import migrate
from processors.model.ledger import Arrival, LedgerTransaction, Settled
from processors.model.match import Match
from processors.model.plan import ApiCall
from processors.sources.decide import decide
from schemas.codec import SingleObject
from schemas.command import Command
from tests.fakes.scheduler import command
from tests.unit.deciding.rules import scenarios

BATCH = 1000
_CODEC = SingleObject()


def micros(work: Callable[[], None], count: int, runs: int) -> float:
    """Return the median microseconds for each of *count* in *runs* runs of *work*, after one that is not counted."""
    work()
    taken = []
    for _ in range(runs):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken) / count * 1e6


def entries(runs: int = 5) -> list[Entry]:
    """Measure all three."""
    said = f"median of {runs} runs of {BATCH}"
    return [
        Entry("ledger_us_per_command", _ledger(runs), "µs", f"insert, intend, settle on SQLite; {said}"),
        Entry("decide_us_per_command", _decide(runs), "µs", said),
        Entry("avro_us_per_command", _avro(runs), "µs", f"one encoding and one decoding; {said}"),
    ]


def _ledger(runs: int) -> float:
    with tempfile.TemporaryDirectory(prefix="signalbox-bench-") as folder:
        engine = open_engine(f"sqlite:///{Path(folder) / 'ledger.db'}")
        migrate(engine)
        ledger = SqlLedger(engine)
        lease = ledger.take_lease("main", "bench")
        batches = iter([[_arrival(n) for n in range(BATCH)] for _ in range(runs + 1)])
        numbers = iter(range(runs + 1))

        def work() -> None:
            batch, now, name = next(batches), time.time(), f"call-{next(numbers)}"
            ids = [arrival.command.command_id for arrival in batch]
            ledger.insert(lease, batch)
            sent = ApiCall(name, "write", (), (), now, now + 5, now + 605)
            ledger.apply(lease, LedgerTransaction(intended=[sent], plans=dict.fromkeys(ids, b"p" * 400)))
            done = [Settled(item_id, b"o" * 600, "updated", "none", "k" * 18, b"h" * 300) for item_id in ids]
            ledger.apply(lease, LedgerTransaction(answered=[name], settled=done))

        try:
            return micros(work, BATCH, runs)
        finally:
            engine.dispose()


def _arrival(number: int) -> Arrival:
    made = command(f"p{number}@example.org")
    return Arrival(made, _CODEC.encode("command", made.to_avro()))


def _decide(runs: int) -> float:
    match, facts = Match(step="key_set:1", leads=(scenarios.lead(),)), scenarios.org_facts()
    settings, item = scenarios.integration("only"), scenarios.command()

    def work() -> None:
        for _ in range(BATCH):
            decide(item, match, settings, facts, scenarios.NOW)

    return micros(work, BATCH, runs)


def _avro(runs: int) -> float:
    item = command("p@example.org")

    def work() -> None:
        for _ in range(BATCH):
            Command.from_avro(_CODEC.decode("command", _CODEC.encode("command", item.to_avro())))

    return micros(work, BATCH, runs)
