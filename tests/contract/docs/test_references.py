import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from processors.integration.change_settings import ChangedField, ObjectChanges
from processors.integration.model import Filter, Key
from processors.notifier.words import REASONS
from processors.sources.load import PRESETS
from processors.sources.rule_book import BOOK
from processors.sources.settings import CLASSES
from schemas.booking import Booking
from schemas.call_result import CallResult
from schemas.change import Change
from schemas.field_activity import FieldActivity
from schemas.field_record import FieldRecord
from schemas.outcome import Outcome, Reason
from schemas.pbx_call_event import PbxCallEvent
from schemas.prospect import Prospect
from schemas.topics import OUTCOME_KINDS, SOURCE, SOURCES, dead_letter_topic, outcome_topic
from schemas.user_action import UserAction
from schemas.values import Person
from signalbox.settings import Settings
from tests.contract.docs import pages

SALES = pages.DOCS / "sales-operations.md"
MAPS = {"map.lead", "map.contact", "map.account", "map.opportunity"}


def keys(model: type[BaseModel], before: str = "") -> Iterator[str]:
    """Yield the names by which an integration file says what the model holds."""
    for name, field in model.model_fields.items():
        said = before + (field.alias or name)
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from keys(inner, f"{said}.")
        else:
            yield said


def test_every_key_of_an_integration_file_is_explained_and_no_other() -> None:
    wanted = {key for kind in CLASSES.values() for key in keys(kind)}
    wanted |= {f"match.key_sets.{name}" for name in keys(Key)} | {f"filters.{name}" for name in keys(Filter)}
    wanted |= {f"changes.objects.*.{name}" for name in keys(ObjectChanges)}
    wanted |= {f"changes.objects.*.fields.{name}" for name in keys(ChangedField)}
    wanted -= {"filters", "match.key_sets"}
    told = pages.first_column(SALES, "## The file") - {"filters", "match.key_sets"}
    assert {name for name in told if name.startswith("map.*.")} == {
        "map.*.from",
        "map.*.constant",
        "map.*.default",
        "map.*.values",
        "map.*.unmapped",
    }
    assert {name for name in told if not name.startswith("map.*.")} == wanted


def test_every_closed_set_of_values_is_told_whole() -> None:
    text = SALES.read_text("utf-8")
    models: list[type[BaseModel]] = [
        *CLASSES.values(),
        *(one for kind in CLASSES.values() for one in _inner(kind)),
        Key,
    ]
    for model in models:
        for name, field in model.model_fields.items():
            for value in get_args(field.annotation):
                if isinstance(value, str):
                    assert f"`{value}`" in text, f"{name}: {value}"
    for value in PRESETS:
        assert f"`{value}`" in text, f"preset: {value}"


def _inner(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for field in model.model_fields.values():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield field.annotation


def test_every_rule_of_the_tables_is_named_for_sales_operations() -> None:
    text = SALES.read_text("utf-8").split("## Rule IDs")[1]
    told = set(re.findall(r"\b(?:(?:VS|JI|LL|SP|XB|EG|OW|BK)-\d+|1[FG]-[a-z_]+|ONE-[a-z]+)", text))
    assert {row.rule for table in BOOK.tables.values() for row in table.rows} - told == set()


def test_every_reason_is_explained_to_who_gets_the_mail() -> None:
    told = set(re.findall(r"`([a-z_]+)`", SALES.read_text("utf-8").split("## The mails")[1]))
    assert set(get_args(Reason)) - {"none", "other"} <= told
    assert set(REASONS) <= told


def test_every_field_of_a_call_result_is_explained_to_publishers() -> None:
    told = pages.first_column(pages.DOCS / "publishers.md", "## Fields of a call result")
    wanted = {field.name for field in fields(CallResult)} | {f"person.{field.name}" for field in fields(Person)}
    assert told == wanted


@pytest.mark.parametrize(
    ("heading", "contract"),
    [
        ("## Fields of a booking", Booking),
        ("## Fields of a PBX call event", PbxCallEvent),
        ("## Fields of a prospect", Prospect),
        ("## Fields of a field record", FieldRecord),
        ("## Fields of a field activity", FieldActivity),
        ("## Fields of a user action", UserAction),
    ],
)
def test_every_field_of_an_event_is_explained_to_publishers(heading: str, contract: type) -> None:
    told = pages.first_column(pages.DOCS / "publishers.md", heading)
    assert told == {field.name for field in fields(contract)}


def test_every_field_of_an_outcome_is_explained_to_subscribers() -> None:
    told = pages.first_column(pages.DOCS / "subscribers.md", "## Fields")
    assert told == {"thing" if field.name == "source_id" else field.name for field in fields(Outcome)}


def test_every_field_of_a_change_is_explained_to_subscribers() -> None:
    told = pages.first_column(pages.DOCS / "subscribers.md", "## Changes in Salesforce")
    assert told == {field.name for field in fields(Change)}


def test_the_topics_are_named_where_people_look_for_them() -> None:
    readers = (pages.DOCS / "subscribers.md").read_text("utf-8")
    for kind in OUTCOME_KINDS:
        assert f"`{outcome_topic(kind)}`" in readers
    publishers = (pages.DOCS / "publishers.md").read_text("utf-8")
    for source in SOURCES:
        assert f"`{source}`" in publishers
        assert f"`{dead_letter_topic(source.removeprefix(SOURCE))}`" in publishers


def test_every_setting_is_told_to_operators() -> None:
    told = {name.partition(".")[0] for name in pages.first_column(pages.DOCS / "operators.md", "## Settings")}
    assert told == set(Settings.model_fields)


def test_every_dependency_earns_its_line() -> None:
    page = (pages.DOCS / "decisions/0001-dependencies.md").read_text("utf-8")
    lines: dict[str, str] = dict(re.findall(r"^\| ([a-z0-9-]+) \| (.+) \|$", page, re.MULTILINE))
    lines.pop("dependency")
    assert set(lines) == _dependencies(tomllib.loads((pages.ROOT / "pyproject.toml").read_text("utf-8")))


def _dependencies(project: dict[str, Any]) -> set[str]:
    groups = (*project["project"]["optional-dependencies"].values(), *project["dependency-groups"].values())
    named = [*project["project"]["dependencies"], *(one for group in groups for one in group)]
    return {re.split(r"[\[<>=~! ]", one)[0] for one in named}
