"""Answers that are lost, for each kind of write: exactly one effect, and the right outcome."""

from collections.abc import Callable
from typing import Any

import pytest

from processors.model.errors import RequestRefused
from schemas.outcome import Outcome
from tests.fakes.org import KEY, Fault
from tests.fakes.scheduler import Rig, command, integration
from tests.integration.executor.conftest import Begin

FULL = integration(
    "full",
    action="update_and_convert_lead_or_create_contact",
    account={"enabled": True},
    opportunity={"enabled": True},
)
CONVERT = integration("convert", action="update_and_convert_lead_or_create_contact")
WRITES: dict[str, tuple[str, bool, Callable[[Any], bool]]] = {
    # what is written: integration, whether a lead is there, which row the fault is for
    "update": ("upsert", True, lambda row: getattr(row, "operation", "") == "update"),
    "create": ("upsert", False, lambda row: getattr(row, "operation", "") == "create"),
    "convert": ("full", True, lambda row: hasattr(row, "lead_id")),
    "account": ("full", False, lambda row: getattr(row, "object", "") == "Account"),
    "contact": ("full", False, lambda row: getattr(row, "object", "") == "Contact"),
    "opportunity": ("full", True, lambda row: getattr(row, "object", "") == "Opportunity"),
}
KINDS = {"upsert": {True: "updated", False: "created"}, "full": {True: "converted", False: "created"}}


def person(name: str, **more: Any) -> Any:
    """Return a command for one person that the integration applies."""
    if name != "full":
        return command("ann@example.com", integration=name, **{"Title": "Boss", **more})
    return command(
        "ann@example.com",
        integration="full",
        account={"Name": "Acme"},
        opportunity={"Name": "Deal", "StageName": "New", "CloseDate": "2026-02-01"},
        **{"Title": "Boss", **more},
    )


def started(begin: Begin, write: str, fault: str) -> tuple[Rig, str]:
    """Return an executor whose org loses the answer to one kind of write, and the integration to use."""
    name, known, concerns = WRITES[write]
    rig = begin(integration(), FULL)
    if known:
        rig.org.add("Lead", LastName="Doe", Company="Acme", Email="ann@example.com")
    rig.org.faults.append(Fault(fault, lambda rows: any(concerns(row) for row in rows)))
    return rig, name


def check(rig: Rig, write: str, outcome: Outcome) -> None:
    """Each record once, one conversion, and the outcome that a prompt answer would have given."""
    name, known, _ = WRITES[write]
    assert outcome.kind == KINDS[name][known], (outcome.kind, outcome.reason, outcome.refusals)
    if name == "upsert":
        assert len(rig.org.of("Lead")) == 1
        assert rig.org.of("Lead")[0]["Title"] == "Boss"
        return
    assert [len(rig.org.of(text)) for text in ("Lead", "Account", "Contact", "Opportunity")] == [int(known), 1, 1, 1]
    assert sum(effect.operation == "convert" for effect in rig.org.effects) == int(known)
    assert {"Account", "Contact", "Opportunity"} <= {record.object for record in outcome.records}
    (opportunity,) = rig.org.of("Opportunity")
    (contact,) = rig.org.of("Contact")
    assert opportunity["ContactId"] == contact["Id"]
    assert contact["Title"] == "Boss"


@pytest.mark.parametrize("fault", ["lost_before", "lost_after"])
@pytest.mark.parametrize("write", list(WRITES))
def test_a_lost_answer_gives_one_effect_and_the_right_outcome(begin: Begin, write: str, fault: str) -> None:
    rig, name = started(begin, write, fault)
    rig.send(person(name))

    check(rig, write, rig.settle(1)[0])


@pytest.mark.parametrize("write", list(WRITES))
def test_a_write_that_lands_before_it_is_looked_for_is_seen(begin: Begin, write: str) -> None:
    rig, name = started(begin, write, "late")
    seen = rig.org.log
    rig.send(person(name))
    rig.wait(lambda: bool(rig.org.late))
    rig.org.land()
    calls = len([text for text in seen if text != "find"])

    outcome = rig.settle(1)[0]
    check(rig, write, outcome)
    assert calls >= 1
    assert len(outcome.api_calls) == len([text for text in seen if text != "find"])


@pytest.mark.parametrize("write", list(WRITES))
def test_a_write_that_lands_after_it_was_sent_again_makes_no_second_effect(begin: Begin, write: str) -> None:
    rig, name = started(begin, write, "late")
    rig.send(person(name))
    outcome = rig.settle(1)[0]
    rig.org.land()

    check(rig, write, outcome)
    assert rig.outcomes() == [outcome]


@pytest.mark.parametrize("write", list(WRITES))
def test_a_write_that_lands_just_before_it_is_sent_again_is_checked_by_reading(begin: Begin, write: str) -> None:
    rig, name = started(begin, write, "late")
    concerns = WRITES[write][2]
    # The second time it is sent, the first copy lands first.
    rig.org.before = lambda rows: rig.org.land() if any(concerns(row) for row in rows) else None
    rig.send(person(name))

    check(rig, write, rig.settle(1)[0])


@pytest.mark.parametrize("write", list(WRITES))
def test_a_crash_while_an_answer_is_missing_changes_nothing(begin: Begin, write: str) -> None:
    rig, name = started(begin, write, "late")
    rig.send(person(name))
    rig.wait(lambda: bool(rig.org.late))
    rig.restart()
    outcome = rig.settle(1)[0]
    rig.org.land()

    check(rig, write, outcome)


def test_d5_a_late_copy_never_puts_an_older_value_over_a_newer_one(begin: Begin) -> None:
    rig = begin()
    lead = rig.org.add("Lead", LastName="Doe", Company="Acme", Email="ann@example.com", Title="first")
    rig.org.faults.append(Fault("late"))
    rig.send(command("ann@example.com", Title="older"))
    rig.settle(1)
    rig.send(command("ann@example.com", Title="newer"), command("bob@example.com"))
    # Somebody else goes on; the same person waits while a copy of the first write may still land.
    rig.settle(2)
    rig.org.land()
    assert rig.org.records[lead]["Title"] == "older"
    rig.restart()
    rig.send(command("eve@example.com"))
    assert [outcome.person.email for outcome in rig.settle(3)] == [
        "ann@example.com",
        "bob@example.com",
        "eve@example.com",
    ]
    rig.hour_later()
    rig.settle(4)

    assert rig.org.records[lead]["Title"] == "newer"
    assert [effect.fields.get("Title") for effect in rig.org.effects if effect.id == lead] == [
        "older",
        "older",
        "newer",
    ]


def test_d5_values_that_were_there_before_are_no_sign_that_the_write_landed(begin: Begin) -> None:
    rig = begin()
    rig.send(command("ann@example.com", Title="same"))
    rig.settle(1)
    rig.hour_later()
    rig.org.faults.append(Fault("late"))
    # Merged, the two write what is there already.
    rig.send(command("ann@example.com", Title="other"), command("ann@example.com", Title="same"))
    rig.settle(3)
    rig.send(command("ann@example.com", Title="newest"), command("bob@example.com"))
    rig.settle(4)
    rig.org.land()
    rig.hour_later()
    rig.settle(5)

    assert rig.org.of("Lead")[0]["Title"] == "newest"


def test_d7_a_conversion_that_landed_before_its_resend_is_converted_not_refused(begin: Begin) -> None:
    rig = begin(CONVERT)
    lead = rig.org.add("Lead", LastName="Doe", Company="Acme", Email="ann@example.com", Title="Boss")
    rig.org.faults.append(Fault("late", lambda rows: hasattr(rows[0], "lead_id")))
    rig.org.before = lambda rows: rig.org.land() if hasattr(rows[0], "lead_id") else None
    rig.send(command("ann@example.com", integration="convert", Title="Boss"))
    (outcome,) = rig.settle(1)

    assert rig.kinds([outcome]) == ["converted"]
    assert sum(effect.operation == "convert" for effect in rig.org.effects) == 1
    assert rig.org.records[lead]["ConvertedContactId"] in {record.id for record in outcome.records}


def test_a_refusal_that_cannot_be_checked_stays_in_doubt_until_it_can(begin: Begin) -> None:
    rig = begin(CONVERT)
    rig.org.add("Lead", LastName="Doe", Company="Acme", Email="ann@example.com", Title="Boss")
    rig.org.faults.append(Fault("late", lambda rows: hasattr(rows[0], "lead_id")))

    def before(rows: Any) -> None:
        if hasattr(rows[0], "lead_id") and rig.org.late:
            rig.org.land()
            rig.org.down_for_reads = 2

    rig.org.before = before
    rig.send(command("ann@example.com", integration="convert", Title="Boss"))
    (outcome,) = rig.settle(1)

    assert rig.kinds([outcome]) == ["converted"]
    assert rig.org.down_for_reads == 0
    rig.restart()
    assert rig.executor.failure is None


@pytest.mark.parametrize("fault", ["late", "lost_after", "lost_before"])
def test_d8_two_events_of_one_new_person_with_different_keys_make_one_lead(begin: Begin, fault: str) -> None:
    by_phone = integration(
        "phone", match={"key_sets": [[{"from": "person.phones", "kind": "phone", "lead": "Phone", "contact": "Phone"}]]}
    )
    rig = begin(integration(), by_phone)
    rig.org.faults.append(Fault(fault))
    rig.send(command("ann@example.com", phone="+12025550123"))
    rig.wait(lambda: "Write" in rig.org.log)
    rig.send(command("ann@example.com"), command(phone="+12025550123", integration="phone", Title="Boss"))
    first = rig.settle(1)[0]
    rig.org.land()
    rig.hour_later()
    rig.settle(3)

    assert len(rig.org.of("Lead")) == 1
    assert first.kind == "created"
    assert rig.org.created("Lead") == 1


@pytest.mark.parametrize("fault", ["late", "lost_after", "lost_before"])
def test_d8_an_event_by_id_and_one_by_email_meet_in_one_lead(begin: Begin, fault: str) -> None:
    rig = begin()
    rig.org.faults.append(Fault(fault))
    rig.send(command("ann@example.com", Title="one"))
    rig.settle(1)
    rig.org.land()
    rig.hour_later()
    (lead,) = rig.org.of("Lead")
    rig.send(
        command(None, salesforce_id=lead["Id"], Title="two"),
        command("ann@example.com", Title="three"),
        command(None, salesforce_id=lead["Id"], Title="four"),
    )
    rig.settle(4)

    assert len(rig.org.of("Lead")) == 1
    assert rig.org.of("Lead")[0]["Title"] == "four"


@pytest.mark.parametrize("landed", [True, False])
def test_an_org_without_external_ids_waits_out_the_limit_before_it_creates_again(begin: Begin, landed: bool) -> None:
    rig = begin(external=False)
    rig.org.faults.append(Fault("lost_after" if landed else "lost_before"))
    rig.send(command("ann@example.com", Title="Boss"))
    rig.wait(lambda: rig.org.log.count("find") >= 3)
    rig.send(command("bob@example.com"), command("ann@example.com", Title="Chief"))
    assert [outcome.person.email for outcome in rig.settle(1)] == ["bob@example.com"]
    rig.restart()
    rig.wait(lambda: rig.org.log.count("find") >= 6 or rig.org.log.count("find") >= 4)
    assert rig.org.log.count("Write") == 2
    rig.hour_later()
    rig.settle(3)

    leads = [row for row in rig.org.of("Lead") if row["Email"] == "ann@example.com"]
    assert len(leads) == 1
    assert leads[0]["Title"] == "Chief"


def test_an_org_without_external_ids_creates_no_second_contact_beside_an_account_made_before(begin: Begin) -> None:
    rig = begin(FULL, external=False)
    rig.org.faults.append(Fault("lost_after", lambda rows: getattr(rows[0], "object", "") == "Contact"))
    rig.send(person("full"))
    rig.wait(lambda: bool(rig.org.of("Contact")))
    rig.wait(lambda: rig.executor.scheduler.counts(rig.clock())["in_doubt"] == 1)
    rig.hour_later()
    rig.settle(1)

    assert [len(rig.org.of(text)) for text in ("Account", "Contact", "Opportunity")] == [1, 1, 1]


def test_a_request_that_the_org_refuses_as_a_whole_is_narrowed_down_to_its_cause(begin: Begin) -> None:
    rig = begin()

    def before(rows: Any) -> None:
        if any(getattr(row, "fields", {}).get("Title") == "poison" for row in rows):
            raise RequestRefused("one of the rows is not understood")

    rig.org.before = before
    rig.send(*[command(f"p{n}@example.com", Title="poison" if n == 3 else "fine") for n in range(6)])
    outcomes = {outcome.person.email: outcome for outcome in rig.settle(6, 8.0)}

    assert rig.kinds([outcomes.pop("p3@example.com")]) == ["error.salesforce_refused"]
    assert {outcome.kind for outcome in outcomes.values()} == {"created"}


def test_a_question_that_the_org_refuses_is_narrowed_down_to_its_cause(begin: Begin) -> None:
    rig = begin()
    rig.org.refuse_questions = lambda asked: "p3@example.com" in str(asked)
    rig.send(*[command(f"p{n}@example.com") for n in range(6)])
    outcomes = {outcome.person.email: outcome for outcome in rig.settle(6, 8.0)}

    assert rig.kinds([outcomes.pop("p3@example.com")]) == ["error.salesforce_refused"]
    assert {outcome.kind for outcome in outcomes.values()} == {"created"}


def test_every_record_that_is_created_carries_its_effect_key(begin: Begin) -> None:
    rig = begin(FULL)
    rig.send(person("full"))
    rig.settle(1)

    keys = [row[KEY] for name in ("Account", "Contact", "Opportunity") for row in rig.org.of(name)]
    assert len(set(keys)) == 3
