"""
What an org's answers to single rows mean, beyond success and refusal.

In: a row and its answer.  Out: the answer as it counts; whether it says all; what it names.  Pure.
Rule of this file: the words of Salesforce's refusals that matter here are in this file and in the connector alone.
"""

from collections.abc import Sequence

from processors.model.plan import CallRow
from processors.model.values import RowError, Written


def as_it_counts(row: CallRow, written: Written) -> Written:
    """Return the answer; a deletion of what somebody has deleted already is done: there is nothing left to do."""
    deleted = row.write is not None and row.write.operation == "delete"
    if deleted and written.errors and all(error.code == "ENTITY_IS_DELETED" for error in written.errors):
        return Written(True, row.write.record_id if row.write else None)
    return written


def unsure(row: CallRow, written: Written) -> bool:
    """Whether an earlier copy may have done it: the row is refused, or its record was there already."""
    if not written.success:
        return not any(error.transient for error in written.errors)
    return row.write is not None and row.write.operation == "create" and not written.created


def names_gone(written: Written) -> str | None:
    """Return the field that the refusal says is gone, or None."""
    return next((error.gone for error in written.errors if error.gone is not None), None)


def told(errors: Sequence[RowError]) -> str:
    """Return the errors as one line."""
    return "; ".join(f"{error.code}: {error.message}" for error in errors)
