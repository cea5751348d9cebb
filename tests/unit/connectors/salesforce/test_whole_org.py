"""Refusals of records that are about the whole org: what is asked, what is remembered, how the answers count."""

from collections.abc import Callable

import pytest

from connectors.salesforce.check import permission_lines
from connectors.salesforce.whole_org import IN_FLIGHT, WholeOrg
from processors.model.errors import OrgDown, Transient
from processors.model.org_facts import ObjectFacts
from processors.model.requests import RowError, Write, Written

CREATE = Write("create", "Lead", fields={"LastName": "Lee"})
UPDATE = Write("update", "Lead", record_id="00Q000000000001AAA", fields={"LastName": "Lee"})
NO_CREATE = RowError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "entity type cannot be inserted: Lead")
NO_UPDATE = RowError("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")
NO_CONVERT = RowError("INSUFFICIENT_ACCESS", "You need the Convert Leads permission")


def refused(error: RowError) -> Written:
    return Written(False, errors=(error,))


class Told:
    """What an org says of rights."""

    def __init__(self, *, create: bool = True, update: bool = True, convert: bool | None = True) -> None:
        self.facts: ObjectFacts | None = ObjectFacts("Lead", {}, createable=create, updateable=update)
        self.convert = convert
        self.down = False
        self.asked = 0

    def describe(self, _name: str) -> ObjectFacts | None:
        self.asked += 1
        if self.down:
            raise Transient("away")
        return self.facts

    def watch(self, room: Callable[[], int | None] = lambda: None) -> WholeOrg:
        return WholeOrg(self.describe, lambda _name: self.convert, room)


@pytest.mark.parametrize(
    ("told", "write", "error"),
    [(Told(create=False), CREATE, NO_CREATE), (Told(update=False), UPDATE, NO_UPDATE)],
)
def test_a_right_that_describe_denies_is_the_orgs_cause_until_it_is_given(
    told: Told, write: Write, error: RowError
) -> None:
    whole = told.watch()
    counted = whole.written([write, write], [refused(error), Written(True, "00Q000000000001AAA")])
    assert [(written.success, written.errors[0].cause if written.errors else None) for written in counted] == [
        (False, "no_rights"),
        (True, None),
    ]
    assert counted[0].errors[0].transient
    for _ in range(2):
        with pytest.raises(OrgDown, match="the integration user has no right to") as raised:
            whole.check()
        assert raised.value.cause == "no_rights"
    told.facts = ObjectFacts("Lead", {})
    whole.check()
    asked = told.asked
    whole.check()
    assert told.asked == asked


def test_a_right_that_describe_gives_leaves_the_refusal_to_its_record_and_is_asked_once_a_call() -> None:
    told = Told()
    answers = [refused(NO_UPDATE)] * 3
    assert told.watch().written([UPDATE] * 3, answers) == answers
    assert told.asked == 1


def test_an_object_that_is_not_visible_any_more_is_a_missing_right() -> None:
    told = Told()
    told.facts = None
    assert told.watch().written([CREATE], [refused(NO_CREATE)])[0].errors[0].cause == "no_rights"


@pytest.mark.parametrize(
    "error",
    [
        RowError("INVALID_TYPE", "sObject type 'Lead' is not supported.", gone="a field"),
        RowError("FUNCTIONALITY_NOT_ENABLED", "Leads are not enabled for this user"),
    ],
)
def test_a_licence_that_was_taken_away_pauses_the_org_and_refuses_nothing(error: RowError) -> None:
    told = Told()
    told.facts = None
    whole = told.watch()
    counted = whole.written([CREATE, CREATE], [refused(error), refused(error)])
    assert [(written.errors[0].transient, written.errors[0].cause, written.errors[0].gone) for written in counted] == [
        (True, "no_rights", None)
    ] * 2
    assert told.asked == 1
    for _ in range(2):
        with pytest.raises(OrgDown, match="no right to create any Lead"):
            whole.check()
    told.facts = ObjectFacts("Lead", {})
    whole.check()
    late = [whole.written([CREATE], [refused(error)]) for _ in range(IN_FLIGHT + 1)]
    assert all(answers[0].errors[0].transient for answers in late[:-1])
    assert late[-1] == [refused(error)]


def test_where_describe_does_not_answer_the_record_is_tried_again() -> None:
    told = Told(create=False)
    told.down = True
    (written,) = told.watch().written([CREATE], [refused(NO_CREATE)])
    assert (written.errors[0].transient, written.errors[0].cause) == (True, None)


@pytest.mark.parametrize(("convert", "cause"), [(False, "no_rights"), (True, None), (None, None)])
def test_the_permission_to_convert_is_read_where_the_org_tells_it(convert: bool | None, cause: str | None) -> None:
    (written,) = Told(convert=convert).watch().converted([refused(NO_CONVERT)])
    assert written.errors[0].cause == cause


def test_another_refusal_asks_nothing() -> None:
    told = Told(create=False)
    answers = [refused(RowError("STRING_TOO_LONG", "too long"))]
    assert told.watch().written([CREATE], answers) == answers
    assert told.asked == 0


def test_full_storage_ends_when_there_is_room() -> None:
    rooms = [0, 5]
    whole = Told().watch(lambda: rooms.pop(0))
    whole.written([CREATE], [refused(RowError("STORAGE_LIMIT_EXCEEDED", "storage limit exceeded", transient=True))])
    with pytest.raises(OrgDown):
        whole.check()
    whole.check()
    whole.check()
    assert rooms == []


def test_check_tells_what_is_missing_and_what_is_more_than_needed() -> None:
    assert permission_lines("main", {"ConvertLeads": True, "ModifyAllData": False}) == []
    lines = permission_lines("main", {"ConvertLeads": False, "ModifyAllData": True, "ViewAllData": True})
    assert len(lines) == 3
    assert "no permission Convert Leads" in lines[0]
    assert all("more than Signalbox needs" in line for line in lines[1:])
    assert "not proven" in permission_lines("main", {})[0]


def test_a_refusal_of_a_call_that_left_before_the_right_was_given_back_is_tried_again() -> None:
    told = Told(update=False)
    whole = told.watch()
    whole.written([UPDATE], [refused(NO_UPDATE)])
    told.facts = ObjectFacts("Lead", {}, createable=True, updateable=True)
    assert whole.written([UPDATE], [refused(NO_UPDATE)])[0].errors[0].transient, "before any look has found it given"
    whole.check()
    late = [whole.written([UPDATE], [refused(NO_UPDATE)])[0].errors[0] for _ in range(IN_FLIGHT + 1)]
    assert [error.transient for error in late] == [True] * IN_FLIGHT + [False]
    assert {error.cause for error in late} == {None}
