"""
Every value that our page of settings lists is loaded with every preset, and fits a plain org.

Rule of this file: the page is the table. A key that it gains is tried by itself where the page lists its words, and has
to be given an example here where it does not.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from processors.model.org_facts import FieldFacts, ObjectFacts, OrgFacts
from processors.sources.load import PRESETS, preset
from processors.sources.settings import CLASSES
from tests.cases.test_presets import errors, facts, file, values

__all__ = ["facts"]


@pytest.fixture(scope="module")
def rich_facts(facts: OrgFacts) -> OrgFacts:
    """Return the facts with the fields of their own that some settings name."""
    like = facts.objects["Lead"].fields["Title"]
    stamp = replace(like, name="LastCallTime__c", type="datetime")
    people = {name: with_field(facts.objects[name], stamp) for name in ("Lead", "Contact")}
    campaign = ObjectFacts("Campaign", {"Number__c": replace(like, name="Number__c", external_id=True, unique=True)})
    return replace(facts, objects={**facts.objects, **people, "Campaign": campaign})


def with_field(known: ObjectFacts, field: FieldFacts) -> ObjectFacts:
    return replace(known, fields={**known.fields, field.name: field})


def page() -> Mapping[str, tuple[Any, ...]]:
    """Return the keys that our page lists, each with the words that it lists for it."""
    text = Path("docs/sales-operations.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| (`.*?`) \| (.*?) \|", text.partition("## The file")[2].partition("## Paths")[0], re.MULTILINE
    )
    cells = {key: words for keys, words in rows for key in re.findall(r"`([^`]+)`", keys)}
    truth = {"true": True, "false": False}
    return {
        key: tuple(truth.get(occurrence, occurrence) for occurrence in re.findall(r"`([^`]+)`", words))
        for key, words in cells.items()
    }


ACCOUNT_MAP = {"map": {"account": {"Name": "person.company"}}}
KEY = {"from": "person.last_name", "lead": "LastName", "contact": "LastName"}
CHANGED = {"Lead": {"fields": {"stage": "Status"}}}
REGION = {"Lead": {"fields": {"stage": {"from": "Status", "values": {"Open": "1"}, "default": "0"}}}}
SCOPE_KEYS = ("project", "result_codes", "workspace", "network")
ACTIONS = (
    "update_only",
    "update_or_create_lead",
    "update_or_create_contact",
    "update_and_convert_lead_or_create_contact",
)

TRIED: Mapping[str, tuple[Any, ...]] = {
    "name": ("a-1",),
    "org": ("main",),
    "active_from": ("2026-01-01T00:00:00Z",),
    "project": ("P",),
    "result_codes": (["YES", "CB"],),
    "action": ACTIONS,
    "workspace": ("W",),
    "network": ("N",),
    "locale": ("en", "en-GB", "de"),
    "zone": ("Europe/Paris",),
    "match.key_sets": ([[KEY]], [[KEY, {**KEY, "kind": "text"}], [KEY]]),
    "match.region": ("DE",),
    "match.park_hours": (0.5, 2160),
    "account.keys": (["Name"],),
    "account.legal_forms": ([], ["Oy"]),
    "mandatory.text": ("[none]",),
    "mandatory.number": (1,),
    "convert.status": ("Closed - Converted",),
    "convert.owner": ("005000000000001AAA", "agent1@example.com"),
    "booking.statuses": (
        *({"requested": text} for text in ("booked", "moved", "cancelled", "ignore")),
        *(
            {text: "booked"}
            for text in ("booked", "moved", "cancelled", "rejected", "reassigned", "no_show", "completed")
        ),
        {"cancelled": {"as": "cancelled", "fields": {"Subject": "Off"}}, "no_show": {"fields": {"Subject": "Gone"}}},
    ),
    "calls.objects": (["Lead"], ["Contact"], ["Account"], ["Account", "Lead", "Contact"]),
    "calls.phone_fields": ({"Lead": ["MobilePhone"], "Contact": ["Phone"], "Account": ["Phone"]},),
    "calls.region": ("DE",),
    "calls.outside_prefixes": ([], ["9"]),
    "calls.short_seconds": (0, 7.5),
    "calls.installed": ("2026-01-01T00:00:00Z",),
    "calls.close_after_hours": (0.5, 72),
    "calls.machines": tuple({"700": text} for text in ("queue", "ivr", "ring_group", "voicemail")),
    "calls.users": ({"201": "agent1@example.com", "202": "005000000000001AAA"},),
    "calls.user_extension": ("Extension__c",),
    "field_sales.convert_at": ("Won",),
    "field_sales.stages": (["Qualified", "Won"],),
    "field_sales.stages_name": ("sales",),
    "field_sales.owner": ("agent1@example.com",),
    "link.id_field": ("Description",),
    "link.synced_field": ("LastCallTime__c",),
    "schedule.every": ("30s", "5m", "2h"),
    "activity.owner": ("agent1@example.com",),
    "activity.user_extension": ("Extension__c",),
    "changes.objects": tuple({text: {}} for text in ("Lead", "Account", "Contact", "Opportunity")),
    "changes.users": (["agent1@example.com"],),
    "changes.default_owner": ("agent1@example.com",),
    "recipients": ([], ["ops@example.com"]),
}
"""What is tried of a key of whose values the page lists no whole table, or lists them in another form."""


def told_at(*path: str) -> Callable[[Any], Mapping[str, Any]]:
    """Return what puts a value at *path* of a file."""

    def made(value: Any) -> Mapping[str, Any]:
        for key in reversed(path):
            value = {key: value}
        found: Mapping[str, Any] = value
        return found

    return made


def _key_on(kind: str, fields: Any) -> Mapping[str, Any]:
    return {"match": {"key_sets": [[{"from": "person.email", kind: fields}]]}}


def _mapped(kind: str, field: Any) -> Mapping[str, Any]:
    return {"map": {kind: {field: "fields.comment"}}}


def _filter(side: str, values_: Any) -> Mapping[str, Any]:
    return {"filters": [{"name": "f", "field": "fields.a", side: values_}]}


IN_FULL: Mapping[str, tuple[tuple[Any, ...], Callable[[Any], Mapping[str, Any]]]] = {
    "match.key_sets.kind": (
        ("text", "email", "phone"),
        lambda kind: {"match": {"key_sets": [[{**KEY, "kind": kind}]]}},
    ),
    "match.key_sets.from": (
        ("person.email", "person.phones"),
        lambda path: {"match": {"key_sets": [[{**KEY, "from": path}]]}},
    ),
    **{
        f"match.key_sets.{kind}": (
            ("Email", ["Phone", "MobilePhone"]),
            partial(_key_on, kind),
        )
        for kind in ("lead", "contact")
    },
    **{
        f"map.{kind}": (("Description",), partial(_mapped, kind))
        for kind in ("lead", "contact", "account", "opportunity", "activity")
    },
    "map.*.from": (("fields.role",), lambda path: {"map": {"lead": {"Title": {"from": path}}}}),
    "map.*.constant": (("CEO",), lambda item: {"map": {"lead": {"Title": {"constant": item}}}}),
    "map.*.default": (("CEO",), lambda item: {"map": {"lead": {"Title": {"from": "fields.role", "default": item}}}}),
    "map.*.values": (
        ("CEO",),
        lambda item: {"map": {"lead": {"Title": {"from": "fields.role", "values": {"1": item}}}}},
    ),
    "map.*.unmapped": (
        ("keep", "default", "error"),
        lambda item: {
            "map": {"lead": {"Title": {"from": "fields.r", "values": {"1": "A"}, "unmapped": item, "default": "B"}}}
        },
    ),
    "account.create": ((True, False), lambda item: {"account": {"enabled": True, "create": item}, **ACCOUNT_MAP}),
    "opportunity.create": ((True, False), lambda item: {"opportunity": {"enabled": True, "create": item}}),
    "write.fields": (
        (
            *("overwrite", "fill_blank", "respect_human", "never"),
            *({"blank": text} for text in ("skip", "clear")),
            *({"unfit": text} for text in ("conform", "drop", "refuse")),
        ),
        lambda item: {"write": {"fields": {"Lead.Title": item}}},
    ),
    "campaign.id": (("701000000000001AAA",), told_at("campaign", "id")),
    "campaign.name": (("Spring",), told_at("campaign", "name")),
    "campaign.external_id": (({"Number__c": "S-1"},), told_at("campaign", "external_id")),
    "campaign.status": (("Sent",), lambda item: {"campaign": {"name": "Spring", "status": item}}),
    "campaign.existing": (
        ("keep", "update"),
        lambda o: {"campaign": {"name": "Spring", "status": "Sent", "existing": o}},
    ),
    "changes.enabled": ((True, False), lambda item: {"changes": {"enabled": item, "objects": CHANGED}}),
    "changes.objects.*.scope": (
        ("historical_and_forward", "historical_only", "forward_only"),
        lambda item: {"changes": {"enabled": True, "objects": {"Lead": {"scope": item}}}},
    ),
    "changes.objects.*.fields": (("Status",), lambda item: {"changes": {"objects": {"Lead": {"fields": {"a": item}}}}}),
    "changes.objects.*.fields.from": (
        ("Status", "Owner.Name"),
        lambda item: {"changes": {"objects": {"Lead": {"fields": {"a": {"from": item}}}}}},
    ),
    "changes.objects.*.fields.values": (("1",), lambda _: {"changes": {"objects": REGION}}),
    "changes.objects.*.fields.unmapped": (
        ("keep", "default"),
        lambda item: {
            "changes": {
                "objects": {"Lead": {"fields": {"a": {"from": "Status", "values": {"x": "y"}, "unmapped": item}}}}
            }
        },
    ),
    "changes.objects.*.fields.default": (("0",), lambda _: {"changes": {"objects": REGION}}),
    "changes.objects.*.filters": (
        ("equals", "not_equals"),
        lambda item: {"changes": {"objects": {"Lead": {"filters": [{"name": "f", "field": "Status", item: ["x"]}]}}}},
    ),
    "changes.users": (
        (["agent1@example.com"],),
        lambda item: {"changes": {"users": item, "default_owner": "agent1@example.com"}},
    ),
    **{
        f"filters.{side}": (
            (["x"],),
            partial(_filter, side),
        )
        for side in ("equals", "not_equals")
    },
    "filters": (([],), told_at("filters")),
    "filters.name": (("only here",), lambda item: {"filters": [{"name": item, "field": "fields.a", "equals": ["x"]}]}),
    "filters.field": (("fields.a",), lambda item: {"filters": [{"name": "f", "field": item, "equals": ["x"]}]}),
}
"""What is tried of a key that stands inside of lists or objects, or needs others beside it."""
ELSEWHERE = {
    "preset": "each is tried",
    "source": "its preset says it",
    "activity.one_with": "two integrations name each other: tests/unit/sources/test_load.py",
}


def over(beneath: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return *above* laid over *beneath*."""
    made = dict(beneath)
    for key, value in above.items():
        held = made.get(key)
        made[key] = over(held, value) if isinstance(held, dict) and isinstance(value, Mapping) else value
    return made


def documented() -> Iterator[Any]:
    """Yield (preset, key of the page, what is told) for each preset and value."""
    for name in PRESETS:
        kind = CLASSES[preset(name)["source"]]
        for key, words in page().items():
            if key in ELSEWHERE or key.partition(".")[0] not in kind.model_fields:
                continue
            tried, made = IN_FULL.get(key, (TRIED.get(key, words), told_at(*key.split("."))))
            for number, value in enumerate(tried):
                yield pytest.param(name, key, made(value), id=f"{name}-{key}-{number}")


@pytest.mark.parametrize(("name", "key", "said"), list(documented()))
def test_a_preset_works_with_every_value_of_the_page(
    rich_facts: OrgFacts, name: str, key: str, said: Mapping[str, Any]
) -> None:
    told = over(yaml.safe_load(file(name)), ACCOUNT_MAP if key.startswith("account.") else {})
    assert errors(yaml.safe_dump(over(told, said)).encode(), rich_facts) == []


def test_the_page_names_every_key_that_is_tried_and_no_key_goes_untried() -> None:
    words = {key for key, listed in page().items() if listed}
    assert set(page()) - words - set(TRIED) - set(IN_FULL) - set(ELSEWHERE) == set()
    assert (set(TRIED) | set(IN_FULL) | set(ELSEWHERE)) - set(page()) == set()


def test_the_page_lists_the_words_that_the_code_takes() -> None:
    known = page()
    taken: dict[str, set[Any]] = {}
    for kind in CLASSES.values():
        for path, value in values(kind):
            taken.setdefault(".".join(path), set()).add(value)
    listed = {key: set(known.get(key, ())) for key in taken if key not in ("action", "source")}
    assert listed == {key: values_ for key, values_ in taken.items() if key in listed}
