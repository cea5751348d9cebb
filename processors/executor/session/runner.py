"""
One org's executor: a thread that starts batches as commands become free, and looks at calls without an answer.

In: commands that the ledger has stored.  Out: settled rows in the ledger.
Rule of this file: a failure of the org pauses this org and nobody else; a failure of the database or of the lease
ends this object, and the loop loads the org anew from the ledger.
"""

import contextlib
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import structlog

from processors.executor.connection.check import ConnectionCheck
from processors.executor.connection.monitor import ConnectionMonitor
from processors.executor.connection.org_facts import OrgMetadataCache
from processors.executor.dependencies import OrgDependencies
from processors.executor.in_doubt.recover import look_at, take_up
from processors.executor.jobs.job import Job
from processors.executor.org_queue.api_budget import ApiBudget
from processors.executor.org_queue.call_buffer import CallBuffer
from processors.executor.org_queue.calls_in_flight import UnansweredCall
from processors.executor.org_queue.loading import JobLoader
from processors.executor.org_queue.scheduler import Scheduler
from processors.executor.pipeline.batch_pipeline import BatchPipeline
from processors.executor.pipeline.ledger_writer import LedgerWriter
from processors.model.errors import LeaseLost, OrgDown, RequestRefused, SignalboxError, Transient
from processors.model.ledger import Lease, LedgerTransaction, Stored
from schemas.command import Command

log = structlog.get_logger()

TICK = 1.0
"""Seconds after which an idle org looks at its timers again."""


class OrgExecutor:
    """Runs one org while its lease is held. `failure` is set when it cannot go on: reload it, or let it go."""

    def __init__(self, deps: OrgDependencies, lease: Lease) -> None:
        self.deps = deps
        self.lease = lease
        self.scheduler = Scheduler(deps.linger, deps.max_in_flight, deps.hold_unknown)
        self.writer = LedgerWriter(deps, lease, self.scheduler)
        self.connection = ConnectionMonitor(deps, lease, self.scheduler, self.writer.tell)
        self._org = OrgMetadataCache(deps, self.connection)
        self._check = ConnectionCheck(deps, self.connection, self._org, self.scheduler)
        self._budget = ApiBudget(deps, self.scheduler, self.writer.tell, self._submit)
        self._calls = CallBuffer(deps.region)
        self._loader = JobLoader(deps, lease, self._calls)
        self._pipeline = BatchPipeline(deps, lease, self.scheduler, self.writer, self._org, self._spread)
        self.failure: BaseException | None = None
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(deps.max_in_flight + 4, thread_name_prefix=f"org-{deps.org}")
        self._thread = threading.Thread(target=self._run, name=f"org-{deps.org}", daemon=True)

    def start(self) -> None:
        """Load what waits and what may still land, then begin."""
        self.connection.load()
        self._loader.load(self.scheduler)
        self._thread.start()

    def add(self, stored: Sequence[Stored], commands: Sequence[Command] = ()) -> None:
        """Let freshly stored commands wait."""
        self._loader.add(self.scheduler, stored, commands)

    @property
    def last_sequence(self) -> int:
        """The last sequence number that the ledger gave out for this org."""
        return self.writer.last_sequence

    def counts(self) -> dict[str, int]:
        """Return how many commands are where."""
        return self.scheduler.counts(self.deps.clock(), self._budget.lowest)

    def ages(self) -> dict[str, float]:
        """Return for how many seconds the oldest commands wait, by where."""
        return self.scheduler.ages(self.deps.clock())

    def take_worked(self) -> Mapping[str, int]:
        """Return how many commands of each integration were worked on since this was asked last (LL-1)."""
        return self._pipeline.take_worked()

    def stop(self) -> None:
        """Take nothing new; what is under way goes on."""
        self._stopping.set()
        self.scheduler.signal.changed()

    def ended(self) -> bool:
        """Whether nothing is under way any more."""
        return self.failure is not None or self.scheduler.idle()

    def close(self) -> None:
        """End for good; an end in good order is noted, so that it does not count as a crash."""
        self.stop()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self.connection.leave()
        if self.failure is None and self.scheduler.idle():
            with contextlib.suppress(SignalboxError):
                self.deps.ledger.clean(self.lease)

    def _run(self) -> None:
        try:
            while not self._stopping.is_set() and self.failure is None:
                now, seen = self.deps.clock(), self.scheduler.signal.changes
                if not self._begin(now):
                    self.scheduler.signal.wait(self._until_next(now), seen)
        except BaseException as failure:  # noqa: BLE001 -- a thread that died silently would stop its org silently
            self._fail(failure)

    def _until_next(self, now: float) -> float:
        if self.connection.closed:
            # Whatever is due waits for the connection.
            return min(TICK, max(0.005, self._check.next_at - self.deps.clock()))
        times = [number for number in (self.scheduler.next_time(now), self._calls.next_time()) if number is not None]
        return min(TICK, max(0.005, min(times) - self.deps.clock())) if times else TICK

    def _begin(self, now: float) -> bool:
        """Start what may go; return whether anything did."""
        self._expire(now)
        if ended := self._calls.timed_out(now):
            self.scheduler.add(ended, now)
        self._check.begin(now, self._submit)
        if self.connection.closed:
            return False
        unanswered = self.scheduler.next_unanswered(now)
        if unanswered is not None:
            self._submit(self._resolve, unanswered)
        limit, lowest = self._pipeline.pace.rows(self.deps.terms.max_rows), self._budget.lowest_lane(now)
        batch = self.scheduler.next_batch(now, limit, lowest)
        if batch is not None:
            self._budget.passed(batch[1][0].lane, now)
            self._submit(self._process, *batch)
        return unanswered is not None or batch is not None

    def _expire(self, now: float) -> None:
        """Let the claims of calls go that can land no more."""
        for call in self.scheduler.calls.expired(now):
            self.deps.ledger.apply(self.lease, LedgerTransaction(answered=[call.id]))
            self.scheduler.calls.over(call)

    def _submit(self, work: Callable[..., None], *arguments: object) -> None:
        future = self._pool.submit(work, *arguments)
        future.add_done_callback(self._done)

    def _done(self, future: "Future[None]") -> None:
        failure = None if future.cancelled() else future.exception()
        if failure is not None:
            self._fail(failure)

    def _fail(self, failure: BaseException) -> None:
        if self.failure is None:
            self.failure = failure
        self.scheduler.signal.changed()

    def _process(self, holder: str, jobs: list[Job]) -> None:
        self._guarded(holder, jobs, lambda: self._pipeline.process(holder, jobs))

    def _spread(self, holder: str, jobs: list[Job]) -> None:
        self._submit(self._guarded, holder, jobs, lambda: self._pipeline.carry_out(holder, jobs, ()))

    def _resolve(self, unanswered: UnansweredCall) -> None:
        """Look what became of a call without an answer, and go on with it."""
        calls = self.scheduler.calls
        try:
            seen = look_at(unanswered, self._org, calls, self.deps)
        except (RequestRefused, Transient) as failure:
            if isinstance(failure, RequestRefused):
                self._org.forget()
            elif isinstance(failure, OrgDown):
                self._pause(failure)
            calls.look_again(unanswered, self.deps.clock() + self.deps.look_every)
            return
        if seen is not None:
            holder, jobs, progress = take_up(unanswered, seen, self.scheduler, self.deps)
            self._guarded(holder, jobs, lambda: self._pipeline.carry_out(holder, jobs, progress))

    def _guarded(self, holder: str, jobs: Sequence[Job], work: Callable[[], None]) -> None:
        """Do the work of a batch; whatever of it is not done waits again."""
        try:
            work()
            if self.scheduler.pause.resume():
                log.info("org answers again", org=self.deps.org)
        except OrgDown as down:
            self._pause(down)
        except RequestRefused as refused:
            self._org.forget()
            self._put_off(jobs, str(refused), self.deps.row_retry.delay(1 + _most_tries(jobs)))
        except Transient as transient:
            if transient.code == "database":
                raise
            delay = transient.retry_after or self.deps.retry.delay(1 + _most_tries(jobs))
            self._put_off(jobs, transient.reason, delay)
        except LeaseLost:
            raise
        except Exception:
            self._suspect(jobs)
            raise
        finally:
            self.scheduler.finish(holder)

    def _suspect(self, jobs: Sequence[Job]) -> None:
        """Our own code failed at this batch: note it, so that each is decided alone when the org is loaded anew."""
        with contextlib.suppress(SignalboxError):
            for job in jobs:
                if job.plan is None or not job.plan.results:
                    self.deps.ledger.mark_crashing(self.lease, job.id)

    def _put_off(self, jobs: Sequence[Job], why: str, delay: float) -> None:
        for job in jobs:
            job.put_off(self.deps.clock() + delay)
        log.warning("work put off", org=self.deps.org, why=why, commands=len(jobs), seconds=round(delay, 1))

    def _pause(self, down: OrgDown) -> None:
        """The whole org is affected: it rests for a while, or until its connection is mended."""
        org = self.deps.org
        self.deps.metrics.count("org_pauses_total", org=org)
        if down.cause is not None:
            self.connection.broke(down)
            return
        pause = self.scheduler.pause
        delay = down.retry_after or self.deps.retry.delay(pause.in_a_row + 1)
        with self.scheduler.signal:
            pause.pause(self.deps.clock() + delay)
        log.warning("org does not answer; its work waits", org=org, why=down.reason, seconds=round(delay, 1))


def _most_tries(jobs: Sequence[Job]) -> int:
    return max((job.tries for job in jobs), default=0)
