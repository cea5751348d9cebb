"""Which commands of a queue wait for their integration."""

from dataclasses import replace

import pytest

from processors.executor.org_queue.queue import Queue
from tests.unit.executor.org_queue.test_claims import job


@pytest.mark.parametrize("kind, waits", [("apply", True), ("step", True), ("resolve", True), ("skip", False)])
def test_a_command_of_an_unknown_integration_waits_and_what_the_intake_left_out_does_not(
    kind: str, waits: bool
) -> None:
    item = job(1, "a")
    assert item.settings is None
    held = replace(item, command=replace(item.command, kind=kind))  # type: ignore[arg-type]  # a text of the table
    queue = Queue(hold_unknown=True)
    queue.add(held)
    assert bool(queue.held()) is waits
    assert queue.due_count(1.0) == (0 if waits else 1)


def test_where_every_integration_is_known_one_without_settings_is_answered() -> None:
    queue = Queue()
    queue.add(job(1, "a"))
    assert queue.held() == []


def test_a_hold_of_other_integrations_lets_unknown_ones_wait_all_the_same() -> None:
    queue = Queue(hold_unknown=True)
    queue.add(job(1, "a"))
    queue.hold(frozenset({"another"}))
    assert len(queue.held()) == 1
