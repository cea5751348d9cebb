"""
From what the ledger stores to jobs: at the start of an org, and as commands arrive.

In: stored commands, calls that may still land.  Out: jobs that can be scheduled.
Rule of this file: steps of unfinished calls go to the call buffer; what may land keeps its claims before anybody goes.
"""

from collections.abc import Sequence

from processors.executor.dependencies import OrgDependencies
from processors.executor.jobs.job import NO_KEYS, Job
from processors.executor.org_queue.call_buffer import CallBuffer
from processors.executor.org_queue.scheduler import Scheduler
from processors.matching.match import person_keys
from processors.matching.queries import region_of
from processors.model.errors import Unprocessable
from processors.model.ledger import Lease, Stored
from processors.model.match import Resolution
from processors.model.plan import plan_from_json, resolution_from_json
from processors.sources.registry import source_of
from schemas.command import Command

UNCLEAN_STARTS = 3
"""Starts in a row without an end in good order from which on every undecided command is suspect of the crashes."""


class JobLoader:
    """Makes the jobs of one org."""

    def __init__(self, deps: OrgDependencies, lease: Lease, calls: CallBuffer) -> None:
        self._deps = deps
        self._lease = lease
        self._calls = calls

    def load(self, scheduler: Scheduler) -> None:
        """Let everything wait that the ledger holds, and give the calls that may still land their claims."""
        stored, calls = self._deps.ledger.unsettled(self._lease)
        jobs = {job.id: job for job in self._gathered([self._job(item) for item in stored], again=True)}
        now = self._deps.clock()
        unanswered: set[str] = set()
        for call in calls:
            members = [jobs[command_id] for command_id in call.commands if command_id in jobs]
            if call.state == "alive":
                scheduler.calls.alive(None, call)
                for job in members:
                    job.send_again(call.resent + 1)
            else:
                unanswered |= {job.id for job in members}
                scheduler.unanswered(None, call, members, now)
        waiting = [job for job in jobs.values() if job.id not in unanswered]
        for job in waiting:
            if job.plan is None and (job.crashes > 0 or self._lease.unclean_starts >= UNCLEAN_STARTS):
                job.suspect_of_crash()
        scheduler.add(waiting, now)

    def add(self, scheduler: Scheduler, stored: Sequence[Stored], commands: Sequence[Command]) -> None:
        """Let freshly stored commands wait; *commands* spare decoding them again."""
        known = {command.command_id: command for command in commands}
        fresh = [self._job(item, known.get(item.command_id)) for item in stored]
        scheduler.add(self._gathered(fresh), self._deps.clock(), len(stored))

    def _gathered(self, jobs: Sequence[Job], *, again: bool = False) -> list[Job]:
        """Return the jobs that can be scheduled; steps of unfinished calls go to the call buffer."""
        steps = [job for job in jobs if job.command.kind == "step" and job.settings is not None and job.fault is None]
        if not steps:
            return list(jobs)
        known = {job.id for job in steps}
        calls = self._calls.add(
            steps, lambda keys: self._deps.ledger.source_states(self._lease, keys), self._deps.clock(), again=again
        )
        return [*(job for job in jobs if job.id not in known), *calls]

    def _job(self, stored: Stored, command: Command | None = None) -> Job:
        if command is None:
            command = Command.from_avro(self._deps.codec.decode("command", stored.body))
        try:
            return self._read(stored, command)
        except Exception as fault:  # noqa: BLE001  one command must not stop the others
            return Job(
                command=command,
                settings=None,
                queue_position=stored.queue_position,
                lane=stored.lane,
                due=stored.due,
                keys=NO_KEYS,
                state=stored.state,
                fault=Unprocessable(fault).reason,
            )

    def _read(self, stored: Stored, command: Command) -> Job:
        decider = self._deps.deciders.get(command.integration)
        plan = plan_from_json(stored.plan) if stored.plan else None
        # A choice about another command takes no claims: what it is about may hold them (D16).
        choice = command.kind == "resolve" and command.request is not None and bool(command.request.about)
        settings = decider.integration if decider else None
        keys = NO_KEYS if choice else person_keys(command, region_of(settings, self._deps.region))
        return Job(
            command=command,
            settings=settings,
            queue_position=stored.queue_position,
            lane=stored.lane,
            due=stored.due,
            keys=keys,
            wants=frozenset(plan.keys) - keys if plan else NO_KEYS,
            tries=stored.tries,
            crashes=stored.crashes,
            alone=stored.alone,
            plan=plan,
            parked=stored.parked,
            resolution=resolution_from_json(stored.resolution) if stored.resolution else _own_choice(command),
            state=stored.state,
        )


def _own_choice(command: Command) -> Resolution | None:
    """Return the record that a user named with the action itself, as a choice."""
    if not source_of(command.contract).related.names_record or not command.salesforce_id:
        return None
    return Resolution(command.salesforce_id)
