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
from processors.model.plan import ApiCall, Row
from processors.model.values import Written

Answers: TypeAlias = list[Written | None]


def look_at(doubt: UnansweredCall, worker: BatchPipeline, desk: Scheduler, context: OrgDependencies) -> Answers | None:
    """Read what a call in doubt wrote; return the answers seen, or None where it must be looked at again later."""
    call = doubt.call
    seen = worker.look(call.rows, call.intended_at)
    unseen = _unseen(call, seen)
    dead = context.clock() >= call.alive_until
    if unseen and not dead and (doubt.looks < context.looks or _must_wait(unseen)):
        at = call.alive_until if doubt.looks >= context.looks else context.clock() + context.look_every
        desk.look_again(doubt, at)
        return None
    context.metrics.count("doubts_resolved_total", org=context.org, how=_how(unseen, dead))
    return seen


def take_up(
    doubt: UnansweredCall, seen: Answers, desk: Scheduler, context: OrgDependencies
) -> tuple[str, list[Job], UnitOfWork]:
    """Return the batch that goes on with what was seen: its holder, those that go on, what is to be stored first."""
    call = doubt.call
    items = list(doubt.items.values())
    holder = desk.adopt(items)
    pending = UnitOfWork(context)
    for row, written in zip(call.rows, seen, strict=True):
        if written is not None:
            members = [doubt.items[part.command_id] for part in row.parts if part.command_id in doubt.items]
            pending.advance(members, written)
    unseen = _unseen(call, seen)
    unanswered = {part.command_id for row in unseen for part in row.parts}
    dead = bool(unseen) and context.clock() >= call.alive_until
    if dead or (not unseen and call.resent == 0):
        pending.answered.append(call.id)
        pending.dead.append(call)
    else:
        _keep_alive(call, items, unseen or call.rows, pending, desk)
    for item in items:
        item.resent = call.resent + 1 if item.id in unanswered and not dead else 0
    lost = [item for item in items if dead and item.id in unanswered]
    for item in lost:
        if item.plan is not None and _unkeyed_person(unseen, item):
            # A fresh match tells whether it was created; its plan would create it again.
            item.plan = None
        pending.postpone(item, "its write was not seen applied within the org's request limit", delay=0.0)
    return holder, [item for item in items if item not in lost], pending


def _unseen(call: ApiCall, seen: Answers) -> list[Row]:
    return [row for row, written in zip(call.rows, seen, strict=True) if written is None]


def _unkeyed_person(unseen: Sequence[Row], item: Job) -> bool:
    """Whether the command's unseen write is a create that nothing but a match by the person's keys can find again."""
    rows = [row for row in unseen if any(part.command_id == item.id for part in row.parts)]
    return _must_wait(rows) and all(row.write is None or row.write.object != "Opportunity" for row in rows)


def _must_wait(unseen: Sequence[Row]) -> bool:
    """A create without an external ID is not repeated while the first copy may land (design section 3, point 5)."""
    return any(row.write is not None and row.write.operation == "create" and not row.write.external for row in unseen)


def _how(unseen: Sequence[Row], dead: bool) -> str:
    if not unseen:
        return "seen"
    return "expired" if dead else "sent_again"


def _keep_alive(call: ApiCall, items: Sequence[Job], rows: Sequence[Row], pending: UnitOfWork, desk: Scheduler) -> None:
    """Keep the claims of what may still land, and of nothing else."""
    members = {part.command_id for row in rows for part in row.parts}
    claims = set[str]().union(*(item.all_keys for item in items if item.id in members))
    kept = replace(call, rows=tuple(rows), claims=tuple(sorted(claims)), state="alive")
    pending.alive.append(kept)
    desk.alive(call, kept)
