"""The table of errors: each code has one meaning; only a write that may have been applied is in doubt (R21)."""

from typing import Any

import pytest

from connectors.salesforce.error_table import CODES
from connectors.salesforce.errors import STATUSES, Refused, fail, problems
from processors.model.errors import InDoubt, OrgDown, SignalboxError, Transient

MEANING: dict[str, type[SignalboxError]] = {
    "refusal": Refused,
    "smaller": Refused,
    "bug": Refused,
    "lock": Transient,
    "transient": Transient,
    "org": OrgDown,
    "doubt": InDoubt,
}


def body(code: str) -> list[dict[str, Any]]:
    return [{"errorCode": code, "message": "text", "fields": []}]


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_code_means_the_same_whatever_status_carries_it(code: str) -> None:
    for status in (400, 500):
        with pytest.raises(MEANING[CODES[code]]) as caught:
            fail(status, body(code), write=True, what="write")
        assert type(caught.value) is MEANING[CODES[code]]


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_read_is_never_in_doubt(code: str) -> None:
    with pytest.raises(SignalboxError) as caught:
        fail(500, body(code), write=False, what="find")
    assert not isinstance(caught.value, InDoubt)


@pytest.mark.parametrize("status", sorted(STATUSES))
def test_a_status_decides_where_the_code_is_unknown(status: int) -> None:
    with pytest.raises(MEANING[STATUSES[status]]) as caught:
        fail(status, body("NEVER_HEARD_OF"), write=True, what="write")
    assert type(caught.value) is MEANING[STATUSES[status]]


def test_errors_are_read_in_all_three_shapes() -> None:
    rest = {"errorCode": "STRING_TOO_LONG", "message": "m", "fields": ["Company"]}
    row = {"statusCode": "UNABLE_TO_LOCK_ROW", "message": "m", "fields": []}
    oauth = {"error": "invalid_grant", "error_description": "authentication failure"}
    assert [problem.code for problem in problems([rest, row])] == ["STRING_TOO_LONG", "UNABLE_TO_LOCK_ROW"]
    assert [problem.transient for problem in problems([rest, row])] == [False, True]
    assert problems(oauth)[0].message == "authentication failure"
    assert problems("<html>") == problems(None) == problems([]) == problems([7]) == ()


def test_the_statement_of_a_refused_query_is_not_repeated() -> None:
    text = "\nSELECT x FROM Lead WHERE Email = 'canary@example.com'\n       ^\nERROR at Row:1:Column:8\nNo such column"
    with pytest.raises(Refused, match="No such column") as caught:
        fail(400, [{"errorCode": "INVALID_FIELD", "message": text}], write=False, what="query of Lead")
    assert "canary" not in str(caught.value)
