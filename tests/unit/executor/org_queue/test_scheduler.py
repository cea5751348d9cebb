"""The scheduler: no two holders of one key, order kept for each key, and everything settles."""

from dataclasses import dataclass, field

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from processors.executor.jobs.job import Job
from processors.executor.org_queue.scheduler import Scheduler
from tests.fixtures.examples import examples
from tests.unit.executor.org_queue.calls import call_of
from tests.unit.executor.org_queue.test_claims import job


def test_a_key_found_out_is_left_to_an_earlier_command_that_has_it_from_the_start() -> None:
    scheduler = Scheduler(linger=0.0)
    waiting, later = job(1, "a", "rec:x", due=100.0), job(2, "b")
    scheduler.add([waiting, later], 0.0)
    batch = scheduler.next_batch(1.0, 10)
    assert batch is not None
    assert scheduler.widen(batch[0], [later], {later.id: frozenset({"rec:x"})}) == ([], [later])


def test_what_an_earlier_match_wanted_is_let_go_when_this_one_does_not() -> None:
    scheduler = Scheduler(linger=0.0)
    item = job(1, "a", wants="rec:old")
    scheduler.add([item], 0.0)
    batch = scheduler.next_batch(1.0, 10)
    assert batch is not None
    assert scheduler.widen(batch[0], [item], {item.id: frozenset({"rec:new"})}) == ([item], [])
    scheduler.leave(batch[0], [item])
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


@dataclass
class _Batch:
    holder: str
    jobs: list[Job]
    widened: bool = False
    held: dict[str, frozenset[str]] = field(default_factory=dict)


class AtWork(RuleBasedStateMachine):
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
            if self.scheduler._batches.earlier_match(batch.holder, min(item.order for item in batch.jobs)):
                # Its thread would wait for the other one.
                return
            going, _ = self.scheduler.widen(
                batch.holder, batch.jobs, {item.id: self.touches[item.id] for item in batch.jobs}
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
            for item in batch.jobs:
                item.postpone(self.now + later, item.tries)
                self.touches[item.id] = touches
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
            for item in batch.jobs:
                keys = item.keys | (self.touches[item.id] if batch.widened else frozenset())
                for key in keys:
                    assert held.setdefault(key, batch.holder) == batch.holder, f"{key} has two holders"

    @invariant()
    def order_is_kept_for_each_name(self) -> None:
        if not hasattr(self, "settled"):
            return
        last: dict[str, int] = {}
        for item in self.settled:
            for key in item.keys:
                assert last.get(key, 0) < item.queue_position, f"{key}: {item.queue_position} after {last[key]}"
                last[key] = item.queue_position

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


AtWork.TestCase.settings = settings(examples(60), stateful_step_count=30)
test_commands_at_work_keep_their_order_share_nothing_and_all_settle = AtWork.TestCase


def test_d10_what_was_read_before_somebody_wrote_and_let_go_is_read_again() -> None:
    """Another name of the same record: the batch matched before the other one wrote, and would decide on old values."""
    scheduler = Scheduler(linger=0.0)
    first, second = job(1, "a"), job(2, "b")
    scheduler.add([first], 0.0)
    pair = scheduler.next_batch(0.0, 1)
    scheduler.add([second], 0.0)
    other = scheduler.next_batch(0.0, 1)
    assert pair is not None
    assert other is not None
    wrote = scheduler.widen(pair[0], [first], {first.id: frozenset({"rec:x"})})
    assert wrote == ([first], [])
    scheduler.leave(pair[0], [first])
    scheduler.finish(pair[0])
    assert scheduler.widen(other[0], [second], {second.id: frozenset({"rec:x"})}) == ([], [second])
    scheduler.finish(other[0])
    again = scheduler.next_batch(1.0, 1)
    assert again is not None
    assert scheduler.widen(again[0], [second], {second.id: frozenset({"rec:x"})}) == ([second], [])


def test_a_batch_that_ends_gives_back_what_it_still_held_in_its_place() -> None:
    scheduler = Scheduler(linger=0.0)
    first, second = job(1, "a"), job(2, "a")
    scheduler.add([first, second], 0.0)
    batch = scheduler.next_batch(1.0, 1)
    assert batch == ("batch:1", [first])
    assert scheduler.next_batch(1.0, 1) is None
    assert scheduler.finish(batch[0]) == [first]
    again = scheduler.next_batch(1.0, 2)
    assert again is not None
    assert again[1] == [first, second]


def test_no_more_batches_are_under_way_than_may_be() -> None:
    scheduler = Scheduler(linger=0.0, max_in_flight=1)
    scheduler.add([job(1, "a"), job(2, "b")], 0.0)
    first = scheduler.next_batch(1.0, 1)
    assert first is not None
    assert scheduler.next_batch(1.0, 1) is None
    scheduler.leave(*first)
    scheduler.finish(first[0])
    assert scheduler.next_batch(1.0, 1) is not None


def test_an_org_that_rests_begins_nothing_and_says_when_to_look_again() -> None:
    scheduler = Scheduler(linger=0.0)
    scheduler.add([job(1, "a")], 0.0)
    scheduler.pause.pause(30.0)
    assert scheduler.next_batch(29.0, 10) is None
    assert scheduler.next_time(1.0) == 30.0
    assert scheduler.next_batch(30.0, 10) is not None


def test_the_next_time_is_that_of_the_first_who_is_not_due() -> None:
    scheduler = Scheduler(linger=0.0)
    assert scheduler.next_time(1.0) is None
    scheduler.add([job(1, "a", due=9.0), job(2, "b", due=5.0)], 0.0)
    assert scheduler.next_time(1.0) == 5.0


def test_a_call_without_an_answer_holds_its_claims_and_its_commands_leave_their_batch() -> None:
    scheduler = Scheduler(linger=0.0)
    first, second = job(1, "a"), job(2, "a")
    scheduler.add([first], 0.0)
    batch = scheduler.next_batch(1.0, 10)
    assert batch is not None
    scheduler.unanswered(batch[0], call_of(first, claims=("a",)), [first], 4.0)
    scheduler.finish(batch[0])
    scheduler.add([second], 2.0)
    assert scheduler.next_batch(2.0, 10) is None
    assert scheduler.counts(2.0)["in_doubt"] == 1
    assert scheduler.next_time(2.0) == 4.0
    assert scheduler.next_unanswered(3.0) is None
    looked = scheduler.next_unanswered(4.0)
    assert looked is not None
    assert list(looked.jobs.values()) == [first]


def test_a_parked_command_is_chosen_for_once_and_goes_when_it_is_woken() -> None:
    scheduler = Scheduler(linger=0.0)
    parked = job(1, "a")
    parked.park(1_000.0)
    scheduler.add([parked], 0.0)
    assert scheduler.next_batch(1.0, 10) is None
    assert scheduler.choose("unknown") is None
    assert scheduler.choose(parked.id) is parked
    assert scheduler.choose(parked.id) is None
    assert scheduler.next_batch(2_000.0, 10) is None, "its expiry cannot have it while a choice is stored"
    scheduler.woken([parked], 2.0)
    batch = scheduler.next_batch(2.0, 10)
    assert batch is not None
    assert batch[1] == [parked]


def test_a_parked_command_whose_time_is_up_goes_without_a_choice() -> None:
    scheduler = Scheduler(linger=0.0)
    parked = job(1, "a")
    parked.park(10.0)
    scheduler.add([parked], 0.0)
    assert scheduler.counts(9.0)["parked"] == 1
    batch = scheduler.next_batch(10.0, 10)
    assert batch is not None
    assert parked.resolution is not None
    assert parked.resolution.expired


def test_what_is_held_for_a_field_waits_and_lets_others_pass() -> None:
    scheduler = Scheduler(linger=0.0)
    held, other = job(1, "a"), job(2, "b")
    scheduler.add([held, other], 0.0)
    scheduler.hold(frozenset({held.command.integration}))
    assert scheduler.held() == [held, other]
    assert scheduler.next_batch(1.0, 10) is None
    assert scheduler.counts(1.0)["held"] == 2
    scheduler.hold(frozenset())
    batch = scheduler.next_batch(1.0, 10)
    assert batch is not None
    assert batch[1] == [held, other]


def test_a_batch_waits_for_an_earlier_match_no_longer_than_its_own_took() -> None:
    scheduler = Scheduler(linger=0.0)
    first, second = job(1, "a"), job(2, "b")
    scheduler.add([first, second], 0.0)
    pair, other = scheduler.next_batch(1.0, 1), scheduler.next_batch(1.0, 1)
    assert pair is not None
    assert other is not None
    # The first one never says what it found: the other goes on after a quarter of a second.
    assert scheduler.widen(other[0], [second], {}, took=0.0) == ([second], [])
    assert scheduler.idle() is False


PARENT = frozenset({"parent:Account.Number__c=42"})


def under_way(*jobs: Job) -> tuple[Scheduler, list[str]]:
    """Return a scheduler with a batch under way for each of these jobs, and the names of the batches."""
    scheduler, holders = Scheduler(linger=0.0), []
    for item in jobs:
        scheduler.add([item], 0.0)
        batch = scheduler.next_batch(0.0, 1)
        assert batch is not None
        holders.append(batch[0])
    return scheduler, holders


def test_who_looked_for_a_parent_waits_for_a_batch_that_writes_it() -> None:
    parent, child = job(1, "a"), job(2, "b")
    scheduler, (first, second) = under_way(parent, child)
    assert scheduler.widen(first, [parent], {parent.id: PARENT}) == ([parent], [])
    assert scheduler.widen(second, [child], {}, 1.0, {child.id: PARENT}) == ([], [child])
    assert (child.wants, child.reads) == (frozenset(), PARENT)
    assert scheduler.next_batch(1.0, 1) is None
    scheduler.leave(first, [parent])
    scheduler.finish(first)
    again = scheduler.next_batch(1.0, 1)
    assert again is not None
    assert again[1] == [child]


def test_who_looked_for_a_parent_that_was_written_meanwhile_looks_again() -> None:
    parent, child = job(1, "a"), job(2, "b")
    scheduler, (first, second) = under_way(parent, child)
    scheduler.widen(first, [parent], {parent.id: PARENT})
    scheduler.leave(first, [parent])
    scheduler.finish(first)
    assert scheduler.widen(second, [child], {}, 1.0, {child.id: PARENT}) == ([], [child])


def test_those_who_waited_for_one_parent_go_side_by_side() -> None:
    parent, item, other = job(1, "a"), job(2, "b"), job(3, "c")
    scheduler, (first, second, third) = under_way(parent, item, other)
    scheduler.widen(first, [parent], {parent.id: PARENT})
    for holder, child in ((second, item), (third, other)):
        assert scheduler.widen(holder, [child], {}, 1.0, {child.id: PARENT}) == ([], [child])
    scheduler.leave(first, [parent])
    scheduler.finish(first)
    batches = scheduler.next_batch(1.0, 1), scheduler.next_batch(1.0, 1)
    assert [batch[1] for batch in batches if batch is not None] == [[item], [other]]


def test_who_writes_a_parent_waits_for_an_earlier_command_that_waits_to_read_it() -> None:
    parent, child, writer = job(1, "a"), job(2, "b"), job(3, "c")
    scheduler, (first, second, third) = under_way(parent, child, writer)
    scheduler.widen(first, [parent], {parent.id: PARENT})
    scheduler.widen(second, [child], {}, 1.0, {child.id: PARENT})
    assert scheduler.widen(third, [writer], {writer.id: PARENT}) == ([], [writer])
    child.postpone(5.0, 0)
    scheduler.leave(first, [parent])
    scheduler.finish(first)
    assert scheduler.next_batch(1.0, 1) is None


def test_those_who_look_for_one_parent_stand_in_nobodys_way() -> None:
    item, other = job(1, "a"), job(2, "b")
    scheduler, (first, second) = under_way(item, other)
    assert scheduler.widen(first, [item], {}, 1.0, {item.id: PARENT}) == ([item], [])
    assert scheduler.widen(second, [other], {}, 1.0, {other.id: PARENT}) == ([other], [])
    assert item.wants == frozenset()
