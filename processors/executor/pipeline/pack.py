"""
Stage *pack*: the next steps of many plans become few API calls.

In: commands with plans, what a call may hold.  Out: API calls, each row naming the commands that it serves.  Pure.
Rule of this file: merging, sorting and sizing of writes happen here; limits are Salesforce's
(sObject Collections ≤ 200 records, ≤ 5 collections a composite, ≤ 100 conversions a SOAP call; LL-3, LL-23).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from processors.executor.jobs.job import Job
from processors.executor.jobs.terms import COLLECTION, COLLECTIONS, Terms
from processors.model.decision import Step
from processors.model.plan import ApiCall, CallRow, Plan, StepRef
from processors.model.requests import Conversion, Write

CONVERSIONS = 100
CONVERT = "convert"
"""What stands for the object of conversions where sizes are learnt."""

_ORDER = {"Account": 0, "Lead": 1, "Contact": 2, "Opportunity": 3, "Task": 4, "Event": 5}


def pack(
    jobs: Iterable[Job],
    external: Mapping[str, str],
    terms: Terms,
    now: float,
    new_id: Callable[[], str],
    sizes: Callable[[str], int] = lambda _kind: COLLECTION,
) -> list[ApiCall]:
    """
    Return the calls that carry the next step of each item's plan; updates of one record are merged, later fields win.

    Args:
        external: Object → its Unique External ID field; an object without one is created without it.
        sizes: How many records of an object a collection may hold in this org; of `convert`, a call.
    """
    ordered = sorted((job for job in jobs if job.plan and job.plan.step), key=lambda job: job.order)
    by_id = {job.id: job for job in ordered}
    calls = []
    for kind, rows in (("write", _write_rows(ordered, external, now)), ("convert", _convert_rows(ordered))):
        conversions = min(CONVERSIONS, sizes(CONVERT), terms.max_rows)
        chunks = _sized(rows, terms.max_rows, sizes) if kind == "write" else _chunks(rows, conversions)
        for chunk in chunks:
            members = [by_id[part.command_id] for row in chunk for part in row.parts]
            calls.append(
                ApiCall(
                    id=new_id(),
                    kind="write" if kind == "write" else "convert",
                    rows=tuple(chunk),
                    claims=tuple(sorted(set[str]().union(*(job.all_keys for job in members)))),
                    intended_at=now,
                    send_by=now + terms.send_within,
                    alive_until=now + terms.send_within + terms.request_limit,
                    resent=max(job.resent for job in members),
                )
            )
    return calls


def _write_rows(jobs: Sequence[Job], external: Mapping[str, str], now: float) -> list[CallRow]:
    rows: dict[tuple[str, str], CallRow] = {}
    for job in jobs:
        plan = job.plan
        if plan is None or plan.step is None or plan.step.operation == "convert":
            continue
        write = write_of(plan, plan.step, external)
        since = now if plan.intended_at is None else plan.intended_at
        part = StepRef(job.id, len(plan.results))
        target = (write.object, write.record_id or f"new:{job.id}:{part.step}")
        known = rows.get(target)
        if known is not None and known.write is not None:
            allow = known.write.allow_duplicates and write.allow_duplicates
            merged = replace(known.write, fields={**known.write.fields, **write.fields}, allow_duplicates=allow)
            rows[target] = replace(known, parts=(*known.parts, part), write=merged)
        else:
            rows[target] = CallRow(parts=(part,), write=write, since=since)
    return sorted(rows.values(), key=_together)


def write_of(plan: Plan, step: Step, external: Mapping[str, str]) -> Write:
    """Return what *step* writes, references filled in; a create carries its key where the object has a field for it."""
    if step.operation == "delete":
        return Write("delete", step.object, record_id=plan.target(step))
    if step.operation == "update":
        allow = step.allow_duplicates
        return Write(
            "update", step.object, record_id=plan.target(step), fields=plan.fields(step), allow_duplicates=allow
        )
    field = external.get(step.object)
    key = (field, step.effect) if field and step.effect else None
    made = Write("create", step.object, external=key, fields=plan.fields(step), allow_duplicates=step.allow_duplicates)
    return replace(made, assign=step.assign)


def _together(row: CallRow) -> tuple[int, str, str, str]:
    """Sort by object and operation (one collection a run), and rows of one parent together (row locks, 1.2 Locks)."""
    write = row.write
    if write is None:
        return (9, "", "", "")
    parent = str(write.fields.get("AccountId") or write.record_id or "")
    return (
        _ORDER.get(write.object, 8),
        write.object,
        f"{write.operation}{write.allow_duplicates}{write.assign}",
        parent,
    )


def _convert_rows(jobs: Sequence[Job]) -> list[CallRow]:
    rows = []
    for job in jobs:
        plan = job.plan
        if plan is None or plan.step is None or plan.step.operation != "convert":
            continue
        step = plan.step
        conversion = Conversion(
            lead_id=plan.target(step) or "",
            status=step.status or "",
            account_id=_account_of(plan, step),
            owner_id=step.owner_id,
            allow_duplicates=step.allow_duplicates,
        )
        rows.append(CallRow(parts=(StepRef(job.id, len(plan.results)),), conversion=conversion))
    return sorted(rows, key=lambda row: (_allows(row), row.conversion.account_id or "" if row.conversion else ""))


def _allows(row: CallRow) -> bool:
    return row.conversion is not None and row.conversion.allow_duplicates


def _sized(rows: Sequence[CallRow], max_rows: int, sizes: Callable[[str], int]) -> Iterator[list[CallRow]]:
    """Yield runs of rows that fit one composite: ≤ max_rows in all, ≤ 5 collections of one object and operation."""
    call: list[CallRow] = []
    runs, run_length, run_of = 0, 0, None
    for row in rows:
        of = _together(row)[1:3]
        size = min(COLLECTION, sizes(of[0]))
        new_run = of != run_of or run_length >= size
        if call and (len(call) >= max_rows or (new_run and runs >= COLLECTIONS)):
            yield call
            call, runs, new_run = [], 0, True
        if new_run:
            runs, run_length, run_of = runs + 1, 0, of
        apart = size < COLLECTION and row.write is not None
        call.append(replace(row, write=replace(row.write, collection=runs)) if apart and row.write else row)
        run_length += 1
    if call:
        yield call


def collections_of_call(call: ApiCall) -> list[tuple[str, list[int]]]:
    """Return the collections that the call is sent in: the object (`convert`: conversions), and the rows' numbers."""
    if call.kind == CONVERT:
        return [(CONVERT, list(range(len(call.rows))))]
    found: list[tuple[str, list[int]]] = []
    last = None
    for number, row in enumerate(call.rows):
        of = (*_together(row)[1:3], row.write.collection if row.write else 0)
        if of != last or len(found[-1][1]) >= COLLECTION:
            found.append((of[0], []))
        found[-1][1].append(number)
        last = of
    return found


def _chunks(rows: Sequence[CallRow], size: int) -> Iterator[list[CallRow]]:
    """Yield runs of conversions: a SOAP call says of all of them at once whether duplicates are allowed."""
    for _, alike in groupby(rows, _allows):
        run = list(alike)
        for start in range(0, len(run), size):
            yield run[start : start + size]


def _account_of(plan: Plan, step: Step) -> str | None:
    known = step.fields.get("AccountId")
    return str(known) if known else plan.record_id("account")
