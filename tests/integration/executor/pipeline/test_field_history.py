"""The event-time guard on a real ledger: older events, people's edits, replays, lost answers (beyond 7)."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import simulator
from processors.integration.model import Integration
from processors.model.field_history import Fields, LastWrite, confirmed, fields_from_json, last_write_of
from processors.model.requests import Write
from processors.sources.load import preset
from processors.sources.settings import integration_of
from schemas.command import Command
from schemas.prospect import Prospect
from schemas.values import Person
from tests.fakes.org import Fault
from tests.fakes.scheduler import NOW, Rig, command, integration
from tests.fakes.simulated import START, SimulatedRig
from tests.integration.executor.conftest import Begin

Opened = Callable[..., SimulatedRig]


def marketing(policy: str) -> Integration:
    """Return an integration of prospects that maps a status, with a policy for values that are there."""
    base = preset("lead_liaison")
    maps = {**base["map"], "lead": {**base["map"]["lead"], "Status": "fields.stage"}}
    told = {"name": "marketing", "org": "main", "enabled": True, "workspace": "acme", "schedule": {}}
    return integration_of({**base, **told, "map": maps, "write": {"default": policy}})


def prospect(second: int, status: str) -> Prospect:
    """Return a prospect's state as of that second."""
    who = Person("Ann", "Lee", "ann@example.com", (), "Acme")
    at = START + timedelta(seconds=second)
    return Prospect(f"t={second}", "p-1", "acme", at, who, fields={"stage": status})


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    rigs: list[SimulatedRig] = []
    with simulator.serve() as running:

        def make(*integrations: Integration) -> SimulatedRig:
            rigs.append(SimulatedRig(tmp_path, running, integrations))
            return rigs[-1]

        yield make
        for rig in rigs:
            rig.executor.stop()
            rig.executor.close()


def by_hand(rig: SimulatedRig, lead: str, **fields: Any) -> None:
    """Change a lead as someone in Salesforce does."""
    change = Write("update", "Lead", lead, fields=fields)
    (written,) = rig.salesforce().write([change], send_by=datetime.now(UTC) + timedelta(minutes=1))
    assert written.success


def kept(rig: Rig, record_id: str) -> Fields:
    """Return what the ledger keeps of a record's fields."""
    found = rig.executor.deps.ledger.field_history(rig.executor.lease, [record_id])
    return fields_from_json(found[record_id]) if record_id in found else {}


def clock(rig: Rig, record_id: str, name: str = "Title") -> LastWrite:
    """Return what is kept of one field that we wrote."""
    found = last_write_of(kept(rig, record_id), name)
    assert found is not None, f"{name} of {record_id} was never written"
    return found


def at(second: float, event: str, title: str | None = None, **more: Any) -> Command:
    """Return the command of an event of that second that says what Ann's title is."""
    fields = {} if title is None else {"Title": title}
    asked = command("ann@example.com", event_id=event, **fields, **more)
    return replace(asked, event_time=NOW + timedelta(seconds=second))


def test_beyond_7_an_older_status_is_stale_and_a_persons_stays(opened: Opened) -> None:
    rig = opened(marketing("respect_human"))
    lead = rig.seed("Lead", LastName="Lee", Company="Acme", Email="ann@example.com", Status=None)
    for number, item in enumerate((prospect(2, "Working"), prospect(1, "Open")), start=1):
        rig.deliver(item)
        rig.settle(number)
    assert rig.rows("Lead")[0]["Status"] == "Working"
    stale = rig.outcomes()[1]
    assert (f"{stale.kind}.{stale.reason}", stale.stale_fields) == ("skipped.stale", ("Lead.Status",))
    assert "EG-5" in stale.rule_ids

    by_hand(rig, lead, Status="Nurturing")
    rig.deliver(prospect(3, "Qualified"))
    last = rig.settle(3)[2]
    assert rig.rows("Lead")[0]["Status"] == "Nurturing"
    assert (f"{last.kind}.{last.reason}", last.stale_fields) == ("skipped.stale", ("Lead.Status",))
    assert "EG-7" in last.rule_ids


def test_eg_2_overwrite_takes_a_persons_value_away_by_a_newer_event(opened: Opened) -> None:
    rig = opened(marketing("overwrite"))
    lead = rig.seed("Lead", LastName="Lee", Company="Acme", Email="ann@example.com", Status=None)
    rig.deliver(prospect(1, "Open"))
    rig.settle(1)
    by_hand(rig, lead, Status="Nurturing")
    rig.deliver(prospect(2, "Working"))
    rig.settle(2)
    assert rig.rows("Lead")[0]["Status"] == "Working"
    written = clock(rig, lead, "Status")
    assert (written.value, written.before, written.source) == ("Working", "Nurturing", "map.lead.Status: fields.stage")
    assert (written.event, written.integration, written.contract) == ("t=2", "marketing", "prospect")
    assert written.command == rig.outcomes()[1].outcome_id
    assert "1F-overwrite" in written.rules


def test_eg_5_inside_one_batch_the_newer_event_counts_whatever_the_order(begin: Begin) -> None:
    rig = begin()
    lead = rig.org.add("Lead", LastName="Doe", Company="Acme", Email="ann@example.com")
    rig.send(at(2, "two", "newer"), at(1, "one", "older"), at(0, "zero", "oldest", Phone="1"))
    kinds = dict(zip((outcome.event_ids[0] for outcome in rig.settle(3)), rig.kinds(rig.outcomes()), strict=True))
    assert kinds == {"two": "updated", "one": "skipped.stale", "zero": "updated"}
    (row,) = rig.org.of("Lead")
    assert (row["Title"], row["Phone"]) == ("newer", "1")
    assert (clock(rig, lead).event, clock(rig, lead, "Phone").event) == ("two", "zero")
    assert next(outcome for outcome in rig.outcomes() if outcome.event_ids == ("zero",)).stale_fields == ("Lead.Title",)


def test_eg_5_a_replay_of_an_old_event_changes_nothing(begin: Begin) -> None:
    rig = begin()
    rig.org.add("Lead", LastName="Doe", Company="Acme", Email="ann@example.com")
    old, new = at(1, "one", "older"), at(2, "two", "newer")
    for number, item in enumerate((old, new), start=1):
        rig.send(item)
        rig.settle(number)
    rig.send(replace(old, command_id="again", attempt=1))
    assert rig.kinds(rig.settle(3))[2] == "skipped.stale"
    assert rig.org.of("Lead")[0]["Title"] == "newer"


def test_eg_4_a_replay_of_the_newest_event_is_not_stale_against_itself(begin: Begin) -> None:
    rig = begin()
    lead = rig.org.add("Lead", LastName="Doe", Company="Acme", Email="ann@example.com")
    new = at(2, "two", "newer")
    rig.send(new)
    rig.settle(1)
    rig.org.records[lead]["Title"] = "by hand"
    rig.send(replace(new, command_id="again", attempt=1))
    assert rig.kinds(rig.settle(2))[1] == "updated"
    assert rig.org.of("Lead")[0]["Title"] == "newer"


@pytest.mark.parametrize("fault", ["lost_after", "late"])
def test_eg_5_a_write_whose_answer_is_lost_has_its_clock_when_it_is_seen(begin: Begin, fault: str) -> None:
    rig = begin()
    lead = rig.org.add("Lead", LastName="Doe", Company="Acme", Email="ann@example.com")
    rig.org.faults.append(Fault(fault))
    rig.send(at(2, "two", "newer"))
    if fault == "late":
        rig.wait(lambda: bool(rig.org.late))
        rig.org.land()
    rig.settle(1)
    rig.hour_later()
    assert clock(rig, lead).event == "two"
    rig.send(at(1, "one", "older"))
    assert rig.kinds(rig.settle(2))[1] == "skipped.stale"


def test_eg_5_a_crash_after_the_write_keeps_the_clock_and_the_event_is_not_stale(begin: Begin) -> None:
    rig = begin()
    lead = rig.org.add("Lead", LastName="Doe", Company="Acme", Email="ann@example.com")

    class Killed(BaseException):
        """The process ends here."""

    def die(place: str) -> None:
        if place == "after_write":
            raise Killed

    rig.on_place = die
    rig.send(at(2, "two", "newer"))
    with pytest.raises(Killed):
        rig.wait(lambda: False, what="the crash")
    assert kept(rig, lead) == {}
    rig.on_place = lambda _place: None
    rig.restart()
    (outcome,) = rig.settle(1)
    assert (outcome.kind, outcome.stale_fields) == ("updated", ())
    assert clock(rig, lead).event == "two"


def test_eg_1_what_salesforce_refused_has_no_clock(begin: Begin) -> None:
    rig = begin()
    lead = rig.org.add("Lead", LastName="Doe", Company="Acme", Email="ann@example.com")
    rig.org.refuse = lambda _write: "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    rig.send(at(2, "two", "newer"))
    assert rig.kinds(rig.settle(1)) == ["error.salesforce_refused"]
    assert kept(rig, lead) == {}
    rig.org.refuse = lambda _write: None
    rig.send(at(1, "one", "older"))
    assert rig.kinds(rig.settle(2))[1] == "updated"


def test_eg_5_a_created_record_has_clocks(begin: Begin) -> None:
    rig = begin()
    rig.send(at(2, "two", "newer"))
    rig.settle(1)
    rig.send(at(1, "one", "older"))
    assert rig.kinds(rig.settle(2)) == ["created", "skipped.stale"]


def test_eg_5_a_contact_keeps_the_clocks_of_the_lead_that_it_was(begin: Begin) -> None:
    rig = begin(integration(), integration("convert", action="update_and_convert_lead_or_create_contact"))
    rig.org.add("Lead", LastName="Doe", Company="Acme", Email="ann@example.com")
    rig.send(at(2, "two", "newer"))
    rig.settle(1)
    rig.send(at(3, "three", None, integration="convert"))
    rig.settle(2)
    (contact,) = rig.org.of("Contact")
    rig.send(at(1, "one", "older"))
    assert rig.kinds(rig.settle(3)) == ["updated", "converted", "skipped.stale"]
    assert rig.outcomes()[2].stale_fields == ("Contact.Title",)
    assert clock(rig, contact["Id"]).event == "two"


def test_eg_5_an_event_that_found_its_value_there_is_not_undone_by_an_older_one(begin: Begin) -> None:
    rig = begin()
    lead = rig.org.add("Lead", LastName="Doe", Company="Acme", Email="ann@example.com")
    for number, item in enumerate((at(1, "one", "A"), at(3, "three", "A"), at(2, "two", "B")), start=1):
        rig.send(item)
        rig.settle(number)
    assert rig.kinds(rig.outcomes()) == ["updated", "updated.unchanged", "skipped.stale"]
    assert clock(rig, lead).event == "one"
    found = confirmed(kept(rig, lead), "Title")
    assert found is not None
    assert found["event"] == "three"


def test_eg_2_an_event_far_ahead_of_our_time_counts_as_now(begin: Begin) -> None:
    rig = begin()
    counted: list[str] = []
    rig.executor.deps.metrics.count = lambda name, *_, **__: counted.append(name)  # type: ignore[method-assign]  # to see what is counted
    rig.org.add("Lead", LastName="Doe", Company="Acme", Email="ann@example.com")
    now = datetime.now(UTC)
    rig.send(replace(at(0, "ahead", "ahead"), event_time=now + timedelta(hours=2)))
    rig.settle(1)
    assert counted.count("events_ahead_total") == 1
    rig.send(replace(at(0, "later", "later"), event_time=now + timedelta(seconds=60)))
    assert rig.kinds(rig.settle(2)) == ["updated", "updated"]
    assert counted.count("events_ahead_total") == 1
    assert rig.org.of("Lead")[0]["Title"] == "later"
