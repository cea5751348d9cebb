"""The shell with its workers on the embedded broker: what it runs, and how it tells its health."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

import simulator
from connectors.kafka.change_log import KafkaChangeLog
from connectors.kafka.embedded import embedded_kafka
from connectors.kafka.headers import change_headers
from connectors.kafka.options import KafkaSettings, consumer_config, transactional_config
from connectors.kafka.transactions import WatchedProducer
from processors.changes.app import GROUP, ChangesDependencies, run_changes
from processors.changes.org import PollerDependencies
from processors.changes.plan import PollPace
from schemas.topics import change_rows, change_state_topic
from tests.fakes.changes import CODEC, ChangesRig, told
from tests.fixtures.processes import wait_until
from tests.torture.verifier.topics import read_topics


class Running:
    """One process of the way back in a thread."""

    def __init__(self, bootstrap: str, rig: ChangesRig) -> None:
        kafka = KafkaSettings(bootstrap)
        self.heard: list[tuple[bool, str]] = []
        self.stop = threading.Event()
        self.failed: list[BaseException] = []

        def context() -> PollerDependencies:
            topic = change_state_topic("main")
            return PollerDependencies(
                org="main",
                integrations=rig.integrations,
                feed=rig.feed,
                log=KafkaChangeLog(
                    topic,
                    lambda: WatchedProducer(transactional_config(kafka, "signalbox-changes-main")),
                    consumer_config(kafka, f"{GROUP}-read"),
                ),
                writes=rig.writes,
                links=rig.links,
                codec=CODEC,
                headers=change_headers,
                clock=rig.clock,
                probe=lambda _place: None,
                metrics=rig.metrics,
                pace=PollPace(every=0.05, overlap=600.0, page=2_000, hold_back=0.0),
            )

        shell = ChangesDependencies(
            consumer_config(kafka, GROUP),
            {"main": context},
            lambda ready, why: self.heard.append((ready, why)),
            self.stop.is_set,
        )
        self.thread = threading.Thread(target=self._run, args=(shell,), daemon=True)
        self.thread.start()

    def _run(self, shell: ChangesDependencies) -> None:
        try:
            run_changes(shell)
        except BaseException as error:  # noqa: BLE001  the test looks at it
            self.failed.append(error)

    def end(self) -> None:
        """End it, within the ten seconds that it promises."""
        self.stop.set()
        self.thread.join(10)
        assert not self.thread.is_alive(), "it did not end within ten seconds"


@pytest.fixture
def both() -> Iterator[tuple[str, ChangesRig, list[Running]]]:
    with ExitStack() as stack:
        running = stack.enter_context(simulator.serve())
        topics = {row.name: row.partitions for row in change_rows({"field": "main"})}
        bootstrap = stack.enter_context(embedded_kafka(topics)).bootstrap
        started: list[Running] = []
        yield bootstrap, ChangesRig(running, told()), started
        for item in started:
            item.end()


def count(bootstrap: str) -> int:
    return len(read_topics(bootstrap, "crm.change.field"))


def test_changes_come_and_a_second_life_goes_on_where_the_first_was(
    both: tuple[str, ChangesRig, list[Running]],
) -> None:
    bootstrap, rig, started = both
    rig.seed(City="Bern")
    started.append(Running(bootstrap, rig))
    wait_until(lambda: count(bootstrap) == 1, 30, "the first change")
    wait_until(lambda: started[0].heard[-1] == (True, ""), 10, "readiness")
    started[0].end()
    rig.seed(City="Basel")
    started.append(Running(bootstrap, rig))
    wait_until(lambda: count(bootstrap) == 2, 30, "the second change")
    assert rig.metrics.gauges["last_success_timestamp_seconds"] > 0


def test_an_org_that_is_away_is_told_by_readiness_and_comes_back_by_itself(
    both: tuple[str, ChangesRig, list[Running]],
) -> None:
    bootstrap, rig, started = both
    rig.control.fault("maintenance", count=None)
    started.append(Running(bootstrap, rig))
    wait_until(lambda: any("main: " in why for ready, why in started[0].heard if not ready), 30, "the reason")
    rig.control.clear_faults()
    rig.seed(City="Bern")
    wait_until(lambda: count(bootstrap) == 1, 30, "the change")


def test_a_fault_of_ours_ends_the_process(both: tuple[str, ChangesRig, list[Running]]) -> None:
    bootstrap, rig, started = both

    def broken(_org: str, _records: object) -> None:
        raise RuntimeError("a bug")

    rig.seed()
    rig.links.sources = broken  # type: ignore[assignment]  # the bug
    started.append(Running(bootstrap, rig))
    wait_until(lambda: bool(started[0].failed), 30, "the end")
    assert str(started[0].failed[0]) == "a bug"
