"""Packing: order and limits kept, nothing twice in a collection, no ID near a path unless it is one (S02, S10)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.salesforce.composite import Answer, checked_record_id
from connectors.salesforce.errors import Unusable
from connectors.salesforce.write import collections_of, write_results
from processors.model.requests import Write

HOSTILE_IDS = [
    "//evil.example/x",
    "https://evil.example/0000",
    "00Q000000000001/../x",
    "00Q00000000000",
    "00Q000000000001A",
    "",
    "00Q000000000001AAA\n",
    "00Q000000000001%2F",
    "００Q000000000001",
    "?ids=00Q000000000",
]


def create(number: int, key: str | None = None, kind: str = "Lead") -> Write:
    return Write("create", kind, external=("Signalbox_Key__c", key) if key else None, fields={"LastName": str(number)})


def update(number: int, kind: str = "Lead") -> Write:
    return Write("update", kind, f"00Q{number:012d}AAA", fields={"LastName": str(number)})


@given(
    st.lists(
        st.sampled_from([create(1), create(2, "a"), create(3, "b"), update(1), update(2), update(1, "Contact")]),
        max_size=30,
    )
)
def test_collections_keep_the_order_and_hold_one_kind_and_nothing_twice(writes: list[Write]) -> None:
    try:
        packed = collections_of(writes)
    except ValueError:
        assert len(writes) > 5
        return
    assert [row for item in packed for row in item.rows] == writes
    assert len(packed) <= 5
    for collection in packed:
        assert len(collection.rows) <= 200
        assert len({(row.operation, row.object) for row in collection.rows}) == 1
        names = [row.external[1] if row.external else row.record_id for row in collection.rows]
        assert len({name for name in names if name}) == len([name for name in names if name])


def test_a_thousand_records_make_five_collections_and_one_more_is_refused() -> None:
    writes = [create(n, f"key-{n}") for n in range(1000)]
    assert [len(collection.rows) for collection in collections_of(writes)] == [200] * 5
    with pytest.raises(ValueError, match="6 collections"):
        collections_of([*writes, create(1001, "one more")])


def test_external_ids_that_differ_by_case_alone_are_one() -> None:
    assert len(collections_of([create(1, "abc"), create(2, "ABC")])) == 2


def test_a_create_is_an_insert_that_carries_its_key_as_a_field() -> None:
    """An upsert would write onto the record that has the key already."""
    sub = collections_of([create(1, "https://evil.example/../x")])[0].subrequest({"Sforce-Auto-Assign": "FALSE"})
    assert (sub.method, sub.path) == ("POST", "composite/sobjects")
    assert sub.body["records"] == [
        {"attributes": {"type": "Lead"}, "LastName": "1", "Signalbox_Key__c": "https://evil.example/../x"}
    ]
    assert sub.headers == {"Sforce-Auto-Assign": "FALSE"}


@pytest.mark.parametrize("hostile", HOSTILE_IDS)
@pytest.mark.parametrize("operation", ["update", "delete"])
def test_a_record_id_that_is_none_is_refused_before_anything_is_sent(hostile: str, operation: Any) -> None:
    with pytest.raises(ValueError, match="not a record ID"):
        collections_of([Write(operation, "Lead", hostile, fields={})])[0].subrequest({})


@given(st.text())
def test_only_what_has_the_shape_of_a_record_id_passes(text: str) -> None:
    try:
        assert checked_record_id(text).isalnum()
        assert text.isascii()
        assert len(text) in (15, 18)
    except ValueError:
        assert not (text.isascii() and text.isalnum() and len(text) in (15, 18))


@pytest.mark.parametrize("field", ["Id", "id", "ATTRIBUTES", "Signalbox_Key__c", "a/b", "a b", ""])
def test_a_field_that_would_choose_the_record_is_refused(field: str) -> None:
    with pytest.raises(ValueError):
        collections_of([Write("create", "Lead", external=("Signalbox_Key__c", "k"), fields={field: "x"})])[
            0
        ].subrequest({})


def test_a_number_that_json_has_not_is_refused() -> None:
    with pytest.raises(ValueError, match="not a number"):
        collections_of([Write("create", "Lead", fields={"Score__c": float("nan")})])[0].subrequest({})


@pytest.mark.parametrize(
    "body",
    [None, {}, [], [{}], [{"success": True}], [{"success": "yes", "id": "x"}], [{"success": True, "id": "x"}] * 2],
)
def test_a_result_that_does_not_say_what_happened_is_no_result(body: Any) -> None:
    with pytest.raises(Unusable):
        write_results(collections_of([create(1)]), [Answer(200, body)])
