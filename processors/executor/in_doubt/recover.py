"""
Calls without an answer: read, and go on; or send again, and hold everything back that a late copy could spoil.

In: a call in doubt with its commands.  Out: answers, a call sent again, or a later look.  I/O through ports.
Rule of this file: "not found" is not "not applied". A call is *alive* until the org's request limit has passed, or,
if it was
never sent again, until its records are seen changed by us (design section 3, point 4; attacks D5, D7, D8).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

from processors.executor.dependencies import OrgDependencies
from processors.executor.org_queue.claims import Job
from processors.executor.org_queue.scheduler import Scheduler, UnansweredCall
from processors.executor.pipeline.unit_of_work import UnitOfWork
from processors.executor.pipeline.worker import BatchPipeline
from processors.model.plan import ApiCall, CallRow
from processors.model.values import Written

Answers: TypeAlias = list[Written | None]


def look_at(
    doubt: UnansweredCall, worker: BatchPipeline, scheduler: Scheduler, deps: OrgDependencies
) -> Answers | None:
    """Read what a call in doubt wrote; return the answers seen, or None where it must be looked at again later."""
    call = doubt.call
    seen = worker.look(call.rows, call.intended_at)
    unseen = _unseen(call, seen)
    dead = deps.clock() >= call.alive_until
    if unseen and not dead and (doubt.looks < deps.looks or _must_wait(unseen)):
        at = call.alive_until if doubt.looks >= deps.looks else deps.clock() + deps.look_every
        scheduler.look_again(doubt, at)
        return None
    deps.metrics.count("doubts_resolved_total", org=deps.org, how=_how(unseen, dead))
    return seen


def take_up(
    doubt: UnansweredCall, seen: Answers, scheduler: Scheduler, deps: OrgDependencies
) -> tuple[str, list[Job], UnitOfWork]:
    """Return the batch that goes on with what was seen: its holder, those that go on, what is to be stored first."""
    call = doubt.call
    jobs = list(doubt.jobs.values())
    holder = scheduler.adopt(jobs)
    work = UnitOfWork(deps)
    for row, written in zip(call.rows, seen, strict=True):
        if written is not None:
            members = [doubt.jobs[part.command_id] for part in row.parts if part.command_id in doubt.jobs]
            work.advance(members, written)
    unseen = _unseen(call, seen)
    unanswered = {part.command_id for row in unseen for part in row.parts}
    dead = bool(unseen) and deps.clock() >= call.alive_until
    if dead or (not unseen and call.resent == 0):
        work.answered.append(call.id)
        work.dead.append(call)
    else:
        _keep_alive(call, jobs, unseen or call.rows, work, scheduler)
    for job in jobs:
        job.resent = call.resent + 1 if job.id in unanswered and not dead else 0
    lost = [job for job in jobs if dead and job.id in unanswered]
    for job in lost:
        if job.plan is not None and _unkeyed_person(unseen, job):
            # A fresh match tells whether it was created; its plan would create it again.
            job.plan = None
        work.postpone(job, "its write was not seen applied within the org's request limit", delay=0.0)
    return holder, [job for job in jobs if job not in lost], work


def _unseen(call: ApiCall, seen: Answers) -> list[CallRow]:
    return [row for row, written in zip(call.rows, seen, strict=True) if written is None]


def _unkeyed_person(unseen: Sequence[CallRow], job: Job) -> bool:
    """Whether the command's unseen write is a create that nothing but a match by the person's keys can find again."""
    rows = [row for row in unseen if any(part.command_id == job.id for part in row.parts)]
    return _must_wait(rows) and all(row.write is None or row.write.object != "Opportunity" for row in rows)


def _must_wait(unseen: Sequence[CallRow]) -> bool:
    """A create without an external ID is not repeated while the first copy may land (design section 3, point 5)."""
    return any(row.write is not None and row.write.operation == "create" and not row.write.external for row in unseen)


def _how(unseen: Sequence[CallRow], dead: bool) -> str:
    if not unseen:
        return "seen"
    return "expired" if dead else "sent_again"


def _keep_alive(
    call: ApiCall, jobs: Sequence[Job], rows: Sequence[CallRow], work: UnitOfWork, scheduler: Scheduler
) -> None:
    """Keep the claims of what may still land, and of nothing else."""
    members = {part.command_id for row in rows for part in row.parts}
    claims = set[str]().union(*(job.all_keys for job in jobs if job.id in members))
    kept = replace(call, rows=tuple(rows), claims=tuple(sorted(claims)), state="alive")
    work.alive.append(kept)
    scheduler.alive(call, kept)
