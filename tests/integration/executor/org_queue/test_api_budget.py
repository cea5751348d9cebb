"""Lanes on a real ledger and the simulated org: an initial import beside live commands; a limit on API calls."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import simulator
from processors.sources.load import preset
from processors.sources.settings import integration_of
from schemas.outcome import Outcome
from schemas.prospect import Prospect
from schemas.values import Person
from tests.fakes.scheduler import command, integration
from tests.fakes.simulated import START, SimulatedRig

Opened = Callable[..., SimulatedRig]
LIMIT = 1000


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    rigs: list[SimulatedRig] = []
    with simulator.serve() as running:

        def make(**options: Any) -> SimulatedRig:
            told = {"name": "marketing", "org": "main", "enabled": True, "workspace": "acme"}
            marketing = integration_of({**preset("lead_liaison"), **told})
            rigs.append(SimulatedRig(tmp_path, running, (marketing, integration()), **options))
            return rigs[-1]

        yield make
        for rig in rigs:
            rig.executor.stop()
            rig.executor.close()


def load(count: int) -> list[Prospect]:
    """Return an initial import."""
    made = []
    for number in range(count):
        who = Person("Ann", "Lee", f"p{number}@example.com", (), "Acme")
        made.append(Prospect(f"e-{number}", f"p-{number}", "acme", START + timedelta(minutes=1), who))
    return [replace(prospect, occasion="initial") for prospect in made]


def of(outcomes: list[Outcome], name: str) -> list[Outcome]:
    """Return the outcomes of one integration."""
    return [outcome for outcome in outcomes if outcome.integration == name]


def go_live(rig: SimulatedRig, number: int) -> None:
    """Send a live command and wait for its outcome."""
    before = len(of(rig.outcomes(), "upsert"))
    rig.send(command(f"live{number}@example.com"))
    rig.wait(lambda: len(of(rig.outcomes(), "upsert")) == before + 1, what="the live command's outcome")


def writes(rig: SimulatedRig) -> int:
    """Return how many calls have written."""
    return sum(1 for item in rig.control().log() if item.get("written"))


def test_ll_24_live_commands_pass_an_initial_import_that_fills_every_place_of_its_own(opened: Opened) -> None:
    rig = opened(max_rows=50)
    go_live(rig, 0)
    rig.control().pace("published")
    rig.deliver(*load(2000))
    rig.wait(lambda: writes(rig) > 8, what="the initial import under way")
    passed = []
    for number in range(1, 5):
        before = writes(rig)
        go_live(rig, number)
        passed.append(writes(rig) - before)
    left = 2000 - len(of(rig.outcomes(), "marketing"))
    assert left > 200, "the initial import was over before the live commands were"
    # Its look-up and its write pass those under way alone: none of the forty batches goes in between.
    assert max(passed) <= 2 * rig.executor.deps.max_in_flight
    assert {outcome.kind for outcome in rig.settle(2005, 60.0)} == {"created"}
    assert len(rig.rows("Lead")) == 2005


def test_ll_24_bulk_waits_for_a_new_day_from_four_fifths_on_and_nothing_is_lost(opened: Opened) -> None:
    rig = opened(max_rows=20)
    org = rig.running.org()
    org.used, org.limit = 790, LIMIT
    rig.deliver(*load(1000))
    rig.wait(lambda: rig.executor.counts()["deferred"] > 0 and rig.executor.scheduler.idle(), what="bulk waits")
    settled = len(rig.outcomes())
    assert 0 < settled < 1000
    assert 0.8 * LIMIT <= org.used < 0.9 * LIMIT
    for number in range(3):
        go_live(rig, number)
    assert len(of(rig.outcomes(), "marketing")) == settled
    (told,) = rig.notices()
    assert (told.kind, told.integration) == ("deferred", "marketing")
    assert told.reason.endswith(f"of {LIMIT} daily API calls are used: live and retried commands alone go on")
    org.used = 0
    go_live(rig, 3)  # its answers tell of the new day
    assert {outcome.kind for outcome in rig.settle(1004)} == {"created"}
    assert len(rig.rows("Lead")) == 1004
    assert len(rig.notices()) == 1


def test_without_live_commands_one_batch_now_and_then_finds_out_that_a_new_day_has_begun(opened: Opened) -> None:
    rig = opened(max_rows=20)
    org = rig.running.org()
    org.used, org.limit = 850, LIMIT
    rig.deliver(*load(400))
    rig.wait(lambda: bool(rig.notices()) and rig.executor.scheduler.idle(), what="the notice that bulk waits")
    settled = len(rig.outcomes())
    rig.hour_later()
    rig.wait(lambda: len(rig.outcomes()) == settled + 20 and rig.executor.scheduler.idle(), what="one batch")
    org.used = 0
    rig.hour_later()
    assert {outcome.kind for outcome in rig.settle(400)} == {"created"}
    assert [notice.kind for notice in rig.notices()] == ["deferred"]
