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

from processors.executor.connection.org_facts import OrgMetadataCache
from processors.executor.dependencies import OrgDependencies
from processors.executor.in_doubt.read_back import read_back
from processors.executor.jobs.job import Job
from processors.executor.jobs.progress import CallAlive, CallOver, Delayed, Progress
from processors.executor.jobs.steps import step_done
from processors.executor.org_queue.calls_in_flight import CallsInFlight, UnansweredCall
from processors.executor.org_queue.scheduler import Scheduler
from processors.model.members import creates_member
from processors.model.plan import ApiCall, CallRow
from processors.model.requests import Written

Answers: TypeAlias = list[Written | None]


def look_at(
    unanswered: UnansweredCall, org: OrgMetadataCache, calls: CallsInFlight, deps: OrgDependencies
) -> Answers | None:
    """Read what a call without an answer wrote; return the answers seen, or None where it is looked at again later."""
    call = unanswered.call
    seen = read_back(call.rows, call.intended_at, org)
    unseen = _unseen(call, seen)
    expired = deps.clock() >= call.alive_until
    if unseen and not expired and (unanswered.looks < deps.looks or _must_wait(unseen)):
        at = call.alive_until if unanswered.looks >= deps.looks else deps.clock() + deps.look_every
        calls.look_again(unanswered, at)
        return None
    deps.metrics.count("doubts_resolved_total", org=deps.org, how=_how(unseen, expired))
    return seen


def take_up(
    unanswered: UnansweredCall, seen: Answers, scheduler: Scheduler, deps: OrgDependencies
) -> tuple[str, list[Job], list[Progress]]:
    """Return the batch that goes on with what was seen: its holder, the jobs that go on, what is stored first."""
    call = unanswered.call
    jobs = list(unanswered.jobs.values())
    holder = scheduler.adopt(jobs)
    progress: list[Progress] = []
    for row, written in zip(call.rows, seen, strict=True):
        if written is not None:
            members = [unanswered.jobs[part.command_id] for part in row.parts if part.command_id in unanswered.jobs]
            progress += step_done(members, written)
    unseen = _unseen(call, seen)
    unseen_jobs = {part.command_id for row in unseen for part in row.parts}
    expired = bool(unseen) and deps.clock() >= call.alive_until
    if expired or (not unseen and call.resent == 0):
        progress.append(CallOver(call))
    else:
        progress.append(_keep_alive(call, jobs, unseen or call.rows, scheduler.calls))
    for job in jobs:
        job.send_again(call.resent + 1 if job.id in unseen_jobs and not expired else 0)
    lost = [job for job in jobs if expired and job.id in unseen_jobs]
    for job in lost:
        if job.plan is not None and _unkeyed_person(unseen, job):
            # A fresh match tells whether it was created; its plan would create it again.
            job.drop_plan()
        progress.append(Delayed(job, "its write was not seen applied within the org's request limit", delay=0.0))
    return holder, [job for job in jobs if job.plan is not None and job not in lost], progress


def _unseen(call: ApiCall, seen: Answers) -> list[CallRow]:
    return [row for row, written in zip(call.rows, seen, strict=True) if written is None]


def _unkeyed_person(unseen: Sequence[CallRow], job: Job) -> bool:
    """Whether the command's unseen write is a create that nothing but a match by the person's keys can find again."""
    rows = [row for row in unseen if any(part.command_id == job.id for part in row.parts)]
    return _must_wait(rows) and all(row.write is None or row.write.object != "Opportunity" for row in rows)


def _must_wait(unseen: Sequence[CallRow]) -> bool:
    """
    A create without an external ID is not repeated while the first copy may land (design section 3, point 5).

    The org itself refuses a second member of a campaign.
    """
    return any(
        row.write is not None
        and row.write.operation == "create"
        and not row.write.external
        and not creates_member(row.write)
        for row in unseen
    )


def _how(unseen: Sequence[CallRow], expired: bool) -> str:
    if not unseen:
        return "seen"
    return "expired" if expired else "sent_again"


def _keep_alive(call: ApiCall, jobs: Sequence[Job], rows: Sequence[CallRow], calls: CallsInFlight) -> CallAlive:
    """Keep the claims of what may still land, and of nothing else."""
    members = {part.command_id for row in rows for part in row.parts}
    claims = set[str]().union(*(job.all_keys for job in jobs if job.id in members))
    kept = replace(call, rows=tuple(rows), claims=tuple(sorted(claims)), state="alive")
    calls.alive(call, kept)
    return CallAlive(kept)
