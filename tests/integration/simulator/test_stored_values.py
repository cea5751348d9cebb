"""The org keeps values in a form of its own, and what is written and read back is the same value."""

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import simulator
from connectors.salesforce.facts import object_facts
from processors.model.org_facts import ObjectFacts
from processors.model.stored_form import as_stored, same_value
from tests.integration.simulator.conftest import Api, open_api

EPOCH = datetime(1800, 1, 1, tzinfo=UTC)
COLOURS = ["Red", "Green", "Blue"]
FIELDS: list[dict[str, Any]] = [
    {"name": "Flag__c", "type": "boolean"},
    {"name": "Choice__c", "type": "combobox", "length": 80},
    {"name": "Sum__c", "type": "currency", "scale": 2},
    {"name": "Whole__c", "type": "currency", "scale": 0},
    {"name": "Day__c", "type": "date"},
    {"name": "Moment__c", "type": "datetime"},
    {"name": "Ratio__c", "type": "double", "scale": 4},
    {"name": "Mail__c", "type": "email"},
    {"name": "Secret__c", "type": "encryptedstring", "length": 80},
    {"name": "Seconds__c", "type": "int"},
    {"name": "Big__c", "type": "long"},
    {"name": "Colours__c", "type": "multipicklist", "values": COLOURS, "restricted": True},
    {"name": "Words__c", "type": "multipicklist", "values": COLOURS},
    {"name": "Share__c", "type": "percent", "scale": 1},
    {"name": "Number__c", "type": "phone"},
    {"name": "Colour__c", "type": "picklist", "values": COLOURS, "restricted": True},
    {"name": "Word__c", "type": "picklist", "values": COLOURS},
    {"name": "User__c", "type": "reference", "reference_to": ["User"]},
    {"name": "Text__c", "type": "string"},
    {"name": "Long__c", "type": "textarea"},
    {"name": "Page__c", "type": "url"},
]
BOX = simulator.OrgFile(name="boxes", objects={"Box__c": {"fields": FIELDS}})

_TEXT = st.text(st.sampled_from("aB 1,;é’😀"), max_size=12)
_LINES = st.text(st.sampled_from("ab \r\n"), max_size=20)


def _cased(values: list[str]) -> st.SearchStrategy[str]:
    return st.sampled_from([form for value in values for form in (value, value.upper(), value.lower())])


def _number(low: float, high: float) -> st.SearchStrategy[Any]:
    found = st.integers(int(low) * 1000, int(high) * 1000).map(lambda number: number / 1000)
    return st.one_of(found, found.map(str), st.integers(int(low), int(high)))


def _several(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(values, min_size=1, max_size=4).map(";".join)


SENT: dict[str, st.SearchStrategy[Any]] = {
    "Flag__c": st.sampled_from([True, False, "true", "FALSE", "1"]),
    "Choice__c": _TEXT,
    "Sum__c": _number(-1e6, 1e6),
    "Whole__c": _number(-1e6, 1e6),
    "Day__c": st.dates(date(1700, 1, 1), date(4000, 12, 31)).map(str),
    "Moment__c": st.builds(
        lambda seconds, part, zone: f"{(EPOCH + timedelta(seconds=seconds)):%Y-%m-%dT%H:%M:%S}{part}{zone}",
        st.integers(0, 60_000_000_000), st.sampled_from(["", ".5", ".987"]), st.sampled_from(["Z", "+05:30", "-0800"]),
    ),
    "Ratio__c": _number(-1e6, 1e6),
    "Mail__c": st.sampled_from(["Ann.Lee@Example.com", "b@example.ORG", " C@Example.com "]),
    "Secret__c": _TEXT,
    "Seconds__c": st.one_of(st.integers(-99999, 99999), st.integers(-99999, 99999).map(str)),
    "Big__c": st.one_of(st.integers(-(2**50), 2**50), st.integers(0, 10**12).map(str)),
    "Colours__c": _several(_cased(COLOURS)),
    "Words__c": _several(st.sampled_from([*COLOURS, "Teal", "Amber"])),
    "Share__c": _number(0, 100),
    "Number__c": st.sampled_from(["+1 415 555-2671", " (0) 20 7946 0018 "]),
    "Colour__c": _cased(COLOURS),
    "Word__c": _cased(COLOURS),
    "Text__c": _TEXT,
    "Long__c": st.one_of(_TEXT, _LINES),
    "Page__c": _TEXT,
}  # fmt: skip


@pytest.fixture(scope="module")
def box() -> Iterator[Api]:
    with simulator.serve([BOX]) as running:
        yield open_api(running, "boxes")


@pytest.fixture(scope="module")
def facts(box: Api) -> ObjectFacts:
    return object_facts("Box__c", box.call("GET", "sobjects/Box__c/describe").json())


@pytest.fixture(scope="module")
def record(box: Api) -> str:
    return box.make("Box__c", Name="Box")


def read_back(box: Api, record: str, values: dict[str, Any]) -> dict[str, Any]:
    answer = box.call("PATCH", f"sobjects/Box__c/{record}", values)
    assert answer.status_code == 204, (answer.text, values)
    found: dict[str, Any] = box.call("GET", f"sobjects/Box__c/{record}").json()
    return {name: found[name] for name in values}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.fixed_dictionaries(SENT))
def test_what_is_written_and_read_back_is_the_same_value(
    box: Api, facts: ObjectFacts, record: str, values: dict[str, Any]
) -> None:
    """Sent in any form that the org takes, or in the form in which it is kept: the same is read, of every type."""
    user = box.query("SELECT Id FROM User")[0]["Id"]
    values = {**values, "User__c": user[:15]}
    assert set(values) == {str(field["name"]) for field in FIELDS}
    read = read_back(box, record, values)
    unlike = {name: (values[name], read[name]) for name in values
              if not same_value(facts.fields[name], values[name], read[name])}  # fmt: skip
    assert unlike == {}
    stored = {name: as_stored(facts.fields[name], value) for name, value in values.items()}
    again = read_back(box, record, stored)
    assert {name: as_stored(facts.fields[name], value) for name, value in again.items()} == stored
    # Ends of lines, and the order of what a list does not know, are the org's own.
    loose = dict.fromkeys(("Long__c", "Words__c"))
    assert {**again, **loose} == {**read, **loose}


def test_values_are_kept_as_a_real_org_keeps_them(box: Api, record: str) -> None:
    sent = {
        "Mail__c": "Ann.Lee@Example.COM", "Moment__c": "2026-03-02T10:00:00.987+01:00", "Whole__c": 1234.567,
        "Sum__c": "2.675", "Colours__c": "blue;RED;blue", "Colour__c": "green", "Flag__c": "true", "Seconds__c": "60",
    }  # fmt: skip
    kept = {
        "Mail__c": "ann.lee@example.com", "Moment__c": "2026-03-02T09:00:00.000+0000", "Whole__c": 1235.0,
        "Sum__c": 2.68, "Colours__c": "Red;Blue", "Colour__c": "Green", "Flag__c": True, "Seconds__c": 60,
    }  # fmt: skip
    assert read_back(box, record, sent) == kept


@pytest.mark.parametrize("value", ["2026-03-02 10:00:00", "2026-03-02T10:00:00", "20260302T100000Z", "2026-02-30", 5])
def test_an_invalid_datetime_is_refused(box: Api, record: str, value: Any) -> None:
    answer = box.call("PATCH", f"sobjects/Box__c/{record}", {"Moment__c": value})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")


@pytest.mark.parametrize("value", ["2026-03-02T09:38:33.636+02:00", "02.03.2026", "2026-W10-1", "2026-02-30"])
def test_a_date_takes_no_time_and_no_other_writing(box: Api, record: str, value: str) -> None:
    answer = box.call("PATCH", f"sobjects/Box__c/{record}", {"Day__c": value})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")


def test_soql_ignores_the_milliseconds_of_a_literal(box: Api, record: str) -> None:
    read_back(box, record, {"Moment__c": "2026-03-02T09:00:00.400Z"})
    found = [box.query(f"SELECT Id FROM Box__c WHERE Moment__c = 2026-03-02T09:00:00{part}Z") for part in ("", ".900")]
    assert [len(rows) for rows in found] == [1, 1]
    assert box.query("SELECT Id FROM Box__c WHERE Moment__c > 2026-03-02T09:00:00.000Z") == []


def test_a_row_is_stamped_when_it_is_written_and_visible_when_it_is_committed(api: Api) -> None:
    """The stamp lies before the moment at which anybody could read it; whole seconds are all that it has."""
    api.control.fault("late_commit", match={"method": "POST", "path_regex": "sobjects/Lead"}, seconds=2.0)
    before = time.time()
    lead = api.make("Lead", LastName="Late", Company="Acme")
    assert time.time() - before >= 2.0
    row = api.query(f"SELECT CreatedDate, SystemModstamp FROM Lead WHERE Id = '{lead}'")[0]
    assert row["CreatedDate"] == row["SystemModstamp"]
    assert row["SystemModstamp"].endswith(".000+0000")
    seconds = simulator.values.to_datetime(row["SystemModstamp"]).timestamp()
    assert before - 1 <= seconds <= before + 1
