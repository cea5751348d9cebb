"""Each preset works with every value that its document and ours name: nothing of it is missing in a plain org."""

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import pytest
import yaml

import simulator
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.settings import SalesforceSettings
from processors.integration.base import Model
from processors.integration.check_org import targets
from processors.integration.model import Integration
from processors.model.org_facts import OrgFacts
from processors.sources.load import PRESETS, preset, read_integrations
from processors.sources.settings import CLASSES

SCOPES: dict[str, dict[str, Any]] = {
    "vanillasoft": {"project": "P", "result_codes": ["YES"], "action": "update_or_create_lead"},
    "wildix": {"network": "N"},
    "spotio": {"field_sales": {"to_salesforce": True}},
}


def values(kind: type[Model], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every value that a setting of one word may have, with the setting's path in a file."""
    for name, field in kind.model_fields.items():
        own = (*path, field.alias or name)
        annotation = field.annotation
        if get_origin(annotation) is Literal:
            yield from ((own, value) for value in get_args(annotation))
        elif annotation is bool:
            yield from ((own, value) for value in (True, False))
        elif isinstance(annotation, type) and issubclass(annotation, Model):
            yield from values(annotation, own)


def file(name: str, path: tuple[str, ...] = (), value: Any = None) -> bytes:
    """Return an integration of a preset with activities on and *value* at *path*."""
    told: dict[str, Any] = {
        "name": "one",
        "preset": name,
        "org": "main",
        "enabled": True,
        "activity": {"enabled": True},
        **({} if name in ("vanillasoft", "wildix") else {"workspace": "W"}),
        **SCOPES.get(name, {}),
    }
    if path[:1] == ("campaign",):
        # What a setting of a campaign means needs a campaign and a status.
        told["campaign"] = {"name": "Spring", "status": "Sent"}
    if path == ("account", "enabled"):
        told["map"] = {"account": {"Name": "person.company"}}
    if path == ("changes", "enabled"):
        told["changes"] = {"objects": {"Lead": {}}}
    place = told
    for key in path[:-1]:
        place[key] = dict(place.get(key, {}))
        place = place[key]
    if path:
        place[path[-1]] = value
    return yaml.safe_dump(told).encode()


def cases() -> Iterator[Any]:
    """Yield (preset, path, value) for every preset."""
    for name in PRESETS:
        for path, value in values(CLASSES[preset(name)["source"]]):
            if path[-1] != "source":
                yield pytest.param(name, path, value, id=f"{name}-{'.'.join(path)}-{value}")


@pytest.fixture(scope="module")
def facts(running: simulator.Running) -> OrgFacts:
    """Return what describe says of the simulated org."""
    told = {"login_url": running.url, "client_id": "signalbox", "client_secret": "simulated-secret"}
    return SalesforceClient("main", SalesforceSettings.model_validate(told)).facts()


def errors(text: bytes, facts: OrgFacts) -> list[str]:
    """Return what hinders the integration of this file."""
    [integration] = read_integrations({"one.yaml": text}).by_name.values()
    return [found.text for found in targets(integration, facts) if found.level == "error"]


@pytest.mark.parametrize(("name", "path", "value"), list(cases()))
def test_a_preset_works_with_every_value_that_is_documented(
    facts: OrgFacts, name: str, path: tuple[str, ...], value: Any
) -> None:
    assert errors(file(name, path, value), facts) == []


def mapped(text: bytes) -> set[str]:
    """Return the activity fields that the file maps, its preset's among them."""
    integration: Integration
    [integration] = read_integrations({"one.yaml": text}).by_name.values()
    return set(integration.map.activity)


def test_a_booking_as_a_task_maps_no_times_and_an_event_does() -> None:
    assert mapped(file("jicoo", ("activity", "object"), "Task")) == {"Subject", "Description"}
    assert {"StartDateTime", "Location"} <= mapped(file("jicoo"))


def test_a_field_activity_as_an_event_maps_no_status() -> None:
    assert mapped(file("spotio", ("activity", "object"), "Event")) == {"Subject", "Description"}
    assert {"ActivityDate", "Status"} <= mapped(file("spotio"))


def test_a_field_of_the_file_stays_although_the_preset_leaves_it_out() -> None:
    text = file("spotio", ("activity", "object"), "Event") + b"map: {activity: {ActivityDate: activity.day}}\n"
    assert "ActivityDate" in mapped(text)


def test_a_file_that_took_the_fields_away_itself_still_loads() -> None:
    text = file("jicoo", ("activity", "object"), "Task") + b"map: {activity: {StartDateTime: , Location: }}\n"
    assert mapped(text) == {"Subject", "Description"}
