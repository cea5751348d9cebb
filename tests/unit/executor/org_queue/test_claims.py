"""Who may go: no two holders of one key, order kept for each key, and everything settles."""

from dataclasses import dataclass, field

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from processors.executor.jobs.job import Job
from processors.executor.org_queue.batching import GATHER_SECONDS, QUIET_SECONDS, STREAM
from processors.executor.org_queue.claims import Claims, pick
from processors.executor.org_queue.queue import Queue
from processors.executor.org_queue.scheduler import Scheduler
from processors.model.plan import Plan
from processors.model.values import Decision, Step, Written
from tests.fakes.scheduler import command
from tests.fixtures.examples import examples

PLAN = Plan(Decision("created", steps=(Step("lead", "create", "Lead"),)), results=(Written(True, "x"),))


def job(place: int, *keys: str, wants: str = "", lane: int = 0, due: float = 0.0, alone: bool = False) -> Job:
    """Return a waiting command with these keys."""
    return Job(
        command("a@example.com"),
        None,
        place,
        lane,
        due,
        frozenset(keys),
        wants=frozenset(wants.split()),
        alone=alone,
    )


def queue(*jobs: Job) -> Queue:
    """Return a queue of these commands."""
    made = Queue()
    for one in jobs:
        made.add(one)
    return made


def picked(*jobs: Job, claims: Claims | None = None, limit: int = 10) -> list[int]:
    """Return the places of those that may go at time 1."""
    return [one.queue_position for one in pick(queue(*jobs), claims or Claims(), {}, 1.0, limit)]


def test_commands_of_one_person_go_together_in_order() -> None:
    assert picked(job(2, "a"), job(1, "a"), job(3, "b")) == [1, 2, 3]


def test_one_that_is_not_due_holds_back_its_own_people_and_nobody_else() -> None:
    assert picked(job(1, "a", due=5.0), job(2, "a", "b"), job(3, "b"), job(4, "c")) == [4]


def test_a_due_one_passes_those_of_a_lower_lane_that_are_not_due() -> None:
    assert picked(job(1, "a", lane=1, due=5.0), job(2, "a", lane=0)) == [2]


def test_a_key_that_is_held_holds_back_all_who_share_one_with_whoever_wants_it() -> None:
    claims = Claims()
    claims.take(["a"], "batch:1")
    assert picked(job(1, "x", wants="a"), job(2, "x"), job(3, "b"), claims=claims) == [3]


def test_a_command_that_goes_alone_is_a_batch_of_its_own() -> None:
    assert picked(job(1, "a", alone=True), job(2, "b"), job(3, "a")) == [1]
    assert picked(job(1, "b"), job(2, "a", alone=True), job(3, "a"), job(4, "c")) == [1, 4]


def test_nobody_is_decided_beside_a_plan_that_goes_on() -> None:
    going_on, fresh, other = job(1, "a"), job(2, "a"), job(3, "b")
    going_on.decide(PLAN)
    assert picked(going_on, fresh, other) == [1]
    assert picked(fresh, other) == [2, 3]


def test_two_plans_of_one_person_go_one_after_the_other() -> None:
    first, second, other = job(1, "a"), job(2, "a"), job(3, "b")
    for one in (first, second, other):
        one.decide(PLAN)
    assert picked(first, second, other) == [1, 3]


def test_a_key_found_out_is_left_to_an_earlier_command_that_has_it_from_the_start() -> None:
    scheduler = Scheduler(linger=0.0)
    waiting, later = job(1, "a", "rec:x", due=100.0), job(2, "b")
    scheduler.add([waiting, later], 0.0)
    batch = scheduler.next_batch(1.0, 10)
    assert batch is not None
    assert scheduler.widen(batch[0], [later], {later.id: frozenset({"rec:x"})}) == ([], [later])


def test_what_an_earlier_match_wanted_is_let_go_when_this_one_does_not() -> None:
    scheduler = Scheduler(linger=0.0)
    one = job(1, "a", wants="rec:old")
    scheduler.add([one], 0.0)
    batch = scheduler.next_batch(1.0, 10)
    assert batch is not None
    assert scheduler.widen(batch[0], [one], {one.id: frozenset({"rec:new"})}) == ([one], [])
    scheduler.leave(batch[0], [one])
    scheduler.finish(batch[0])
    assert scheduler.counts(1.0)["claims"] == 0


def test_a_suspect_goes_while_nothing_else_is_under_way() -> None:
    scheduler = Scheduler(linger=0.0)
    first, suspect, third = job(1, "a"), job(2, "b"), job(3, "c")
    suspect.suspect_of_crash()
    scheduler.add([first, suspect, third], 0.0)
    batch = scheduler.next_batch(1.0, 10)
    assert batch is not None
    assert batch[1] == [first]
    assert scheduler.next_batch(1.0, 10) is None
    scheduler.leave(batch[0], [first])
    scheduler.finish(batch[0])
    alone = scheduler.next_batch(1.0, 10)
    assert alone is not None
    assert alone[1] == [suspect]
    assert scheduler.next_batch(1.0, 10) is None


def _streamed(scheduler: Scheduler, since: float, until: float) -> None:
    """Let thirty commands come each tenth of a second."""
    for tenth in range(round(since * 10), round(until * 10)):
        scheduler.add([job(tenth * 30 + n, f"k{tenth}-{n}") for n in range(30)], tenth / 10)


def test_a_lone_command_goes_at_once() -> None:
    scheduler = Scheduler()
    scheduler.add([job(1, "a")], 0.0)
    assert scheduler.next_batch(0.0, 1000) is not None


def test_a_stream_is_gathered_until_nothing_more_came_or_its_time_is_up() -> None:
    scheduler = Scheduler()
    _streamed(scheduler, 0.0, 1.0)
    assert scheduler.next_batch(0.95, 1000) is None
    ended = scheduler.next_batch(0.9 + QUIET_SECONDS, 1000)
    assert ended is not None
    assert len(ended[1]) == 300
    _streamed(scheduler, 3.0, 3.0 + GATHER_SECONDS + 0.1)
    timely = scheduler.next_batch(3.0 + GATHER_SECONDS, 1000)
    assert timely is not None
    assert len(timely[1]) == 30 * (round(GATHER_SECONDS * 10) + 1)


def test_a_full_batch_of_a_stream_goes_at_once() -> None:
    scheduler = Scheduler()
    _streamed(scheduler, 0.0, 1.0)
    assert scheduler.next_batch(1.0, 300) is not None


def test_steps_count_for_a_stream_before_their_calls_are_over() -> None:
    scheduler = Scheduler()
    scheduler.add([job(1, "a")], 0.0, STREAM)
    assert scheduler.next_batch(0.0, 1000) is None
    assert scheduler.next_batch(QUIET_SECONDS, 1000) is not None


@dataclass
class _Batch:
    holder: str
    jobs: list[Job]
    widened: bool = False
    held: dict[str, frozenset[str]] = field(default_factory=dict)


class AtTheDesk(RuleBasedStateMachine):
    """Commands arrive, go, find out what they touch, wait again and settle, in any order of events."""

    names = st.sampled_from("abcdef")
    records = st.sampled_from([f"rec:{name}" for name in "uvwxyz"])

    @initialize()
    def begin(self) -> None:
        self.scheduler = Scheduler(linger=0.0, max_in_flight=4)
        self.now = 0.0
        self.places = 0
        self.touches: dict[str, frozenset[str]] = {}
        self.all: dict[str, Job] = {}
        self.batches: list[_Batch] = []
        self.settled: list[Job] = []

    @rule(keys=st.frozensets(names, min_size=1, max_size=2), touches=st.frozensets(records, max_size=2))
    def arrive(self, keys: frozenset[str], touches: frozenset[str]) -> None:
        self.places += 1
        new = job(self.places, *keys)
        self.touches[new.id] = touches
        self.all[new.id] = new
        self.scheduler.add([new], self.now)

    @rule(limit=st.integers(1, 4))
    def go(self, limit: int) -> None:
        batch = self.scheduler.next_batch(self.now, limit)
        if batch is not None:
            self.batches.append(_Batch(*batch))

    @rule(number=st.integers(0, 3))
    def find_out(self, number: int) -> None:
        if number < len(self.batches) and not self.batches[number].widened:
            batch = self.batches[number]
            if self.scheduler._batches.earlier_match(batch.holder, min(one.order for one in batch.jobs)):
                # Its thread would wait for the other one.
                return
            going, _ = self.scheduler.widen(
                batch.holder, batch.jobs, {one.id: self.touches[one.id] for one in batch.jobs}
            )
            batch.jobs, batch.widened = going, True

    @rule(number=st.integers(0, 3))
    def settle(self, number: int) -> None:
        if number < len(self.batches) and self.batches[number].widened:
            batch = self.batches.pop(number)
            self.settled += batch.jobs
            self.scheduler.leave(batch.holder, batch.jobs)
            self.scheduler.finish(batch.holder)

    @rule(number=st.integers(0, 3), later=st.integers(1, 3), touches=st.frozensets(records, max_size=2))
    def put_off(self, number: int, later: int, touches: frozenset[str]) -> None:
        if number < len(self.batches) and self.batches[number].widened:
            batch = self.batches.pop(number)
            for one in batch.jobs:
                one.postpone(self.now + later, one.tries)
                self.touches[one.id] = touches
            self.scheduler.give_back(batch.holder, batch.jobs)
            self.scheduler.finish(batch.holder)

    @rule(seconds=st.integers(1, 3))
    def pass_time(self, seconds: int) -> None:
        self.now += seconds

    @invariant()
    def nothing_is_held_twice(self) -> None:
        if not hasattr(self, "batches"):
            return
        held: dict[str, str] = {}
        for batch in self.batches:
            for one in batch.jobs:
                keys = one.keys | (self.touches[one.id] if batch.widened else frozenset())
                for key in keys:
                    assert held.setdefault(key, batch.holder) == batch.holder, f"{key} has two holders"

    @invariant()
    def order_is_kept_for_each_name(self) -> None:
        if not hasattr(self, "settled"):
            return
        last: dict[str, int] = {}
        for one in self.settled:
            for key in one.keys:
                assert last.get(key, 0) < one.queue_position, f"{key}: {one.queue_position} after {last[key]}"
                last[key] = one.queue_position

    def teardown(self) -> None:
        """Everything settles, and nothing is held when it has."""
        if not hasattr(self, "scheduler"):
            return
        for _ in range(20 * (len(self.all) + 1)):
            self.pass_time(3)
            self.go(4)
            for number in reversed(range(len(self.batches))):
                self.find_out(number)
                self.settle(number)
            if len(self.settled) == len(self.all):
                break
        self.order_is_kept_for_each_name()
        assert len(self.settled) == len(self.all), "somebody waits for ever"
        assert self.scheduler.counts(self.now)["claims"] == 0


AtTheDesk.TestCase.settings = settings(examples(60), stateful_step_count=30)
test_commands_at_the_desk_keep_their_order_share_nothing_and_all_settle = AtTheDesk.TestCase


def test_d10_what_was_read_before_somebody_wrote_and_let_go_is_read_again() -> None:
    """Another name of the same record: the batch matched before the other one wrote, and would decide on old values."""
    scheduler = Scheduler(linger=0.0)
    first, second = job(1, "a"), job(2, "b")
    scheduler.add([first], 0.0)
    one = scheduler.next_batch(0.0, 1)
    scheduler.add([second], 0.0)
    other = scheduler.next_batch(0.0, 1)
    assert one is not None
    assert other is not None
    wrote = scheduler.widen(one[0], [first], {first.id: frozenset({"rec:x"})})
    assert wrote == ([first], [])
    scheduler.leave(one[0], [first])
    scheduler.finish(one[0])
    assert scheduler.widen(other[0], [second], {second.id: frozenset({"rec:x"})}) == ([], [second])
    scheduler.finish(other[0])
    again = scheduler.next_batch(1.0, 1)
    assert again is not None
    assert scheduler.widen(again[0], [second], {second.id: frozenset({"rec:x"})}) == ([second], [])
