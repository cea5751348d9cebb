"""
The answers to one API call, row by row: who goes on, who waits for a lock, whose write was refused.

In: a call, the org's answers.  Out: the jobs whose step is done, and what becomes of the others.
Rule of this file: the codes of Salesforce's refusals that matter here are in this file and in the connector alone.
"""

from collections.abc import Sequence

from processors.executor.connection.org_facts import OrgMetadataCache
from processors.executor.in_doubt.read_back import read_back
from processors.executor.jobs.job import Job
from processors.executor.jobs.progress import Delayed, Ended, Progress
from processors.executor.jobs.steps import step_done
from processors.executor.org_queue.collection_sizes import CollectionSizes
from processors.executor.pipeline.duplicate_owners import with_owners
from processors.executor.pipeline.duplicates import DUPLICATES, refused_as_duplicate
from processors.executor.pipeline.pack import collections_of_call
from processors.model.members import creates_member
from processors.model.plan import ApiCall, CallRow, Ending
from processors.model.requests import RowError, Written

UNSURE_TRIES = 8
"""How often a record is tried whose refusal may pass (two minutes by the back-off for rows) before it is final."""


def verified(call: ApiCall, answers: Sequence[Written], org: OrgMetadataCache) -> list[Written]:
    """
    Return the answers as they count: what an answer does not say is read.

    That is why a row of a call that was sent before is refused (D7), and which record has a create's key already.
    Raises what reading raises.
    """
    answers = [_as_it_counts(row, written) for row, written in zip(call.rows, answers, strict=True)]
    doubtful = [
        row
        for row, written in zip(call.rows, answers, strict=True)
        if _key_taken(row, written) or (call.resent and _is_refused(written))
    ]
    if not doubtful:
        return list(answers)
    seen = dict(zip((row.parts for row in doubtful), read_back(doubtful, call.intended_at, org), strict=True))
    return [seen.get(row.parts) or written for row, written in zip(call.rows, answers, strict=True)]


def take_answers(
    call: ApiCall, answers: Sequence[Written], jobs: Sequence[Job], org: OrgMetadataCache, sizes: CollectionSizes
) -> tuple[list[Job], list[Progress]]:
    """Return the jobs that go on at once, and what became of each job of the call."""
    by_id = {job.id: job for job in jobs}
    onward: list[Job] = []
    progress: list[Progress] = []
    collections = collections_of_call(call)
    _learn_sizes(collections, answers, sizes)
    crowded = {number for _, numbers in collections if len(numbers) > 1 for number in numbers}
    for number, (row, written) in enumerate(zip(call.rows, answers, strict=True)):
        members = [by_id[part.command_id] for part in row.parts]
        if written.success:
            progress += step_done(members, written)
            onward += [job for job in members if job.plan is not None]
        elif number in crowded and any(error.too_many for error in written.errors):
            # The collection was too much: its rows are sent again in smaller ones, and none of them has failed.
            progress += [Delayed(job, format_errors(written.errors), tries=job.tries, delay=0.0) for job in members]
        else:
            progress += _refused(members, written, org)
    return onward, progress


def _learn_sizes(
    collections: Sequence[tuple[str, list[int]]], answers: Sequence[Written], sizes: CollectionSizes
) -> None:
    """Learn how many records of each object pass together."""
    for kind, numbers in collections:
        errors = [error for number in numbers for error in answers[number].errors]
        if any(error.too_many for error in errors):
            sizes.failed(kind, len(numbers))
        elif not errors:
            sizes.passed(kind, len(numbers))


def format_errors(errors: Sequence[RowError]) -> str:
    """Return the errors as one line."""
    return "; ".join(f"{error.code}: {error.message}" for error in errors)


def _refused(jobs: Sequence[Job], written: Written, org: OrgMetadataCache) -> list[Progress]:
    absent = next((error.gone for error in written.errors if error.gone is not None), None)
    if absent is not None and (held := org.all_held(absent, jobs)) is not None:
        return held
    if any(error.transient for error in written.errors) and not _given_up(jobs, written):
        return [Delayed(job, format_errors(written.errors)) for job in jobs]
    if len(jobs) > 1:
        # One of the merged writes is refused, and it is not known which: each goes alone, in order.
        for job in jobs:
            job.go_alone()
        return [Delayed(job, "its write was merged with another and refused", delay=0.0) for job in jobs]
    if any(error.code == DUPLICATES for error in written.errors):
        return [refused_as_duplicate(jobs[0], with_owners(written.errors, org))]
    return [Ended(jobs[0], jobs[0].plan, Ending("error", "salesforce_refused", None, written.errors))]


def _given_up(jobs: Sequence[Job], written: Written) -> bool:
    """Whether what may pass has been tried often enough, alone: then it is a refusal like any other."""
    unsure = all(error.unsure for error in written.errors if error.transient)
    return unsure and len(jobs) == 1 and jobs[0].tries >= UNSURE_TRIES


def _as_it_counts(row: CallRow, written: Written) -> Written:
    """Return the answer; a deletion of what somebody has deleted already is done: there is nothing left to do."""
    deleted = row.write is not None and row.write.operation == "delete"
    if deleted and written.errors and all(error.code == "ENTITY_IS_DELETED" for error in written.errors):
        return Written(True, row.write.record_id if row.write else None)
    return written


def _is_refused(written: Written) -> bool:
    """Whether the row is refused for good; after a resend an earlier copy may have done it."""
    return not written.success and not any(error.transient for error in written.errors)


def _key_taken(row: CallRow, written: Written) -> bool:
    """Whether a create is refused because a record has its key already: it was made before."""
    create = row.write is not None and row.write.operation == "create"
    keyed = create and row.write is not None and (row.write.external is not None or creates_member(row.write))
    return keyed and any(error.code == "DUPLICATE_VALUE" for error in written.errors)
