"""
One org's executor: a thread that starts batches as commands become free, and looks at calls in doubt.

In: commands that the ledger has stored.  Out: settled rows in the ledger.
Rule of this file: a failure of the org pauses this org and nobody else; a failure of the database or of the lease
ends this
object, and the loop loads the org anew from the ledger.
"""

import contextlib
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import structlog

from processors.executor.dependencies import OrgDependencies
from processors.executor.in_doubt.recover import look_at, take_up
from processors.executor.org_queue.call_buffer import Assembly
from processors.executor.org_queue.claims import NO_KEYS, Job
from processors.executor.org_queue.priority import BULK, LIVE
from processors.executor.org_queue.scheduler import Scheduler, UnansweredCall
from processors.executor.pipeline.unit_of_work import UnitOfWork
from processors.executor.pipeline.worker import BatchPipeline
from processors.matching.match import person_keys
from processors.model.errors import OrgDown, RequestRefused, SignalboxError, Transient
from processors.model.ledger import Lease, LedgerTransaction, Stored
from processors.model.plan import plan_from_json, resolution_from_json
from processors.model.values import Resolution
from schemas.command import Command

log = structlog.get_logger()

LOOK_SECONDS = 5.0
"""Seconds between two looks whether the credential changed."""

TICK = 1.0
"""Seconds after which an idle org looks at its timers again."""


class OrgExecutor:
    """Runs one org while its lease is held. `failure` is set when it cannot go on: reload it, or let it go."""

    def __init__(self, context: OrgDependencies, lease: Lease) -> None:
        self.context = context
        self.lease = lease
        self.desk = Scheduler(linger=context.linger, max_in_flight=context.max_in_flight)
        self.assembly = Assembly(context.region)
        self.worker = BatchPipeline(context, lease, self.desk, self._spread)
        self.watch = self.worker.watch
        self._checking = False
        self._next_check = 0.0
        self._next_look = 0.0
        self._was_broken = False
        self.failure: BaseException | None = None
        self._held_since: float | None = None
        self._lowest = BULK
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(context.max_in_flight + 4, thread_name_prefix=f"org-{context.org}")
        self._thread = threading.Thread(target=self._run, name=f"org-{context.org}", daemon=True)

    def start(self) -> None:
        """Load what waits and what may still land, then begin."""
        self.watch.load()
        stored, calls = self.context.ledger.unsettled(self.lease)
        items = {item.id: item for item in self._gathered([self._item(one) for one in stored], again=True)}
        now = self.context.clock()
        doubtful: set[str] = set()
        for call in calls:
            if call.state == "alive":
                self.desk.alive(None, call)
                for item in [items[command_id] for command_id in call.commands if command_id in items]:
                    item.resent = call.resent + 1
                continue
            held = [items[command_id] for command_id in call.commands if command_id in items]
            doubtful |= {item.id for item in held}
            self.desk.doubt(None, call, held, now)
        waiting = [item for item in items.values() if item.id not in doubtful]
        for item in waiting:
            item.suspect = item.plan is None and (item.crashes > 0 or self.lease.unclean_starts >= 3)
        self.desk.add(waiting, now)
        self._thread.start()

    def _gathered(self, items: Sequence[Job], *, again: bool = False) -> list[Job]:
        """Return what may wait at the desk: steps of calls that are not over are gathered apart."""
        steps = [item for item in items if item.command.kind == "step" and item.settings is not None]
        if not steps:
            return list(items)
        known = {item.id for item in steps}
        calls = self.assembly.add(
            steps, lambda keys: self.context.ledger.things(self.lease, keys), self.context.clock(), again=again
        )
        return [*(item for item in items if item.id not in known), *calls]

    def add(self, stored: Sequence[Stored], commands: Sequence[Command] = ()) -> None:
        """Let freshly stored commands wait."""
        known = {command.command_id: command for command in commands}
        fresh = [self._item(one, known.get(one.command_id)) for one in stored]
        self.desk.add(self._gathered(fresh), self.context.clock(), len(stored))

    @property
    def last_sequence(self) -> int:
        """The last sequence number that the ledger gave out for this org."""
        return self.worker.last_sequence

    def due(self) -> int:
        """How many commands wait although they are due; those that wait for the org's API calls do not count."""
        return self.counts()["due"]

    def counts(self) -> dict[str, int]:
        """Return how many commands are where."""
        return self.desk.counts(self.context.clock(), self._lowest)

    def stop(self) -> None:
        """Take nothing new; what is under way goes on."""
        self._stopping.set()
        self.desk.wake()

    def ended(self) -> bool:
        """Whether nothing is under way any more."""
        return self.failure is not None or self.desk.idle()

    def close(self) -> None:
        """End for good; an end in good order is noted, so that it does not count as a crash."""
        self.stop()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self.watch.leave()
        if self.failure is None and self.desk.idle():
            with contextlib.suppress(SignalboxError):
                self.context.ledger.clean(self.lease)

    def _item(self, stored: Stored, command: Command | None = None) -> Job:
        if command is None:
            command = Command.from_avro(self.context.codec.decode("command", stored.body))
        decider = self.context.deciders.get(command.integration)
        plan = plan_from_json(stored.plan) if stored.plan else None
        # A choice about another command takes no claims: what it is about may hold them (D16).
        choice = command.kind == "resolve" and command.request is not None and bool(command.request.about)
        keys = NO_KEYS if choice else person_keys(command, self.context.region)
        return Job(
            command=command,
            settings=decider.integration if decider else None,
            place=stored.place,
            lane=stored.lane,
            due=stored.due,
            keys=keys,
            wants=frozenset(plan.keys) - keys if plan else frozenset(),
            tries=stored.tries,
            crashes=stored.crashes,
            alone=stored.alone,
            plan=plan,
            parked=stored.parked,
            resolution=resolution_from_json(stored.resolution) if stored.resolution else _own_choice(command),
        )

    def _run(self) -> None:
        try:
            while not self._stopping.is_set() and self.failure is None:
                now, seen = self.context.clock(), self.desk.changes
                if not self._begin(now):
                    self.desk.wait(self._until_next(now), seen)
        except BaseException as failure:  # noqa: BLE001 -- a thread that died silently would stop its org silently
            self._fail(failure)

    def _until_next(self, now: float) -> float:
        if self.watch.closed:
            # Whatever is due waits for the connection.
            return min(TICK, max(0.005, self._next_check - self.context.clock()))
        times = [one for one in (self.desk.next_time(now), self.assembly.next_time()) if one is not None]
        if not times:
            return TICK
        at = min(times)
        return min(TICK, max(0.005, at - self.context.clock()))

    def _begin(self, now: float) -> bool:
        """Start what may go; return whether anything did."""
        for call in self.desk.expired(now):
            self._expire(call.id)
        if ended := self.assembly.timed_out(now):
            self.desk.add(ended, now)
        self._look_after(now)
        if self.watch.closed:
            return False
        started = False
        doubt = self.desk.next_doubt(now)
        if doubt is not None:
            self._submit(self._resolve, doubt)
            started = True
        batch = self.desk.next_batch(now, self.worker.pace.rows(self.context.terms.max_rows), self._lowest_lane(now))
        if batch is not None:
            if batch[1][0].lane > self._lowest:
                self._held_since = now
            self._submit(self._process, *batch)
            started = True
        return started

    def _lowest_lane(self, now: float) -> int:
        """
        Return the lowest lane that may go by the org's daily API calls; a notice says when lower ones begin to wait.

        While they wait they let one batch pass now and then: only an answer says that a new day has begun.
        """
        salesforce = self.context.salesforce
        usage = salesforce.usage() if salesforce is not None else None
        self._lowest = lowest = self.context.budget.lowest(usage)
        if lowest == BULK:
            self._held_since = None
            return lowest
        first = self.desk.held_back(now, lowest)
        if first is None or usage is None:
            return lowest
        if self._held_since is None:
            self._held_since = now
            going = "live and retried" if lowest > LIVE else "live"
            why = f"{usage[0]} of {usage[1]} daily API calls are used: {going} commands alone go on"
            self._submit(self.worker.defer, first, why)
        return BULK if now - self._held_since >= self.context.probe_every else lowest

    def _look_after(self, now: float) -> None:
        """Look whether the credential changed (LL-29), and every `check_every` seconds at what is broken (LL-25)."""
        if self._checking or not (self.watch.wanted or self.watch.broken):
            return
        if now >= self._next_look:
            self._next_look = now + min(LOOK_SECONDS, self.context.check_every)
            credential = self.context.credential
            if credential is not None and credential.changed() and not self.watch.unproven:
                self.watch.changed()
                self._next_check = now
        if self.watch.broken and not self._was_broken and self._next_check and not self.watch.unproven:
            self._next_check = now + self.context.check_every
        self._was_broken = self.watch.broken
        # What is under way ends with the connection that it began with.
        due = now >= self._next_check and (self.watch.broken or not self._next_check)
        if due and (self.desk.idle() or not self.watch.closed):
            self._checking = True
            self._submit(self._check)

    def _check(self) -> None:
        """Prove the connection: log in, read describe, check what is mapped; it goes on by itself where it is whole."""
        try:
            if self.watch.unproven and self.context.credential is not None:
                self.context.credential.adopt()
            if self.watch.broken:
                self.worker.known.prove()
            else:
                self.worker.known.org()
            self.watch.mark()
        except OrgDown as down:
            self.watch.broke(down)
        except RequestRefused:
            self.worker.known.forget()
        except Transient as transient:
            if transient.code == "database":
                raise
        finally:
            self._next_check = self.context.clock() + self.context.check_every
            self._checking = False
            self.desk.wake()

    def _expire(self, call_id: str) -> None:
        self.context.ledger.apply(self.lease, LedgerTransaction(answered=[call_id]))
        for call in self.desk.expired(self.context.clock()):
            if call.id == call_id:
                self.desk.dead(call)

    def _submit(self, work: Callable[..., None], *arguments: object) -> None:
        future = self._pool.submit(work, *arguments)
        future.add_done_callback(self._done)

    def _done(self, future: "Future[None]") -> None:
        if future.cancelled():
            return
        failure = future.exception()
        if failure is not None:
            self._fail(failure)

    def _fail(self, failure: BaseException) -> None:
        if self.failure is None:
            self.failure = failure
        self.desk.wake()

    def _process(self, holder: str, items: list[Job]) -> None:
        self._guarded(holder, items, lambda: self.worker.process(holder, items))

    def _resolve(self, doubt: UnansweredCall) -> None:
        try:
            seen = look_at(doubt, self.worker, self.desk, self.context)
        except RequestRefused:
            self.worker.known.forget()
            self.desk.look_again(doubt, self.context.clock() + self.context.look_every)
            return
        except Transient as transient:
            if isinstance(transient, OrgDown):
                self._pause(transient)
            self.desk.look_again(doubt, self.context.clock() + self.context.look_every)
            return
        if seen is not None:
            holder, items, pending = take_up(doubt, seen, self.desk, self.context)
            self._guarded(holder, items, lambda: self.worker.carry_out(holder, items, pending))

    def _carry_out(self, holder: str, items: list[Job]) -> None:
        self._guarded(holder, items, lambda: self.worker.carry_out(holder, items, UnitOfWork(self.context)))

    def _guarded(self, holder: str, items: list[Job], work: Callable[[], None]) -> None:
        try:
            work()
            if self.desk.resume():
                log.info("org answers again", org=self.context.org)
        except OrgDown as down:
            self._pause(down)
        except RequestRefused as refused:
            self.worker.known.forget()
            self._put_off(
                items, str(refused), self.context.row_retry.delay(1 + max((item.tries for item in items), default=0))
            )
        except Transient as transient:
            if transient.code == "database":
                raise
            delay = transient.retry_after or self.context.retry.delay(
                1 + max((item.tries for item in items), default=0)
            )
            self._put_off(items, transient.reason, delay)
        finally:
            self.desk.finish(holder)

    def _put_off(self, items: Sequence[Job], why: str, delay: float) -> None:
        for item in items:
            item.tries += 1
            item.due = max(item.due, self.context.clock() + delay)
        log.warning("work put off", org=self.context.org, why=why, commands=len(items), seconds=round(delay, 1))

    def _spread(self, holder: str, items: list[Job]) -> None:
        self._submit(self._carry_out, holder, items)

    def _pause(self, down: OrgDown) -> None:
        if down.cause is not None:
            self.watch.broke(down)
            self.context.metrics.count("org_pauses_total", org=self.context.org)
            return
        delay = down.retry_after or self.context.retry.delay(self.desk.pauses + 1)
        self.desk.pause(self.context.clock() + delay)
        self.context.metrics.count("org_pauses_total", org=self.context.org)
        log.warning(
            "org does not answer; its work waits", org=self.context.org, why=down.reason, seconds=round(delay, 1)
        )


def _own_choice(command: Command) -> Resolution | None:
    """Return the record that a user named with the action itself, as a choice."""
    if command.contract != "user_action" or not command.salesforce_id:
        return None
    return Resolution(command.salesforce_id)
