"""Our own writes are not echoed, field by field; and both sides writing for a thousand rounds come to rest."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import simulator
from processors.intake.map import command
from processors.intake.route import route
from processors.integration.catalog import Integrations
from processors.integration.model import Integration
from processors.model.match import Match
from processors.model.record import Record
from processors.model.requests import Write
from processors.sources.decide import decide
from processors.sources.load import preset
from processors.sources.settings import integration_of
from schemas.change import Change
from schemas.field_record import FieldRecord
from schemas.values import Person
from tests.fakes.changes import ChangesRig, named, told

Opened = Callable[..., ChangesRig]
CITY = {"Lead": {"scope": "forward_only", "fields": {"city": "City", "stage": "Status"}}}


@pytest.fixture
def opened() -> Iterator[Opened]:
    with simulator.serve() as running:
        yield lambda *integrations, **more: ChangesRig(running, *(integrations or (told(objects=CITY),)), **more)


def test_what_we_wrote_for_this_integration_is_left_out_and_what_a_person_wrote_beside_it_is_sent(
    opened: Opened,
) -> None:
    rig = opened()
    rig.poll()
    lead = rig.seed(City="Bern")
    rig.poll()
    rig.edit(lead, City="Basel")
    rig.writes.note(lead, "City", "Basel", "event-1")
    assert rig.poll() == []
    assert rig.metrics.of("changes_own_total", integration="field") == 1
    # A person's edit lies after our write of another field: the user who changed it last says nothing.
    rig.edit(lead, City="Chur", Status="Working - Contacted")
    rig.writes.note(lead, "City", "Chur", "event-2")
    (change,) = rig.poll()
    assert named(change) == {"stage": "Working - Contacted"}


def test_what_another_integration_wrote_is_news(opened: Opened) -> None:
    rig = opened(told("field", CITY), told("other", CITY))
    rig.poll()
    lead = rig.seed(City="Bern")
    rig.poll()
    rig.edit(lead, City="Basel")
    rig.writes.note(lead, "City", "Basel", "event-1", integration="other")
    assert [(change.integration, named(change)) for change in rig.poll()] == [("field", {"city": "Basel"})]


def test_a_person_who_returns_to_the_value_that_we_once_wrote_is_heard(opened: Opened) -> None:
    rig = opened()
    rig.poll()
    lead = rig.seed(City="Bern")
    rig.poll()
    rig.edit(lead, City="Basel")
    rig.writes.note(lead, "City", "Basel", "event-1")
    rig.poll()
    rig.edit(lead, City="Chur")
    assert [named(change) for change in rig.poll()] == [{"city": "Chur"}]
    rig.edit(lead, City="Basel")
    assert [named(change) for change in rig.poll()] == [{"city": "Basel"}]


def test_a_record_that_we_made_ourselves_is_told_by_what_others_wrote_to_it_alone(opened: Opened) -> None:
    rig = opened()
    rig.poll()
    lead = rig.seed(City="Bern", Status="Open - Not Contacted")
    for name, value in (("City", "Bern"), ("Status", "Open - Not Contacted")):
        rig.writes.note(lead, name, value, "event-1")
    assert rig.poll() == []
    rig.edit(lead, Status="Working - Contacted")
    (change,) = rig.poll()
    assert (change.operation, named(change)) == ("updated", {"stage": "Working - Contacted"})
    assert change.changes[0].before == "Open - Not Contacted"


class Application:
    """The other side: it takes every change as its own state, and sends its state whenever that changed."""

    def __init__(self) -> None:
        self.fields: dict[str, Any] = {"city": "Start"}
        self.events: list[FieldRecord] = []

    def edit(self, value: str) -> None:
        """Let a user of the application write."""
        self.fields["city"] = value
        number = len(self.events)
        moment = datetime.now(UTC) + timedelta(milliseconds=number)
        self.events.append(
            FieldRecord(f"e-{number}", "f-1", "field", moment, Person("Ann", "Lee"), fields=dict(self.fields))
        )

    def hear(self, change: Change) -> None:
        """Take a change; what is new in it is sent again, as a naive application does."""
        value = named(change).get("city", self.fields["city"])
        if value != self.fields["city"]:
            self.edit(value)


class Incoming:
    """The way there: the intake's mapping, the executor's decision, the write, and what is noted of it."""

    def __init__(self, rig: ChangesRig, settings: Integration, lead: str) -> None:
        self.rig, self.settings, self.lead = rig, settings, lead
        self.known, self.facts = Integrations.of([settings]), rig.client.facts()
        self.wrote = 0

    def take(self, event: FieldRecord) -> None:
        """Carry one event out."""
        row = self.rig.running.org().store.get("Lead", self.lead)
        assert row is not None
        made = command(event, route(event, self.known), datetime.now(UTC))
        match = Match(step="link", leads=(Record("Lead", self.lead, dict(row)),), linked_id=self.lead)
        decision = decide(made, match, self.settings, self.facts, datetime.now(UTC))
        assert decision.kind in ("updated", "skipped"), decision
        for step in decision.steps:
            assert (step.operation, step.object) == ("update", "Lead"), step
            send_by = datetime.now(UTC) + timedelta(seconds=10)
            (written,) = self.rig.client.write(
                [Write("update", "Lead", self.lead, fields=step.fields)], send_by=send_by
            )
            assert written.success, written
            self.wrote += 1
            for name, value in step.fields.items():
                self.rig.writes.note(self.lead, name, value, event.event_id)


@pytest.mark.parametrize("policy", ["overwrite", "fill_blank"])
def test_sp_2_a_thousand_rounds_of_both_sides_writing_come_to_rest(opened: Opened, policy: str) -> None:
    base = preset("spotio")
    settings = integration_of(
        {
            **base,
            "name": "field",
            "org": "main",
            "enabled": True,
            "workspace": "field",
            "field_sales": {"to_salesforce": True},
            "map": {"lead": {"LastName": "person.last_name", "Company": {"constant": "Acme"}, "City": "fields.city"}},
            "write": {"default": policy},
            "changes": {"enabled": True, "objects": CITY},
        }
    )
    rig = opened(settings)
    rig.poll()
    lead = rig.seed(City="Start", LastName="Lee")
    rig.poll()
    app, way, dice = Application(), Incoming(rig, settings, lead), random.Random(7)
    taken = messages = 0
    for number in range(1_000):
        if dice.random() < 0.6:
            app.edit(f"App {number}")
        if dice.random() < 0.6:
            rig.edit(lead, City=f"Person {number}")
        for step in range(6):
            changes = rig.poll() if dice.random() < 0.7 or step else []
            messages += len(changes)
            for change in changes:
                app.hear(change)
            fresh = app.events[taken:]
            for event in fresh:
                way.take(event)
            taken += len(fresh)
            if not changes and not fresh and step:
                break
        else:
            raise AssertionError(f"round {number} does not come to rest")
        there = rig.running.org().store.get("Lead", lead)
        assert there is not None
        assert policy == "fill_blank" or there["City"] == app.fields["city"], f"round {number}"
    assert 100 < messages <= 1_000, "each edit of a person comes back once at the most"
    assert way.wrote > 300 if policy == "overwrite" else way.wrote == 0
