"""
Rules for single fields: who wins on an update, what a mandatory field takes on a create.

In: mapped values, the target as read, describe.  Out: the fields to write, and the rules that said so.
Rule of this file: pure; a field that is not mapped is never written, but for mandatory ones that are mapped and empty.
A mandatory field that is not mapped is an error that names it (SP-31).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from processors.deciding.event_order_rules import Guard
from processors.model.normalise import NUMBERS, is_blank
from processors.model.org_facts import FieldFacts, ObjectFacts
from processors.model.rule_table import Book, Row, Table
from processors.model.stored_form import as_stored, same_value
from schemas.values import Scalar

CASES = ("value_over_blank", "value_over_value", "blank_skips_value", "blank_clears_value")
CREATIONS = {
    "lead": "VS-17",
    "contact": "VS-22",
    "contact_by_convert": "VS-28",
    "account": "VS-21",
    "opportunity": "VS-26",
}
_TEXTS = frozenset({"string", "textarea", "encryptedstring", "combobox", "phone", "picklist", "multipicklist"})

POLICY = Table(
    "policy",
    (("overwrite", "fill_blank", "respect_human", "never"), CASES),
    ("write", "keep", "write_over_ours"),
    (
        Row("1F-overwrite", ("overwrite", "value_over_blank"), "write"),
        Row("1F-overwrite", ("overwrite", "value_over_value"), "write"),
        Row("1F-overwrite", ("overwrite", "blank_skips_value"), "keep"),
        Row("1F-overwrite", ("overwrite", "blank_clears_value"), "write"),
        # LL-13, LL-14: what Salesforce has stays, what is blank there is filled.
        Row("1F-fill_blank", ("fill_blank", "value_over_blank"), "write"),
        Row("1F-fill_blank", ("fill_blank", "value_over_value"), "keep"),
        Row("1F-fill_blank", ("fill_blank", "blank_skips_value"), "keep"),
        Row("1F-fill_blank", ("fill_blank", "blank_clears_value"), "keep"),
        Row("1F-respect_human", ("respect_human", "value_over_blank"), "write"),
        Row("1F-respect_human", ("respect_human", "value_over_value"), "write_over_ours"),
        Row("1F-respect_human", ("respect_human", "blank_skips_value"), "keep"),
        Row("1F-respect_human", ("respect_human", "blank_clears_value"), "write_over_ours"),
        Row("1F-never", ("never", "value_over_blank"), "keep"),
        Row("1F-never", ("never", "value_over_value"), "keep"),
        Row("1F-never", ("never", "blank_skips_value"), "keep"),
        Row("1F-never", ("never", "blank_clears_value"), "keep"),
    ),
)

_MANDATORY = {"filled": ("keep", "keep"), "empty": ("default", "error"), "unmapped": ("error", "error")}

MANDATORY = Table(
    "mandatory",
    (tuple(CREATIONS), tuple(_MANDATORY), ("default", "error")),
    ("keep", "default", "error"),
    tuple(
        Row(rule, (creation, case, empty), then)
        for creation, rule in CREATIONS.items()
        for case, answers in _MANDATORY.items()
        for empty, then in zip(("default", "error"), answers, strict=True)
    ),
)

DEFAULT = Table(
    "default",
    (("text", "number", "day", "other"),),
    ("text", "number", "today", "error"),
    (
        Row("1G-text", ("text",), "text"),
        Row("1G-number", ("number",), "number"),
        Row("1G-day", ("day",), "today"),
        Row("1G-other", ("other",), "error"),
    ),
)


@dataclass(frozen=True, slots=True)
class Update:
    """
    What an update writes: new values, the values before, and the rules consulted.

    `stale` are the fields that something newer wrote, or a person; `seen` those that hold already what is said now.
    """

    fields: Mapping[str, Scalar] = field(default_factory=dict)
    before: Mapping[str, Scalar] = field(default_factory=dict)
    rules: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Create:
    """What a create writes, the mandatory fields that it lacks (`Object.Field`), and the rules consulted."""

    fields: Mapping[str, Scalar] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


def update(
    mapped: Mapping[str, Scalar],
    target: Mapping[str, Any],
    facts: ObjectFacts | None,
    policy: Callable[[str], str],
    blank: Callable[[str], str],
    guard: Guard,
    book: Book,
) -> Update:
    """
    Return the mapped fields that change the *target* record, as the policy of each field allows (VS-9, 1F), and as no
    newer event stands against it (EG-5).

    *policy* tells a field's policy; *blank*, whether what came empty is to `skip` or to `clear` it; a field that cannot
    be empty is never cleared. A field that holds the value already is left out.
    """
    fields: dict[str, Scalar] = {}
    before: dict[str, Scalar] = {}
    rules: list[str] = []
    stale: list[str] = []
    seen: list[str] = []
    for name, value in mapped.items():
        held, fact = target.get(name), _fact(facts, name)
        if same_value(fact, value, held):
            if not is_blank(value) and policy(name) in _OVER_VALUES and guard.newer(name):
                seen.append(name)
            continue
        row = book.row("policy", policy(name), _case(value, held, "skip" if _mandatory(facts, name) else blank(name)))
        rules.append(row.rule)
        if row.then == "keep":
            continue
        refused = _refused(row.then, guard, name, fact, held, book)
        if refused is not None:
            rules.append(refused.rule)
            stale.append(name)
            continue
        fields[name] = as_stored(fact, value)
        before[name] = as_stored(fact, held)
    return Update(fields, before, tuple(dict.fromkeys(rules)), tuple(stale), tuple(seen))


_OVER_VALUES = ("overwrite", "respect_human")
"""Policies by which one event's value may take the place of another's: their order counts."""


def _refused(then: str, guard: Guard, name: str, fact: FieldFacts | None, held: Any, book: Book) -> Row | None:
    """Return the row that keeps the value held although the policy would write: a person's, or a newer event's."""
    rows = [guard.whose(name, fact, held, book)] if then == "write_over_ours" else []
    return next((row for row in (*rows, guard.order(name, book)) if row.then == "stale"), None)


def _case(value: Scalar, held: Any, blank: str) -> str:
    if is_blank(value):
        return "blank_clears_value" if blank == "clear" else "blank_skips_value"
    return "value_over_blank" if is_blank(held) else "value_over_value"


def _mandatory(facts: ObjectFacts | None, name: str) -> bool:
    found = facts.fields.get(name) if facts else None
    return found is not None and not found.nillable


def _fact(facts: ObjectFacts | None, name: str) -> FieldFacts | None:
    return facts.fields.get(name) if facts else None


def create_fields(
    creation: str,
    mapped: Mapping[str, Scalar],
    facts: ObjectFacts | None,
    empty: str,
    defaults: tuple[str, float],
    now: datetime,
    book: Book,
) -> Create:
    """
    Return what a create of kind *creation* writes: mapped values, and defaults for mandatory ones that came empty.

    *empty* is `default` or `error`; *defaults* are the text and the number to write (VS-17, VS-22, VS-28, 1G).
    """
    fields = {name: as_stored(_fact(facts, name), value) for name, value in mapped.items() if not is_blank(value)}
    missing: list[str] = []
    rules: list[str] = []
    for fact in facts.fields.values() if facts else ():
        if not fact.required:
            continue
        row = book.row("mandatory", creation, _state(fact, mapped), empty)
        if row.then != "keep":
            rules.append(row.rule)
        kind = row
        if row.then == "default":
            kind = book.row("default", _value_class(fact))
            rules.append(kind.rule)
        if kind.then == "error":
            missing.append(fact.name)
        elif kind.then != "keep":
            values: dict[str, Scalar] = {"text": defaults[0], "number": defaults[1], "today": _today(fact, now)}
            fields[fact.name] = as_stored(fact, values[kind.then])
    name = facts.name if facts else ""
    return Create(fields, tuple(f"{name}.{field_name}" for field_name in missing), tuple(dict.fromkeys(rules)))


def _state(fact: FieldFacts, mapped: Mapping[str, Scalar]) -> str:
    if fact.name not in mapped:
        return "unmapped"
    return "empty" if is_blank(mapped[fact.name]) else "filled"


def _value_class(fact: FieldFacts) -> str:
    if fact.type in NUMBERS:
        return "number"
    if fact.type in ("date", "datetime"):
        return "day"
    return "text" if fact.type in _TEXTS and not fact.restricted else "other"


def _today(fact: FieldFacts, now: datetime) -> str:
    return now.isoformat() if fact.type == "datetime" else now.date().isoformat()


TABLES = (POLICY, MANDATORY, DEFAULT)
