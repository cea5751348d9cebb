"""The way back on real Kafka: killed at every step of its transaction, stopped and overtaken; each change once."""

import json
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml
from confluent_kafka import Consumer, KafkaError, TopicPartition
from confluent_kafka.admin import AdminClient

from connectors.kafka.admin import ensure_topics
from schemas.change import Change
from schemas.codec import SingleObject
from schemas.topics import change_rows, change_topic
from tests.fixtures.processes import wait_until
from tests.torture.stage import Actor, Stage, ready, staged

SCRIPT = Path(__file__).with_name("run_with_probe.py")
PACE = {"every": 0.2, "overlap": 600, "page": 15, "hold_back": 0}
INTEGRATION = {
    "name": "field",
    "source": "field_sales",
    "org": "acme",
    "enabled": True,
    "workspace": "acme",
    "changes": {
        "enabled": True,
        "objects": {"Lead": {"scope": "historical_and_forward", "fields": {"surname": "LastName", "city": "City"}}},
    },
}
Begin = Callable[..., Stage]


@pytest.fixture
def begin(tmp_path: Path, clean_kafka: str) -> Iterator[Stage]:
    """Return a stage with a simulated org, its topics, and an integration that is told of leads."""
    with ExitStack() as stack:
        stage = Stage(tmp_path / "stage", clean_kafka, integrations={"field": yaml.safe_dump(INTEGRATION)})
        stack.enter_context(staged(stage))
        settings = stage.folder / "settings.yaml"
        settings.write_text(yaml.safe_dump({**yaml.safe_load(settings.read_text()), "changes": PACE}))
        admin = AdminClient({"bootstrap.servers": clean_kafka})
        ensure_topics(admin, change_rows({"field": "acme"}), replication=1)
        yield stage


def start(stage: Stage, name: str, plans: Sequence[Mapping[str, Any]]) -> Actor:
    """Start the process under a name of its own, with a probe."""
    folder = stage.folder / name
    folder.mkdir(exist_ok=True)
    actor = Actor("changes", f"changes-{name}", [str(SCRIPT), str(folder), json.dumps(list(plans))])
    stage.actors[actor.name] = actor
    stage.live(actor)
    return actor


def sent(stage: Stage) -> list[Change]:
    """Return what a `read_committed` subscriber sees."""
    topic = change_topic("field")
    config = {"bootstrap.servers": stage.kafka, "group.id": "reader", "isolation.level": "read_committed"}
    consumer = Consumer({**config, "enable.partition.eof": True, "auto.offset.reset": "earliest"})
    partitions = [TopicPartition(topic, number, 0) for number in range(3)]
    consumer.assign(partitions)
    found, open_ends = [], len(partitions)
    while open_ends:
        message = consumer.poll(20)
        assert message is not None, "Kafka gave nothing"
        error = message.error()
        if error is None:
            found.append(Change.from_avro(SingleObject().decode("change", message.value() or b"")))
        else:
            assert error.code() == KafkaError._PARTITION_EOF, error
            open_ends -= 1
    consumer.close()
    return found


def arrived(stage: Stage, wanted: set[str]) -> Callable[[], bool]:
    """Return whether each of these records was told; starts again whoever died."""

    def look() -> bool:
        stage.revive()
        return wanted <= {change.record_id for change in sent(stage)}

    return look


def killed(stage: Stage, number: int) -> Callable[[], bool]:
    """Return whether the kill of this number was carried out; starts again whoever died before."""

    def look() -> bool:
        stage.revive()
        return (stage.folder / "one" / f"probe-{number}").exists()

    return look


def leads(stage: Stage, count: int, city: str) -> list[str]:
    return stage.org().seed("Lead", [{"LastName": f"L{n}", "Company": "Acme", "City": city} for n in range(count)])


PLACES = ("read", "before_transaction", "half_sent", "inside_transaction", "before_commit", "after_transaction")


@pytest.mark.timeout(300)
def test_d24_a_poller_killed_at_each_step_of_its_transaction_sends_each_change_once(begin: Stage) -> None:
    plans = [{"place": place, "nth": 2, "do": "kill"} for place in PLACES]
    made = set(leads(begin, 40, "Bern"))
    actor = start(begin, "one", plans)
    for number in range(len(PLACES)):
        wait_until(killed(begin, number), 60, f"the kill at {PLACES[number]}", pause=0.05)
        made |= set(leads(begin, 20, f"City {number}"))
    wait_until(arrived(begin, made), 90, "every change", pause=0.5)
    assert actor.lives == len(PLACES) + 1
    begin.end_actors()
    changes = sent(begin)
    assert Counter(change.record_id for change in changes) == Counter(made)
    assert len({change.event_id for change in changes}) == len(made)


@pytest.mark.timeout(300)
def test_d24_a_poller_that_stood_still_before_its_commit_is_refused_when_another_took_over(begin: Stage) -> None:
    made = set(leads(begin, 10, "Bern"))
    stopped = start(begin, "one", [{"place": "before_commit", "nth": 1, "do": "stop"}])
    wait_until((begin.folder / "one" / "probe-0").exists, 60, "the stop")
    start(begin, "two", [])
    wait_until(lambda: made <= {change.record_id for change in sent(begin)}, 90, "the other poller", pause=0.5)
    begin.send_signal(stopped, signal.SIGCONT)
    ready(begin, stopped, "cannot be read now")
    made |= set(leads(begin, 10, "Basel"))
    wait_until(arrived(begin, made), 90, "what came later", pause=0.5)
    begin.end_actors()
    assert Counter(change.record_id for change in sent(begin)) == Counter(made)


@pytest.mark.timeout(120)
def test_sigterm_ends_it_within_ten_seconds_and_it_goes_on_where_it_was(begin: Stage) -> None:
    made = set(leads(begin, 5, "Bern"))
    actor = begin.start("changes")
    wait_until(arrived(begin, made), 60, "the first changes", pause=0.5)
    assert actor.process is not None
    told = time.monotonic()
    begin.send_signal(actor, signal.SIGTERM)
    assert actor.process.wait(10) == 0
    assert time.monotonic() - told < 10
    made |= set(leads(begin, 5, "Basel"))
    begin.live(actor)
    wait_until(arrived(begin, made), 60, "what came meanwhile", pause=0.5)
    begin.end_actors()
    assert Counter(change.record_id for change in sent(begin)) == Counter(made)
