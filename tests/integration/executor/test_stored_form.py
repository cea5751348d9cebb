"""Values that an org keeps in a form of its own: after a lost answer, under respect_human, on the way back."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import simulator
from connectors.database.linked import DatabaseLinks
from connectors.database.own_writes import DatabaseOwnWrites
from processors.integration.model import Integration
from processors.model.requests import Write
from processors.sources.load import preset
from processors.sources.settings import integration_of
from schemas.prospect import Prospect
from schemas.values import Person
from simulator.orgfile import KEY_FIELD, OrgFile
from tests.fakes.changes import ChangesRig
from tests.fakes.simulated import START, SimulatedRig, answered, calls, step_command

EXTRA: list[dict[str, Any]] = [
    {"name": "Seats__c", "type": "int"},
    {"name": "Rated__c", "type": "boolean"},
    {"name": "Value__c", "type": "currency", "scale": 0},
    {"name": "Due__c", "type": "datetime"},
]
KEYED: dict[str, list[dict[str, Any]]] = {
    name: [dict(KEY_FIELD)] for name in ("Lead", "Contact", "Account", "Opportunity")
}
ORG = OrgFile(fields={**KEYED, "Lead": [*KEYED["Lead"], *EXTRA]})
FIELDS = {"Seats__c": "seats", "Rated__c": "rated", "Value__c": "value", "Due__c": "due"}
SENT = {"seats": "12", "rated": "true", "value": "1234.567", "due": "2026-03-02T10:00:00.987+01:00"}
KEPT = {"Seats__c": 12, "Rated__c": True, "Value__c": 1235.0, "Due__c": datetime(2026, 3, 2, 9, tzinfo=UTC)}
MAIL = "Ann.Lee@Example.com"

Opened = Callable[..., SimulatedRig]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    with ExitStack() as stack:

        def make(*integrations: Integration, **more: Any) -> SimulatedRig:
            rig = SimulatedRig(tmp_path, stack.enter_context(simulator.serve([ORG])), integrations, **more)
            stack.callback(rig.executor.close)
            stack.callback(rig.executor.stop)
            return rig

        yield make


def marketing(policy: str) -> Integration:
    """Return an integration of prospects that maps fields of every kind, and is told of their changes."""
    base = preset("lead_liaison")
    lead = {**base["map"]["lead"], **{name: f"fields.{source}" for name, source in FIELDS.items()}}
    told = {"name": "marketing", "org": "main", "enabled": True, "workspace": "acme", "schedule": {}}
    wanted = {"Lead": {"scope": "forward_only", "fields": {"mail": "Email", **{field: field for field in FIELDS}}}}
    changes = {"enabled": True, "objects": wanted}
    maps = {**base["map"], "lead": lead}
    return integration_of({**base, **told, "map": maps, "write": {"default": policy}, "changes": changes})


def arrive(rig: SimulatedRig, number: int, mail: str = MAIL, **fields: str) -> str:
    """Let the prospect's state number *number* arrive; return what became of it."""
    at = START + timedelta(seconds=number)
    person = Person("Ann", "Lee", mail, (), "Acme")
    rig.deliver(Prospect(f"e-{number}", "p-1", "acme", at, person, fields={**SENT, **fields}))
    last = rig.settle(number)[-1]
    return f"{last.kind}.{last.reason}"


def lead(rig: SimulatedRig) -> dict[str, Any]:
    """Return what the one lead holds in the fields of these tests."""
    (row,) = rig.rows("Lead")
    return {name: row[name] for name in ("Email", *FIELDS)}


@pytest.mark.parametrize("fault", ["reset_after", "reset_before"])
def test_a_lost_answer_makes_one_task_of_values_that_the_org_keeps_otherwise(opened: Opened, fault: str) -> None:
    """No external ID names it: only what it says can find it again, and the org has `60` of what was the text "60"."""
    mapped = {"activity": {"CallDurationInSeconds": {"constant": "60"}, "Subject": {"constant": " Call \r\n"}}}
    rig = opened(calls(map=mapped), request_limit=0.5, send_within=2.0)
    rig.seed("Contact", LastName="Ann", Phone="+14155552671")
    rig.control().fault(fault, match={"method": "POST", "body_regex": "CallDurationInSeconds"})
    for pbx_call_event in answered("c1"):
        rig.send(step_command(pbx_call_event))
    rig.settle(1)
    (task,) = rig.rows("Task")
    assert (task["CallDurationInSeconds"], task["Subject"]) == (60, "Call")


def test_respect_human_does_not_freeze_our_own_values(opened: Opened) -> None:
    rig = opened(marketing("respect_human"))
    assert arrive(rig, 1).startswith("created")
    assert lead(rig) == {"Email": MAIL.lower(), **KEPT}
    assert arrive(rig, 2, mail="Ann.Smith@Example.com", seats="13", value="10.4").startswith("updated")
    assert lead(rig) == {"Email": "ann.smith@example.com", **KEPT, "Seats__c": 13, "Value__c": 10.0}
    by_hand = Write("update", "Lead", rig.rows("Lead")[0]["Id"], fields={"Email": "ann@home.example", "Seats__c": 99})
    assert rig.salesforce().write([by_hand], send_by=datetime.now(UTC) + timedelta(minutes=1))[0].success
    arrive(rig, 3, mail="Ann.Jones@Example.com", seats="14")
    assert (lead(rig)["Email"], lead(rig)["Seats__c"]) == ("ann@home.example", 99)


def test_what_the_org_holds_already_is_not_written_again(opened: Opened) -> None:
    rig = opened(marketing("overwrite"))
    arrive(rig, 1)
    writes = len(rig.control().effects())
    assert arrive(rig, 2) == "updated.unchanged"
    assert len(rig.control().effects()) == writes


def test_own_writes_are_not_told_as_changes_in_whatever_form_they_are_kept(opened: Opened) -> None:
    settings = marketing("overwrite")
    there = opened(settings)
    back = ChangesRig(there.running, settings)
    back.links = DatabaseLinks(there.engine)  # type: ignore[assignment]  # the real one in place of the fake
    back.writes = DatabaseOwnWrites(there.engine)  # type: ignore[assignment]  # as above
    back.poll()
    arrive(there, 1)
    assert back.poll() == []
    arrive(
        there, 2, mail="Ann.Smith@Example.com", seats="13", rated="FALSE", value="10.6", due="2026-03-03T00:00:00.5Z"
    )
    assert back.poll() == []
    assert back.metrics.of("changes_own_total", integration="marketing") == 2
    back.edit(there.rows("Lead")[0]["Id"], Seats__c=14)
    (change,) = back.poll()
    assert {field_change.field: field_change.after for field_change in change.changes} == {"Seats__c": 14}
