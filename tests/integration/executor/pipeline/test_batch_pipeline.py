"""Commands of one batch, of one person and of one account: few calls, order kept, nobody made twice."""

import threading
from typing import Any

import pytest

from processors.executor.session.runner import OrgExecutor
from schemas.command import Command
from tests.fakes.org import Fault
from tests.fakes.scheduler import Rig, command, integration
from tests.integration.executor.conftest import Begin

CONTACTS = integration("full", action="update_and_convert_lead_or_create_contact", account={"enabled": True})
BY_PHONE = integration(
    "phone", match={"key_sets": [[{"from": "person.phones", "kind": "phone", "lead": "Phone", "contact": "Phone"}]]}
)


def contact(email: str, account: str = "Acme") -> Command:
    """Return a command that makes a contact of an account."""
    return command(email, integration="full", account={"Name": account})


def titles(rig: Rig, record: str) -> list[Any]:
    """Return the titles that were written to a record, in order."""
    return [effect.fields["Title"] for effect in rig.org.effects if effect.id == record and "Title" in effect.fields]


def test_fifty_events_of_one_person_take_few_calls_and_end_in_order(begin: Begin) -> None:
    rig = begin()
    lead = rig.org.add("Lead", LastName="Doe", Company="Acme", Email="ann@example.com")
    rig.send(*[command("ann@example.com", Title=f"title {n}") for n in range(50)])
    outcomes = rig.settle(50)

    assert {outcome.kind for outcome in outcomes} == {"updated"}
    assert rig.org.records[lead]["Title"] == "title 49"
    assert [outcome.records[0].fields["Title"] for outcome in outcomes] == [f"title {n}" for n in range(50)]
    assert rig.org.calls <= 4


def test_fifty_events_of_one_new_person_make_one_lead(begin: Begin) -> None:
    rig = begin()
    rig.send(*[command("ann@example.com", Title=f"title {n}") for n in range(50)])
    outcomes = rig.settle(50)

    assert rig.kinds(outcomes) == ["created"] + ["updated"] * 49
    assert rig.org.created("Lead") == 1
    assert rig.org.of("Lead")[0]["Title"] == "title 49"
    assert rig.org.calls <= 6


def test_the_same_values_twice_are_unchanged_only_once_the_first_are_written(begin: Begin) -> None:
    rig = begin()
    lead = rig.org.add("Lead", LastName="Doe", Company="Acme", Email="ann@example.com")
    # The first is refused for another field's sake: the second must still write the title.
    rig.org.refuse = lambda write: "FIELD_CUSTOM_VALIDATION" if write.fields.get("Description") == "bad" else None
    rig.send(
        command("ann@example.com", Title="Boss", Description="bad"),
        command("ann@example.com", Title="Boss"),
        command("ann@example.com", Title="Boss"),
    )
    outcomes = rig.settle(3)

    assert rig.kinds(outcomes) == ["error.salesforce_refused", "updated", "updated.unchanged"]
    assert titles(rig, lead) == ["Boss"]


@pytest.mark.parametrize("together", [True, False])
def test_d9_two_new_people_of_one_new_account_make_one_account(begin: Begin, together: bool) -> None:
    rig = begin(CONTACTS)
    slow = Fault("slow", lambda rows: getattr(rows[0], "object", "") == "Account")
    if together:
        rig.send(contact("ann@example.com"), contact("bob@example.com"))
    else:
        rig.org.faults.append(slow)
        rig.send(contact("ann@example.com"))
        rig.wait(lambda: "after_intents" in rig.places)
        rig.send(contact("bob@example.com"), contact("eve@example.com", "Other"))
        assert [outcome.person.email for outcome in rig.settle(1)] == ["eve@example.com"]
        slow.event.set()
    rig.settle(2 if together else 3)

    assert len([row for row in rig.org.of("Account") if row["Name"] == "Acme"]) == 1
    assert len({row["AccountId"] for row in rig.org.of("Contact") if row["Email"] != "eve@example.com"}) == 1
    assert len(rig.org.of("Contact")) == (2 if together else 3)


def test_d10_two_groups_that_discover_each_others_records_keep_their_order(begin: Begin) -> None:
    rig = begin(integration(), BY_PHONE)
    lead = rig.org.add("Lead", LastName="Doe", Company="Acme", Email="ann@example.com", Phone="+12025550123")
    both = threading.Barrier(2, timeout=3)

    def probe(place: str) -> None:
        if place == "after_claim" and rig.places.count("after_claim") <= 2:
            both.wait()

    rig.on_place = probe
    rig.send(command("ann@example.com", Title="first"))
    rig.wait(lambda: "after_claim" in rig.places)
    rig.send(command(phone="+12025550123", integration="phone", Title="second"))
    outcomes = rig.settle(2)

    # Once they know of each other they may share one write: its value is then the later one's.
    assert titles(rig, lead) in (["first", "second"], ["second"])
    assert [outcome.records[0].fields["Title"] for outcome in outcomes] == ["first", "second"]


def test_d10_a_later_command_leaves_a_record_to_an_earlier_one_that_names_it_by_id(begin: Begin) -> None:
    rig = begin()
    lead = rig.org.add("Lead", LastName="Doe", Company="Acme", Email="ann@example.com", Title="none")
    slow = rig.org.add("Lead", LastName="Doe", Company="Acme", Email="bob@example.com", Title="none")
    hold = Fault("slow", lambda rows: rows[0].record_id == slow)  # type: ignore[union-attr]  # -- writes only
    rig.org.faults.append(hold)
    rig.send(command("bob@example.com", Title="held"))
    rig.wait(lambda: "after_intents" in rig.places)
    rig.send(command("bob@example.com", salesforce_id=lead, Title="older"))
    rig.send(command("ann@example.com", Title="newer"), command("eve@example.com"))
    assert [outcome.person.email for outcome in rig.settle(1)] == ["eve@example.com"]
    hold.event.set()
    outcomes = rig.settle(4)

    assert rig.org.records[lead]["Title"] == "newer"
    assert [outcome.records[0].fields.get("Title") for outcome in outcomes][-2:] == ["older", "newer"]


def test_d11_a_command_that_waited_for_another_matches_again(begin: Begin) -> None:
    rig = begin(CONTACTS)
    rig.org.add("Lead", LastName="Doe", Company="Acme", Email="ann@example.com")
    slow = Fault("slow", lambda rows: hasattr(rows[0], "lead_id"))
    rig.org.faults.append(slow)
    rig.send(contact("ann@example.com"))
    rig.wait(lambda: len(rig.org.effects) + rig.places.count("after_intents") >= 2)
    rig.send(command("ann@example.com", integration="full", account={"Name": "Acme"}, Title="Boss"))
    rig.wait(lambda: rig.executor.scheduler.counts(rig.clock())["due"] == 1)
    slow.event.set()
    outcomes = rig.settle(2)

    assert [outcome.kind for outcome in outcomes] == ["converted", "updated"]
    assert rig.org.of("Contact")[0]["Title"] == "Boss"
    assert sum(effect.operation == "convert" for effect in rig.org.effects) == 1


def test_d12_a_sleeper_sends_nothing_after_its_send_by_and_settles_nothing(begin: Begin) -> None:
    rig = begin(send_within=0.2, request_limit=0.2)
    lead = rig.org.add("Lead", LastName="Doe", Company="Acme", Email="ann@example.com", Title="none")
    asleep, wake = threading.Event(), threading.Event()

    def sleep(place: str) -> None:
        if place == "after_intents" and not asleep.is_set():
            asleep.set()
            wake.wait(10)

    rig.on_place = sleep
    rig.send(command("ann@example.com", Title="older"))
    rig.wait(asleep.is_set)
    old: OrgExecutor = rig.executor
    rig.begin()
    rig.settle(1)
    rig.hour_later()
    rig.send(command("ann@example.com", Title="newer"))
    rig.settle(2)
    wake.set()
    rig.wait(lambda: old.failure is not None, what="the sleeper's end")

    assert titles(rig, lead) == ["older", "newer"]
    assert len(rig.outcomes()) == 2


def test_d21_an_event_id_with_other_content_is_one_error_beside_the_first_outcome(begin: Begin) -> None:
    from processors.executor.session.inbox import _reused
    from processors.model.ledger import Arrival
    from tests.fakes.scheduler import CODEC

    rig = begin()
    first = command("ann@example.com", event_id="e1", digest="one")
    other = command("bob@example.com", event_id="e1", digest="two")
    rig.send(first)
    rig.settle(1)
    arrival = Arrival(other, CODEC.encode("command", other.to_avro()))
    for _ in range(2):
        stored, reused = rig.executor.deps.ledger.insert(rig.executor.lease, [arrival])
        assert (list(stored), list(reused)) == ([], [arrival])
        rig.send(_reused(arrival, CODEC).command)
    same_again = command("ann@example.com", event_id="e1", digest="one")
    rig.send(same_again, command("eve@example.com"))
    outcomes = rig.settle(3)

    assert rig.kinds(outcomes) == ["created", "error.id_reused", "created"]
    assert outcomes[1].reused_event_id == "e1"
    assert outcomes[1].event_ids == ()
    assert rig.org.created("Lead") == 2


def test_a_merged_write_that_is_refused_is_sent_again_one_by_one_in_order(begin: Begin) -> None:
    rig = begin()
    lead = rig.org.add("Lead", LastName="Doe", Company="Acme", Email="ann@example.com")
    rig.org.refuse = lambda write: "STRING_TOO_LONG" if write.fields.get("Description") == "too long" else None
    rig.send(
        command("ann@example.com", Title="one"),
        command("ann@example.com", Title="two", Description="too long"),
        command("ann@example.com", Title="three"),
    )
    outcomes = rig.settle(3)

    assert rig.kinds(outcomes) == ["updated", "error.salesforce_refused", "updated"]
    assert [outcome.person.email for outcome in outcomes] == ["ann@example.com"] * 3
    assert titles(rig, lead) == ["one", "three"]


def test_a_locked_row_holds_back_its_person_and_nobody_else(begin: Begin) -> None:
    rig = begin()
    lead = rig.org.add("Lead", LastName="Doe", Company="Acme", Email="ann@example.com")
    rig.org.locked.add(lead)
    rig.send(command("ann@example.com", Title="one"), command("bob@example.com"))
    assert [outcome.person.email for outcome in rig.settle(1)] == ["bob@example.com"]
    rig.send(command("ann@example.com", Title="two"), command("eve@example.com"))
    assert [outcome.person.email for outcome in rig.settle(2)] == ["bob@example.com", "eve@example.com"]
    rig.restart()
    rig.org.locked.clear()
    rig.settle(4)

    assert titles(rig, lead)[-1] == "two"
    assert titles(rig, lead) in (["one", "two"], ["two"])


def test_nobody_creates_beside_a_plan_that_is_half_done(begin: Begin) -> None:
    rig = begin(CONTACTS)
    locked = [True]
    rig.org.lock = lambda write: locked[0] and write.object == "Contact"
    rig.send(contact("ann@example.com"))
    rig.wait(lambda: rig.places.count("after_write") >= 2)
    rig.send(contact("ann@example.com"), contact("ann@example.com"))
    rig.wait(lambda: rig.places.count("after_write") >= 5)
    locked[0] = False
    outcomes = rig.settle(3)

    assert [outcome.kind for outcome in outcomes] == ["created", "updated", "updated"]
    assert rig.org.created("Contact") == rig.org.created("Account") == 1


def test_an_org_that_is_down_pauses_and_goes_on(begin: Begin) -> None:
    rig = begin()
    rig.org.is_down = True
    rig.send(command("ann@example.com"), command("bob@example.com"))
    rig.wait(lambda: rig.executor.scheduler.pause.in_a_row >= 3)
    assert rig.outcomes() == []
    assert rig.executor.failure is None
    rig.org.is_down = False

    assert rig.kinds(rig.settle(2)) == ["created", "created"]
    rig.wait(lambda: rig.executor.scheduler.pause.in_a_row == 0)


def test_an_org_that_goes_down_while_a_call_is_under_way_loses_nothing(begin: Begin) -> None:
    rig = begin(CONTACTS)
    rig.org.faults.append(Fault("down", lambda rows: getattr(rows[0], "object", "") == "Contact"))
    rig.send(contact("ann@example.com"))

    assert rig.kinds(rig.settle(1)) == ["created"]
    assert [len(rig.org.of(text)) for text in ("Account", "Contact")] == [1, 1]
    rig.restart()
    rig.send(contact("bob@example.com"))
    assert rig.kinds(rig.settle(2)) == ["created", "created"]


def test_many_more_than_one_call_takes_all_settle(begin: Begin) -> None:
    rig = begin(max_rows=7)
    rig.send(*[command(f"p{n % 40}@example.com", Title=f"{n}") for n in range(120)])
    rig.settle(120)

    assert sorted(row["Title"] for row in rig.org.of("Lead")) == sorted(str(n) for n in range(80, 120))
    assert rig.org.created("Lead") == 40
    rig.wait(lambda: rig.executor.scheduler.counts(rig.clock())["claims"] == 0)
