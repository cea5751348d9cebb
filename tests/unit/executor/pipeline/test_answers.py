"""What an org's answer to one row means: done, refused, or to be read because an earlier copy may have done it."""

from typing import Any

import pytest

from processors.executor.pipeline import answers
from processors.model.plan import ApiCall, CallRow, StepRef
from processors.model.requests import RowError, Write, Written

REFUSED = RowError("FIELD_CUSTOM_VALIDATION_EXCEPTION", "no")
DELETED = RowError("ENTITY_IS_DELETED", "entity is deleted")
NO_ORG: Any = None
"""The org: nobody asks it here."""


def row(operation: Any) -> CallRow:
    return CallRow((StepRef("c", 0),), Write(operation, "Lead", record_id="L"))


def call(operation: str, resent: int = 0) -> ApiCall:
    return ApiCall("call", "write", (row(operation),), (), 0.0, 1.0, 2.0, resent)


def test_a_deletion_of_what_is_deleted_is_done() -> None:
    assert answers.verified(call("delete"), [Written(False, errors=(DELETED,))], NO_ORG) == [Written(True, "L")]


@pytest.mark.parametrize(
    ("operation", "errors"), [("update", (DELETED,)), ("delete", (REFUSED,)), ("delete", (DELETED, REFUSED))]
)
def test_every_other_refusal_counts_as_it_is(operation: str, errors: tuple[RowError, ...]) -> None:
    written = Written(False, errors=errors)
    assert answers.verified(call(operation), [written], NO_ORG) == [written]


@pytest.mark.parametrize(
    ("operation", "written", "is_read"),
    [
        ("create", Written(True, "L", created=True), False),
        ("create", Written(True, "L", created=False), False),  # it was made before: it is matched again
        ("update", Written(True, "L"), False),
        ("update", Written(False, errors=(REFUSED,)), True),
        ("update", Written(False, errors=(RowError("UNABLE_TO_LOCK_ROW", "locked", transient=True),)), False),
    ],
)
def test_what_an_earlier_copy_may_have_done_is_read(
    monkeypatch: pytest.MonkeyPatch, operation: str, written: Written, is_read: bool
) -> None:
    seen = Written(True, "L", created=True)
    monkeypatch.setattr(answers, "read_back", lambda rows, *_: [seen] * len(rows))
    assert answers.verified(call(operation, resent=1), [written], NO_ORG) == [seen if is_read else written]
    assert answers.verified(call(operation), [written], NO_ORG) == [written]
