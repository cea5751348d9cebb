import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from processors.deciding import owners, references
from processors.deciding.campaign import ATTENDEE_CANCELLED
from processors.integration.change_settings import ChangedField, ObjectChanges
from processors.integration.model import Filter, Key
from processors.model import zones
from processors.notifier.words import REASONS
from processors.sources.booking.activity import NO_TIME
from processors.sources.booking.guests import LEFT_OUT
from processors.sources.booking.person import CONVERTED
from processors.sources.load import PRESETS
from processors.sources.rule_book import BOOK
from processors.sources.settings import CLASSES
from schemas.booking import Booking
from schemas.call_result import CallResult
from schemas.change import Change
from schemas.field_activity import FieldActivity
from schemas.field_record import FieldRecord
from schemas.notice import NoticeKind
from schemas.outcome import Outcome, Reason
from schemas.pbx_call_event import PbxCallEvent
from schemas.prospect import Prospect
from schemas.topics import OUTCOME_KINDS, SOURCE, SOURCES, dead_letter_topic, outcome_topic
from schemas.user_action import UserAction
from schemas.values import Agent, Person
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
        *(item for kind in CLASSES.values() for item in _inner(kind)),
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


def _flags() -> Iterator[str]:
    """Yield every flag that a decision may set: beside `flags` in the code, and by the names that stand for one."""
    for file in (pages.ROOT / "processors").rglob("*.py"):
        text = file.read_text("utf-8")
        if file.parent.name not in ("changes", "session"):
            for said in re.findall(r"flags\s*=\s*(?:tuple\(dict\.fromkeys\()?\(([^)]*)\)", text):
                yield from (
                    occurrence
                    for occurrence in re.findall(r'"([a-z_]+)"', said)
                    if not occurrence.startswith("shortened")
                )
    yield from (owners.UNKNOWN, zones.UNKNOWN, CONVERTED, NO_TIME, LEFT_OUT, ATTENDEE_CANCELLED)
    yield from ("owner_fallback", "closed_by_time_out", "campaign_unknown", "campaign_status_unknown")
    yield from {row.then for row in BOOK.tables["call_answered"].rows} - {"plain"}


def test_every_flag_is_explained_to_subscribers_and_no_other() -> None:
    assert pages.first_column(pages.DOCS / "subscribers.md", "## Flags") == set(_flags())


def test_every_word_for_a_value_that_does_not_fit_is_named_to_subscribers() -> None:
    readers = (pages.DOCS / "subscribers.md").read_text("utf-8")
    known = {references.NOT_FOUND, references.SEVERAL, references.NO_TYPE, "over_14_days", "before_its_start"}
    text = (pages.ROOT / "processors/model/fit.py").read_text("utf-8")
    known |= set(re.findall(r'(?:_dropped|Fit)\([^\n]*?"([a-z_]+)"', text))
    known |= set(re.findall(r'"((?:[a-z]+_format)|control_characters)"', text))
    assert len(known) > 15
    assert {word for word in known if f"`{word}`" not in readers} == set()


def test_every_kind_of_notice_and_way_to_a_record_is_named_to_subscribers() -> None:
    readers = (pages.DOCS / "subscribers.md").read_text("utf-8")
    ways = ("salesforce_id", "key_set:1", "phone", "link", "own", "chosen", "assigned", "none")
    assert {word for word in (*get_args(NoticeKind), *ways) if f"`{word}`" not in readers} == set()


def _symbols(schema: Any) -> Iterator[str]:
    """Yield the symbols of every enum in a contract, without `other`, which stands for those of later versions."""
    if isinstance(schema, list):
        for item in schema:
            yield from _symbols(item)
    elif isinstance(schema, dict):
        yield from (entry for entry in schema.get("symbols", ()) if entry != "other")
        for part in ("type", "items", "values", "fields"):
            yield from _symbols(schema.get(part))


@pytest.mark.parametrize("contract", sorted(set(SOURCES.values())))
def test_every_word_that_a_contract_takes_is_named_to_publishers(contract: str) -> None:
    text = (pages.DOCS / "publishers.md").read_text("utf-8")
    schema = json.loads((pages.ROOT / f"schemas/contracts/{contract}.avsc").read_text("utf-8"))
    assert {word for word in _symbols(schema) if f"`{word}`" not in text} == set()


@pytest.mark.parametrize("contract", sorted(set(SOURCES.values())))
def test_every_part_of_whoever_acts_is_named_to_publishers(contract: str) -> None:
    text = (pages.DOCS / "publishers.md").read_text("utf-8")
    headings = {"pbx_call_event": "PBX call event"}
    said = text.split(f"## Fields of a {headings.get(contract, contract.replace('_', ' '))}\n")[1].split("\n## ")[0]
    [row] = re.findall(r"^\| `(?:agent|owner|user)` \|.*$", said, re.MULTILINE)
    assert all(f"`{part.name}`" in row for part in fields(Agent)), row


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
    named = [*project["project"]["dependencies"], *(item for group in groups for item in group)]
    return {re.split(r"[\[<>=~! ]", item)[0] for item in named}
