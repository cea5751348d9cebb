"""From what the ledger stores to jobs: nobody is forgotten, and whoever may have crashed the executor is known."""

from types import SimpleNamespace
from typing import Any

import pytest

from processors.executor.dependencies import Decider
from processors.executor.org_queue.call_buffer import CallBuffer
from processors.executor.org_queue.loading import UNCLEAN_STARTS, JobLoader
from processors.executor.org_queue.scheduler import Scheduler
from processors.model.decision import Decision
from processors.model.ledger import Stored
from processors.model.plan import ApiCall, Plan, plan_to_json
from processors.model.requests import Written
from schemas.command import Command
from tests.fakes.scheduler import CODEC, command, integration
from tests.fakes.simulated import answered, calls, step_command
from tests.unit.executor.org_queue.calls import call_of
from tests.unit.executor.pipeline.plans import update

LEASE = SimpleNamespace(org="main", unclean_starts=0)


def stored(place: int, item: Command, **more: Any) -> Stored:
    given: dict[str, Any] = {
        "command_id": item.command_id,
        "body": CODEC.encode("command", item.to_avro()),
        "queue_position": place,
        "lane": 0,
        "due": 0.0,
        "state": "waiting",
        "tries": 0,
        "crashes": 0,
        "alone": False,
    }
    return Stored(**{**given, **more})


class Loaded:
    """A loader on a ledger that holds these commands and calls."""

    def __init__(self, *held: Stored, calls_held: tuple[ApiCall, ...] = (), lease: Any = LEASE) -> None:
        self.scheduler, self.buffer = Scheduler(linger=0.0), CallBuffer()
        ledger = SimpleNamespace(unsettled=lambda _lease: (held, calls_held), source_states=lambda _lease, _keys: {})
        deciders = {item.name: Decider(item, "digest") for item in (integration(), calls())}
        deps: Any = SimpleNamespace(ledger=ledger, codec=CODEC, deciders=deciders, region="US", clock=lambda: 1.0)
        self.loader = JobLoader(deps, lease, self.buffer)
        self.loader.load(self.scheduler)

    def next(self, limit: int = 100) -> list[Any]:
        """Return the commands that may go now."""
        batch = self.scheduler.next_batch(1.0, limit)
        return batch[1] if batch else []


def test_what_waits_is_taken_up_in_its_place_with_its_person_keys() -> None:
    first, second = command("ann@example.com"), command("bob@example.com")
    loaded = Loaded(stored(2, second), stored(1, first))
    jobs = loaded.next()
    assert [job.command for job in jobs] == [first, second]
    assert "email:ann@example.com" in jobs[0].keys


def test_a_plan_that_was_begun_goes_on_with_the_keys_that_it_held() -> None:
    item = command("ann@example.com")
    plan = Plan(Decision("updated", steps=(update("L"), update("L"))), results=(Written(True, "L"),), keys=("rec:L",))
    (job,) = Loaded(stored(1, item, plan=plan_to_json(plan), tries=2)).next()
    assert job.plan == plan
    assert (job.wants, job.tries) == ({"rec:L"}, 2)


def test_commands_of_a_call_without_an_answer_wait_for_it_and_hold_its_claims() -> None:
    item, other = command("ann@example.com"), command("ann@example.com")
    call = call_of(SimpleNamespace(id=item.command_id), claims=("email:ann@example.com",))  # type: ignore[arg-type]  # its ID
    loaded = Loaded(stored(1, item), stored(2, other), calls_held=(call,))
    assert loaded.next() == []
    unanswered = loaded.scheduler.next_unanswered(1.0)
    assert unanswered is not None
    assert [job.command for job in unanswered.jobs.values()] == [item]


def test_a_call_that_may_still_land_stands_in_nobodys_way_but_others() -> None:
    item, other = command("ann@example.com"), command("ann@example.com")
    known = SimpleNamespace(id=item.command_id)
    call = call_of(known, claims=("email:ann@example.com",))  # type: ignore[arg-type]  # its ID alone
    alive = ApiCall(call.id, call.kind, call.rows, call.claims, 0.0, 5.0, 600.0, resent=1, state="alive")
    (job,) = Loaded(stored(1, item), stored(2, other), calls_held=(alive,)).next(1)
    assert (job.command, job.resent) == (item, 2)


@pytest.mark.parametrize(("crashes", "unclean", "suspect"), [(0, 0, False), (1, 0, True), (0, UNCLEAN_STARTS, True)])
def test_whoever_may_have_ended_the_executor_is_a_suspect(crashes: int, unclean: int, suspect: bool) -> None:
    lease = SimpleNamespace(org="main", unclean_starts=unclean)
    (job,) = Loaded(stored(1, command("ann@example.com"), crashes=crashes), lease=lease).next()
    assert job.suspect is suspect


def test_what_our_own_code_cannot_read_is_a_job_that_says_so_and_the_others_are_taken_up() -> None:
    fine, broken = command("ann@example.com"), command("bob@example.com")
    jobs = Loaded(stored(1, broken, plan=b"not JSON"), stored(2, fine)).next()
    assert [(job.command, job.fault is not None) for job in jobs] == [(broken, True), (fine, False)]


def test_a_command_of_an_integration_that_is_gone_is_taken_up_without_settings() -> None:
    (job,) = Loaded(stored(1, command("ann@example.com", integration="gone"))).next()
    assert job.settings is None


def test_steps_of_a_call_are_gathered_until_it_is_over() -> None:
    first, *rest = [step_command(pbx_call_event) for pbx_call_event in answered("c1")]
    loaded = Loaded(stored(1, first))
    assert loaded.next() == []
    assert len(loaded.buffer) == 1
    loaded.loader.add(loaded.scheduler, [stored(2 + n, item) for n, item in enumerate(rest)], rest)
    (call,) = loaded.next()
    assert call.members == tuple(item.command_id for item in rest)
    assert len(loaded.buffer) == 0
