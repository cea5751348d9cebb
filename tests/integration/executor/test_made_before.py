"""Creates that were made before: by a copy that was lost, by an earlier attempt, by release 0.1.0."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from schemas.command import Command
from schemas.identity import command_id, create_key, effect_key
from tests.fakes.org import KEY, Fault
from tests.fakes.scheduler import Rig, command, integration
from tests.integration.executor.conftest import Begin

LONG_AGO = "2020-01-01T00:00:00.000+0000"


def creates(rows: Sequence[Any]) -> bool:
    """Whether a call creates records."""
    return any(getattr(row, "operation", "") == "create" for row in rows)


def key_of(sent: Command, role: str = "lead") -> str:
    """Return the key of the record that a command creates."""
    return create_key(sent.integration, sent.contract, sent.event_id, role)


def again(sent: Command, attempt: int = 1, **fields: Any) -> Command:
    """Return the next attempt of the same event."""
    return replace(
        sent,
        command_id=command_id(sent.contract, sent.event_id, sent.integration, attempt=attempt),
        attempt=attempt,
        **fields,
    )


def lead(rig: Rig) -> dict[str, Any]:
    """Return the only lead of the org."""
    (found,) = [row for row in rig.org.of("Lead") if not row["IsDeleted"]]
    return found


def test_a_copy_that_landed_and_was_sent_again_is_created_once(begin: Begin) -> None:
    rig = begin()
    rig.org.faults.append(Fault("late", creates))
    sent = command("ann@example.com", Title="Boss")
    rig.org.before = lambda _rows: rig.org.land()
    rig.send(sent)
    (outcome,) = rig.settle(1)
    assert (outcome.kind, outcome.reason) == ("created", "none")
    assert lead(rig)[KEY] == key_of(sent)


def test_what_an_earlier_attempt_made_is_matched_and_written_by_the_policies(begin: Begin) -> None:
    """The key is taken by a record that was made before this attempt: it is an own candidate, not written blindly."""
    rig = begin(integration(write={"default": "fill_blank"}))
    sent = command("ann@example.com", Title="Boss")
    rig.org.add(
        "Lead",
        LastName="Lee",
        Company="Acme",
        Email="other@example.com",
        **{KEY: key_of(sent)},
        CreatedDate=LONG_AGO,
    )
    rig.send(again(sent))
    (outcome,) = rig.settle(1)
    assert (outcome.kind, outcome.match_step) == ("updated", "own")
    assert (lead(rig)["LastName"], lead(rig)["Email"], lead(rig)["Title"]) == ("Lee", "other@example.com", "Boss")


def test_a_companion_that_was_made_before_is_used_and_not_made_again(begin: Begin) -> None:
    """Nothing finds the account any more, since a person renamed it; its key says that it is the event's own."""
    full = integration("full", action="update_or_create_contact", account={"enabled": True})
    rig = begin(full)
    sent = command("ann@example.com", integration="full", account={"Name": "Acme"})
    made = rig.org.add(
        "Account", Name="Renamed", **{KEY: key_of(sent, "account")}, CreatedDate="2020-01-01T00:00:00.000+0000"
    )
    rig.send(again(sent))
    (outcome,) = rig.settle(1)
    assert outcome.kind == "created"
    assert [row["Id"] for row in rig.org.of("Account")] == [made]
    assert rig.org.of("Contact")[0]["AccountId"] == made


def test_a_record_of_release_0_1_0_is_found_by_its_old_key(begin: Begin) -> None:
    rig = begin()
    sent = command("ann@example.com", Title="Boss", source_id="call-7")
    old = effect_key("upsert", "call-7", "lead")
    rig.org.add("Lead", LastName="Doe", Company="Acme", Email="corrected@example.com", **{KEY: old})
    rig.send(sent)
    (outcome,) = rig.settle(1)
    assert (outcome.kind, outcome.match_step) == ("updated", "own")
    assert lead(rig)[KEY] == old


def test_somebody_else_of_a_call_of_release_0_1_0_is_made_beside_its_record(begin: Begin) -> None:
    rig = begin()
    old = effect_key("upsert", "call-7", "lead")
    rig.org.add("Lead", LastName="Ray", FirstName="Bob", Company="Acme", Email="bob@example.com", **{KEY: old})
    rig.send(command("ann@example.com", source_id="call-7"))
    (outcome,) = rig.settle(1)
    assert outcome.kind == "created"
    assert sorted(row["LastName"] for row in rig.org.of("Lead")) == ["Doe", "Ray"]


def test_a_lost_create_that_somebody_deleted_since_was_created(begin: Begin) -> None:
    """To make it again would undo what a person did."""
    rig = begin()
    rig.org.faults.append(Fault("lost_after", creates))
    deleted: list[str] = []

    def delete(place: str) -> None:
        if place == "in_doubt":
            for row in rig.org.of("Lead"):
                row["IsDeleted"] = True
                deleted.append(row["Id"])

    rig.on_place = delete
    rig.send(command("ann@example.com"))
    (outcome,) = rig.settle(1)
    assert outcome.kind == "created"
    assert [record.id for record in outcome.records] == deleted
    assert len(rig.org.of("Lead")) == 1


def test_a_lost_create_that_was_merged_since_is_its_winner(begin: Begin) -> None:
    rig = begin()
    winner = rig.org.add("Lead", LastName="Winner", Company="Acme", Email="winner@example.com")
    rig.org.faults.append(Fault("lost_after", creates))

    def merge(place: str) -> None:
        if place == "in_doubt":
            for row in rig.org.of("Lead"):
                if row["Id"] != winner:
                    row.update(IsDeleted=True, MasterRecordId=winner)

    rig.on_place = merge
    rig.send(command("ann@example.com"))
    (outcome,) = rig.settle(1)
    assert [record.id for record in outcome.records] == [winner]


def test_a_crash_after_a_create_makes_it_once_and_keeps_it_as_own(begin: Begin) -> None:
    rig = begin()

    class Killed(BaseException):
        """The process ends here."""

    def die(at: str) -> None:
        if at == "after_write":
            raise Killed

    rig.on_place = die
    sent = command("ann@example.com", source_id="call-7")
    rig.send(sent)
    with pytest.raises(Killed):
        rig.wait(lambda: False, what="the crash")
    rig.on_place = lambda _place: None
    rig.restart()
    assert rig.kinds(rig.settle(1)) == ["created"]
    lead(rig)["Email"] = "corrected@example.com"
    rig.send(command("ann@example.com", source_id="call-7", Title="Boss"))
    assert rig.settle(2)[-1].match_step == "own"
    assert lead(rig)["Title"] == "Boss"
