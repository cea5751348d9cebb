"""Codes that mean something else by their words, as real orgs write them."""

import pytest

from connectors.salesforce.error_table import CODES, Kind, row_of
from connectors.salesforce.errors import kind_of, row_error
from simulator.row_faults import ERRORS

LOCKED = "UNABLE_TO_LOCK_ROW: unable to obtain exclusive access to this record"


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"LeadTrigger: execution of BeforeInsert caused by: {LOCKED}", "lock"),
        ("CANNOT_EXECUTE_FLOW_TRIGGER", f"We can't save this record: {LOCKED}", "lock"),
        ("UNKNOWN_EXCEPTION", LOCKED, "lock"),
        ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "System.LimitException: Too many SOQL queries: 101", "smaller"),
        ("CANNOT_EXECUTE_FLOW_TRIGGER", "Too many DML statements: 151", "smaller"),
        ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "Apex CPU time limit exceeded", "smaller"),
        ("LIMIT_EXCEEDED", "", "smaller"),
        ("REQUEST_RUNNING_TOO_LONG", "Your request was running for too long, and has been stopped.", "smaller"),
        ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "NullPointerException", "refusal"),
        ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "entity type cannot be inserted: Lead", "refusal"),
        ("CANNOT_EXECUTE_FLOW_TRIGGER", "the process failed", "refusal"),
        # What an administrator writes into a validation rule changes nothing.
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Too many SOQL queries: 101", "refusal"),
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", LOCKED, "refusal"),
        ("STORAGE_LIMIT_EXCEEDED", "storage limit exceeded", "org"),
        ("ENTITY_IS_LOCKED", "the entity is locked for editing", "refusal"),
        ("INACTIVE_OWNER_OR_USER", "operation performed with inactive user [005] as owner of account", "refusal"),
        ("FIELD_INTEGRITY_EXCEPTION", "There's a problem with this country, even though it may appear", "refusal"),
    ],
)
def test_code_and_words_say_what_is_done(code: str, message: str, kind: Kind) -> None:
    row = row_of(code, message)
    assert row is not None
    assert row.kind == kind
    assert kind_of(code, 400, message) == kind


@pytest.mark.parametrize(
    ("error", "transient", "unsure", "too_many", "cause"),
    [
        ("apex_lock", True, False, False, None),
        ("flow_lock", True, False, False, None),
        ("unknown", True, True, False, None),
        ("soql_limit", True, True, True, None),
        ("dml_limit", True, True, True, None),
        ("cpu", True, True, True, None),
        ("storage", True, False, False, "storage_full"),
        ("apex", False, False, False, None),
        ("duplicate", False, False, False, None),
    ],
)
def test_a_row_that_the_simulated_org_refuses_is_understood(
    error: str, transient: bool, unsure: bool, too_many: bool, cause: str | None
) -> None:
    code, message = ERRORS[error]
    row = row_error({"statusCode": code, "message": message.format("Lead"), "fields": []})
    assert (row.transient, row.unsure, row.too_many, row.cause) == (transient, unsure, too_many, cause)


def test_an_unknown_code_is_a_refusal_of_its_row() -> None:
    assert row_of("NEVER_HEARD_OF", "x") is None
    assert not row_error({"statusCode": "NEVER_HEARD_OF"}).transient
    assert "NEVER_HEARD_OF" not in CODES
