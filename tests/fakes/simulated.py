"""
An org's executor on a real SQLite ledger and the simulated org over HTTP: activities, numbers and users included.

Rule of this file: commands are made by the intake's own code from events, so that a test speaks of events alone.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import simulator
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.settings import SalesforceSettings
from processors.intake.map import command
from processors.intake.route import route
from processors.integration.catalog import Integrations
from processors.integration.model import Integration
from processors.model.ports import Salesforce
from processors.sources.settings import integration_of
from processors.sources.source import Event
from schemas.booking import Booking, BookingStatus
from schemas.command import BookingChange, Command, MatchKey, Request
from schemas.identity import command_id, digest
from schemas.pbx_call_event import Party, PbxCallEvent
from schemas.user_action import UserAction
from schemas.values import Agent, Person
from simulator.client import Control
from tests.fakes.scheduler import Rig

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
AGENT = "agent@example.com"


class SimulatedRig(Rig):
    """One org's executor on a running simulator."""

    def __init__(
        self, folder: Path, running: simulator.Running, integrations: Iterable[Integration], **options: Any
    ) -> None:
        self.running = running
        super().__init__(folder, integrations, **options)

    def salesforce(self) -> Salesforce:
        """Return a client of the simulated org."""
        settings = {"login_url": self.running.url, "client_id": "signalbox", "client_secret": "simulated-secret"}
        return SalesforceClient("main", SalesforceSettings.model_validate(settings))

    def rows(self, name: str) -> list[Mapping[str, Any]]:
        """Return the records of an object that are not deleted."""
        return list(self.running.org().store.rows(name))

    def control(self) -> Control:
        """Return what sets faults and locks of the org."""
        return Control(self.running.control_url)

    def deliver(self, *events: Event) -> None:
        """Send events as the intake would: routed and mapped by the settings of the rig's integrations."""
        known = Integrations.of(decider.integration for decider in self.deciders.values())
        self.send(*(command(event, route(event, known), datetime.now(UTC)) for event in events))

    def seed(self, name: str, **fields: Any) -> str:
        """Put a record in as a person would; return its ID."""
        return self.control().seed(name, [fields])[0]


def calls(**more: Any) -> Integration:
    """Return an integration that logs the calls of one network."""
    return integration_of(
        {
            "name": "pbx",
            "source": "pbx_call",
            "org": "main",
            "enabled": True,
            "network": "acme",
            "calls": {"region": "US"},
            "activity": {"enabled": True, "object": "Task"},
            **more,
        }
    )


def step(call: str, name: str, at: float, **more: Any) -> PbxCallEvent:
    """Return one step of an inbound call of +1 415 555 2671, *at* seconds after `START`."""
    told: dict[str, Any] = {
        "direction": "inbound",
        "caller": Party("external", "+1 415-555-2671", name="Ann"),
        "callee": Party("internal", extension="201", name="Agent"),
        "user": Agent(AGENT, "Agent"),
        **more,
    }
    return PbxCallEvent(f"{call}-{name}-{at}", call, "acme", name, START + timedelta(seconds=at), **told)  # type: ignore[arg-type]  # a test's own name


def answered(call: str, *, talk: float = 60, **more: Any) -> list[PbxCallEvent]:
    """Return the steps of a call that was answered after four seconds."""
    return [
        step(call, "started", 0, **more),
        step(call, "ringing", 1, **more),
        step(call, "answered", 4, **more),
        step(call, "ended", 4 + talk, cause="normal", **more),
    ]


def step_command(event: PbxCallEvent, integration: str = "pbx") -> Command:
    """Return the command of one step, as the intake makes it."""
    return Command(
        command_id=command_id("pbx_call_event", event.event_id, integration),
        kind="step",
        contract="pbx_call_event",
        event_id=event.event_id,
        event_digest=digest(event.to_avro()),
        source_id=event.source_id,
        integration=integration,
        org="main",
        lane="live",
        event_time=event.event_time,
        command_time=datetime.now(UTC),
        settings_digest="s",
        person=event.person,
        agent=event.agent,
        step=event.call_step,
    )


def meetings(**more: Any) -> Integration:
    """Return an integration that registers invitees as leads and logs an Event for each booking."""
    return integration_of(
        {
            "name": "meetings",
            "source": "booking",
            "org": "main",
            "enabled": True,
            "workspace": "acme",
            "activity": {"enabled": True, "object": "Event"},
            **more,
        }
    )


def booking(source_id: str, status: BookingStatus, changed: float, *, starts: float = 0, **more: Any) -> Booking:
    """Return Ann's booking as it was *changed* seconds after `START`; it *starts* so many hours after that day."""
    begin = START + timedelta(days=7, hours=starts)
    told: dict[str, Any] = {
        "person": person(first_name="Ann", company="Acme"),
        "agent": Agent(AGENT, "Agent"),
        "end": begin + timedelta(minutes=30),
        **more,
    }
    return Booking(
        f"{source_id}-{status}-{changed}",
        source_id,
        "acme",
        status,
        START + timedelta(seconds=changed),
        start=begin,
        **told,
    )


def booking_command(event: Booking, integration: str = "meetings") -> Command:
    """Return the command of one change of a booking, as the intake makes it."""
    who = event.person
    mapped = {"FirstName": who.first_name, "LastName": who.last_name, "Email": who.email}
    return Command(
        command_id=command_id("booking", event.event_id, integration),
        kind="apply",
        contract="booking",
        event_id=event.event_id,
        event_digest=digest(event.to_avro()),
        source_id=event.source_id,
        integration=integration,
        org="main",
        lane="live",
        event_time=event.event_time,
        command_time=datetime.now(UTC),
        settings_digest="s",
        person=who,
        agent=event.agent,
        keys=(MatchKey(1, "email", who.email, lead="Email", contact="Email"),) if who.email else (),
        lead={**mapped, "Company": who.company},
        contact=mapped,
        activity={"Subject": event.title or "Demo"},
        booking=BookingChange(event.status, event.previous_booking),
        started=event.start,
        ended=event.end,
    )


def by_hand(event: UserAction) -> Command:
    """Return the command of a user's action, as the intake makes it."""
    person = event.person
    keys = [MatchKey(1, "email", person.email, lead="Email", contact="Email")] if person.email else []
    return Command(
        command_id=command_id("user_action", event.event_id, event.integration),
        kind="resolve" if event.action == "choose_match" else "apply",
        contract="user_action",
        event_id=event.event_id,
        event_digest=digest(event.to_avro()),
        source_id=event.source_id,
        integration=event.integration,
        org="main",
        lane="live",
        event_time=event.event_time,
        command_time=datetime.now(UTC),
        settings_digest="s",
        person=person,
        agent=event.agent,
        salesforce_id=event.salesforce_id,
        keys=tuple(keys),
        lead={"LastName": person.last_name or "Doe", "Company": person.company or "Acme", "Email": person.email},
        activity={"Subject": event.subject} if event.subject else {},
        request=Request(event.action, event.object, event.about, event.create_new, event.remember),
    )


def person(**more: Any) -> Person:
    """Return Ann, with whatever else a test says."""
    return Person(**{"last_name": "Ann", "email": "ann@example.com", **more})
