"""In-doubt verification as a value: what counts as seen in the org."""

from typing import Any

import pytest

from processors.executor.in_doubt.verify import reads_as_sent, verify_rows
from processors.model.plan import CallRow, StepRef
from processors.model.values import Record, Step, Write, Written
from tests.fakes.org import KEY, USER
from tests.unit.executor.pipeline.plans import AT, packed, planned


def _seen(row: CallRow, **fields: Any) -> Written | None:
    return verify_rows([row], [Record("Lead", "L", fields)], USER, AT)[0]


def test_an_update_is_seen_only_where_we_changed_the_record_since_and_every_value_stands() -> None:
    row = CallRow((StepRef("c", 0),), Write("update", "Lead", record_id="L", fields={"Title": "new"}))
    since, before = "2026-01-05T08:00:01.000+0000", "2026-01-04T08:00:00.000+0000"

    assert _seen(row, Title="new", LastModifiedById=USER, LastModifiedDate=since) == Written(True, "L")
    assert _seen(row, Title="new", LastModifiedById="somebody", LastModifiedDate=since) is None
    assert _seen(row, Title="old", LastModifiedById=USER, LastModifiedDate=since) is None
    assert _seen(row, Title="new", LastModifiedById=USER, LastModifiedDate=before) is None


def test_a_create_is_seen_by_its_effect_key_and_told_as_created_only_where_it_is_new() -> None:
    row = CallRow((StepRef("c", 0),), Write("create", "Lead", external=(KEY, "effect")))

    assert _seen(row, **{KEY: "effect", "CreatedDate": "2026-01-05T08:00:01.000+0000"}) == Written(True, "L", True)
    assert _seen(row, **{KEY: "effect", "CreatedDate": "2026-01-01T08:00:01.000+0000"}) == Written(True, "L", False)
    assert _seen(row, **{KEY: "other"}) is None


def test_a_create_without_an_external_id_is_never_seen() -> None:
    row = CallRow((StepRef("c", 0),), Write("create", "Lead", fields={"Title": "new"}))
    assert _seen(row, Title="new", LastModifiedById=USER) is None


def test_a_conversion_is_seen_by_the_lead_that_is_converted() -> None:
    job = planned(1, Step("convert", "convert", "Lead", record_id="L", status="Converted"))
    (call,) = packed(job)
    answer = _seen(call.rows[0], IsConverted=True, ConvertedContactId="C", ConvertedAccountId="A")

    assert answer == Written(True, "L", account_id="A", contact_id="C")
    assert _seen(call.rows[0], IsConverted=False) is None


@pytest.mark.parametrize(
    ("stored", "sent", "same"),
    [
        (None, "", True),
        ("Boss ", "Boss", True),
        (1, 1.0, True),
        ("2026-01-05T09:00:00.000+0000", "2026-01-05T10:00:00+01:00", True),
        ("Boss", "Chief", False),
        (None, "Boss", False),
        (True, "true", False),
    ],
)
def test_a_value_is_the_same_as_the_org_gives_it_back(stored: Any, sent: Any, same: bool) -> None:
    assert reads_as_sent(stored, sent) is same
