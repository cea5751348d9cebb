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
from processors.sources.registry import source_of
from schemas.command import Command

log = structlog.get_logger()

LOOK_SECONDS = 5.0
"""Seconds between two looks whether the credential changed."""

TICK = 1.0
"""Seconds after which an idle org looks at its timers again."""


class OrgExecutor:
    """Runs one org while its lease is held. `failure` is set when it cannot go on: reload it, or let it go."""

    def __init__(self, deps: OrgDependencies, lease: Lease) -> None:
        self.deps = deps
        self.lease = lease
        self.scheduler = Scheduler(linger=deps.linger, max_in_flight=deps.max_in_flight)
        self.assembly = Assembly(deps.region)
        self.worker = BatchPipeline(deps, lease, self.scheduler, self._spread)
        self.watch = self.worker.watch
        self._checking = False
        self._next_check = 0.0
        self._next_look = 0.0
        self._was_broken = False
        self.failure: BaseException | None = None
        self._held_since: float | None = None
        self._lowest = BULK
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(deps.max_in_flight + 4, thread_name_prefix=f"org-{deps.org}")
        self._thread = threading.Thread(target=self._run, name=f"org-{deps.org}", daemon=True)

    def start(self) -> None:
        """Load what waits and what may still land, then begin."""
        self.watch.load()
        stored, calls = self.deps.ledger.unsettled(self.lease)
        jobs = {job.id: job for job in self._gathered([self._job(one) for one in stored], again=True)}
        now = self.deps.clock()
        doubtful: set[str] = set()
        for call in calls:
            if call.state == "alive":
                self.scheduler.alive(None, call)
                for job in [jobs[command_id] for command_id in call.commands if command_id in jobs]:
                    job.resent = call.resent + 1
                continue
            held = [jobs[command_id] for command_id in call.commands if command_id in jobs]
            doubtful |= {job.id for job in held}
            self.scheduler.doubt(None, call, held, now)
        waiting = [job for job in jobs.values() if job.id not in doubtful]
        for job in waiting:
            job.suspect = job.plan is None and (job.crashes > 0 or self.lease.unclean_starts >= 3)
        self.scheduler.add(waiting, now)
        self._thread.start()

    def _gathered(self, jobs: Sequence[Job], *, again: bool = False) -> list[Job]:
        """Return what may wait at the desk: steps of calls that are not over are gathered apart."""
        steps = [job for job in jobs if job.command.kind == "step" and job.settings is not None]
        if not steps:
            return list(jobs)
        known = {job.id for job in steps}
        calls = self.assembly.add(
            steps, lambda keys: self.deps.ledger.source_states(self.lease, keys), self.deps.clock(), again=again
        )
        return [*(job for job in jobs if job.id not in known), *calls]

    def add(self, stored: Sequence[Stored], commands: Sequence[Command] = ()) -> None:
        """Let freshly stored commands wait."""
        known = {command.command_id: command for command in commands}
        fresh = [self._job(one, known.get(one.command_id)) for one in stored]
        self.scheduler.add(self._gathered(fresh), self.deps.clock(), len(stored))

    @property
    def last_sequence(self) -> int:
        """The last sequence number that the ledger gave out for this org."""
        return self.worker.last_sequence

    def due(self) -> int:
        """How many commands wait although they are due; those that wait for the org's API calls do not count."""
        return self.counts()["due"]

    def counts(self) -> dict[str, int]:
        """Return how many commands are where."""
        return self.scheduler.counts(self.deps.clock(), self._lowest)

    def stop(self) -> None:
        """Take nothing new; what is under way goes on."""
        self._stopping.set()
        self.scheduler.wake()

    def ended(self) -> bool:
        """Whether nothing is under way any more."""
        return self.failure is not None or self.scheduler.idle()

    def close(self) -> None:
        """End for good; an end in good order is noted, so that it does not count as a crash."""
        self.stop()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self.watch.leave()
        if self.failure is None and self.scheduler.idle():
            with contextlib.suppress(SignalboxError):
                self.deps.ledger.clean(self.lease)

    def _job(self, stored: Stored, command: Command | None = None) -> Job:
        if command is None:
            command = Command.from_avro(self.deps.codec.decode("command", stored.body))
        decider = self.deps.deciders.get(command.integration)
        plan = plan_from_json(stored.plan) if stored.plan else None
        # A choice about another command takes no claims: what it is about may hold them (D16).
        choice = command.kind == "resolve" and command.request is not None and bool(command.request.about)
        keys = NO_KEYS if choice else person_keys(command, self.deps.region)
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
                now, seen = self.deps.clock(), self.scheduler.changes
                if not self._begin(now):
                    self.scheduler.wait(self._until_next(now), seen)
        except BaseException as failure:  # noqa: BLE001 -- a thread that died silently would stop its org silently
            self._fail(failure)

    def _until_next(self, now: float) -> float:
        if self.watch.closed:
            # Whatever is due waits for the connection.
            return min(TICK, max(0.005, self._next_check - self.deps.clock()))
        times = [one for one in (self.scheduler.next_time(now), self.assembly.next_time()) if one is not None]
        if not times:
            return TICK
        at = min(times)
        return min(TICK, max(0.005, at - self.deps.clock()))

    def _begin(self, now: float) -> bool:
        """Start what may go; return whether anything did."""
        for call in self.scheduler.expired(now):
            self._expire(call.id)
        if ended := self.assembly.timed_out(now):
            self.scheduler.add(ended, now)
        self._look_after(now)
        if self.watch.closed:
            return False
        started = False
        doubt = self.scheduler.next_doubt(now)
        if doubt is not None:
            self._submit(self._resolve, doubt)
            started = True
        batch = self.scheduler.next_batch(now, self.worker.pace.rows(self.deps.terms.max_rows), self._lowest_lane(now))
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
        salesforce = self.deps.salesforce
        usage = salesforce.usage() if salesforce is not None else None
        self._lowest = lowest = self.deps.budget.lowest(usage)
        if lowest == BULK:
            self._held_since = None
            return lowest
        first = self.scheduler.held_back(now, lowest)
        if first is None or usage is None:
            return lowest
        if self._held_since is None:
            self._held_since = now
            going = "live and retried" if lowest > LIVE else "live"
            why = f"{usage[0]} of {usage[1]} daily API calls are used: {going} commands alone go on"
            self._submit(self.worker.defer, first, why)
        return BULK if now - self._held_since >= self.deps.probe_every else lowest

    def _look_after(self, now: float) -> None:
        """Look whether the credential changed (LL-29), and every `check_every` seconds at what is broken (LL-25)."""
        if self._checking or not (self.watch.wanted or self.watch.broken):
            return
        if now >= self._next_look:
            self._next_look = now + min(LOOK_SECONDS, self.deps.check_every)
            credential = self.deps.credential
            if credential is not None and credential.changed() and not self.watch.unproven:
                self.watch.changed()
                self._next_check = now
        if self.watch.broken and not self._was_broken and self._next_check and not self.watch.unproven:
            self._next_check = now + self.deps.check_every
        self._was_broken = self.watch.broken
        # What is under way ends with the connection that it began with.
        due = now >= self._next_check and (self.watch.broken or not self._next_check)
        if due and (self.scheduler.idle() or not self.watch.closed):
            self._checking = True
            self._submit(self._check)

    def _check(self) -> None:
        """Prove the connection: log in, read describe, check what is mapped; it goes on by itself where it is whole."""
        try:
            if self.watch.unproven and self.deps.credential is not None:
                self.deps.credential.adopt()
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
            self._next_check = self.deps.clock() + self.deps.check_every
            self._checking = False
            self.scheduler.wake()

    def _expire(self, call_id: str) -> None:
        self.deps.ledger.apply(self.lease, LedgerTransaction(answered=[call_id]))
        for call in self.scheduler.expired(self.deps.clock()):
            if call.id == call_id:
                self.scheduler.dead(call)

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
        self.scheduler.wake()

    def _process(self, holder: str, jobs: list[Job]) -> None:
        self._guarded(holder, jobs, lambda: self.worker.process(holder, jobs))

    def _resolve(self, doubt: UnansweredCall) -> None:
        try:
            seen = look_at(doubt, self.worker, self.scheduler, self.deps)
        except RequestRefused:
            self.worker.known.forget()
            self.scheduler.look_again(doubt, self.deps.clock() + self.deps.look_every)
            return
        except Transient as transient:
            if isinstance(transient, OrgDown):
                self._pause(transient)
            self.scheduler.look_again(doubt, self.deps.clock() + self.deps.look_every)
            return
        if seen is not None:
            holder, jobs, work = take_up(doubt, seen, self.scheduler, self.deps)
            self._guarded(holder, jobs, lambda: self.worker.carry_out(holder, jobs, work))

    def _carry_out(self, holder: str, jobs: list[Job]) -> None:
        self._guarded(holder, jobs, lambda: self.worker.carry_out(holder, jobs, UnitOfWork(self.deps)))

    def _guarded(self, holder: str, jobs: list[Job], work: Callable[[], None]) -> None:
        try:
            work()
            if self.scheduler.resume():
                log.info("org answers again", org=self.deps.org)
        except OrgDown as down:
            self._pause(down)
        except RequestRefused as refused:
            self.worker.known.forget()
            self._put_off(
                jobs, str(refused), self.deps.row_retry.delay(1 + max((job.tries for job in jobs), default=0))
            )
        except Transient as transient:
            if transient.code == "database":
                raise
            delay = transient.retry_after or self.deps.retry.delay(1 + max((job.tries for job in jobs), default=0))
            self._put_off(jobs, transient.reason, delay)
        finally:
            self.scheduler.finish(holder)

    def _put_off(self, jobs: Sequence[Job], why: str, delay: float) -> None:
        for job in jobs:
            job.tries += 1
            job.due = max(job.due, self.deps.clock() + delay)
        log.warning("work put off", org=self.deps.org, why=why, commands=len(jobs), seconds=round(delay, 1))

    def _spread(self, holder: str, jobs: list[Job]) -> None:
        self._submit(self._carry_out, holder, jobs)

    def _pause(self, down: OrgDown) -> None:
        if down.cause is not None:
            self.watch.broke(down)
            self.deps.metrics.count("org_pauses_total", org=self.deps.org)
            return
        delay = down.retry_after or self.deps.retry.delay(self.scheduler.pauses + 1)
        self.scheduler.pause(self.deps.clock() + delay)
        self.deps.metrics.count("org_pauses_total", org=self.deps.org)
        log.warning("org does not answer; its work waits", org=self.deps.org, why=down.reason, seconds=round(delay, 1))


def _own_choice(command: Command) -> Resolution | None:
    """Return the record that a user named with the action itself, as a choice."""
    if not source_of(command.contract).related.names_record or not command.salesforce_id:
        return None
    return Resolution(command.salesforce_id)
