"""In-doubt verification as a value: what counts as seen in the org."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from processors.executor.in_doubt.verify import verify_rows
from processors.model.decision import Step
from processors.model.org_facts import ObjectFacts, OrgFacts
from processors.model.plan import CallRow, StepRef
from processors.model.record import Record
from processors.model.requests import Write, Written
from processors.model.stored_form import fact_of_type
from tests.fakes.org import KEY, USER
from tests.unit.executor.pipeline.plans import AT, packed, planned

KINDS = {"Title": "string", "Email": "email", "Seats__c": "int", "Rated__c": "boolean"}
FIELDS = {name: fact_of_type(kind) for name, kind in KINDS.items()}
FIELDS |= {"Value__c": replace(fact_of_type("currency"), precision=18)}
FACTS = OrgFacts("main", "00D", USER, {"Lead": ObjectFacts("Lead", FIELDS)}, {}, "Converted", datetime.now(UTC))


def _seen(row: CallRow, **fields: Any) -> Written | None:
    return verify_rows([row], [Record("Lead", "L", fields)], FACTS, AT)[0]


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


def test_an_update_is_seen_where_the_org_keeps_what_was_sent_in_its_own_form() -> None:
    """As text, none of these is what was sent."""
    sent: dict[str, Any] = {"Email": "Ann.Lee@Example.com", "Seats__c": "60", "Rated__c": "true", "Value__c": 1234.567}
    row = CallRow((StepRef("c", 0),), Write("update", "Lead", record_id="L", fields=sent))
    kept = {"Email": "ann.lee@example.com", "Seats__c": 60, "Rated__c": True, "Value__c": 1235}
    ours = {"LastModifiedById": USER, "LastModifiedDate": "2026-01-05T08:00:01.000+0000"}

    assert _seen(row, **ours, **kept) == Written(True, "L")
    assert all(_seen(row, **ours, **{**kept, name: value}) is None for name, value in
               {"Email": "ann@example.com", "Seats__c": 61, "Rated__c": False, "Value__c": 1234}.items())  # fmt: skip
