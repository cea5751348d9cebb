"""
Conditions of questions: what a field must hold, merged over all commands of a batch.

In: keys of commands.  Out: columns with their values; a question an object.
Rule of this file: pure; merging may make a question wider, never narrower (`match.py` compares exactly).
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from processors.integration.model import Integration
from processors.model.company_name import name_patterns
from processors.model.normalise import bare_address, is_blank, without_tag
from processors.model.phone_forms import written_forms
from processors.model.requests import In
from schemas.command import MatchKey


class Column(NamedTuple):
    """A field that is compared; *like*: with patterns (`%` stands for any text)."""

    field: str
    like: bool = False


Condition: TypeAlias = Mapping[Column, tuple[str, ...]]
"""What one record must hold in each column: any of the values."""
Values: TypeAlias = dict[tuple[Column, ...], dict[Column, dict[str, None]]]
"""Conditions by the columns that they speak of, the values of each column merged."""


def add(wanted: Values, condition: Condition) -> None:
    """Merge a condition with all others on the same columns; one without a value matches nothing and is left out."""
    if not condition or not all(condition.values()):
        return
    merged = wanted.setdefault(tuple(sorted(condition)), {})
    for column, values in condition.items():
        merged.setdefault(column, {}).update(dict.fromkeys(values))


def any_of(alternatives: Values, fields: Iterable[str]) -> tuple[tuple[In, ...], ...]:
    """Return the alternatives of a question about an object that has these *fields*."""
    known = frozenset(fields)
    return tuple(
        tuple(In(column.field, tuple(merged[column]), like=column.like) for column in columns)
        for columns, merged in alternatives.items()
        if all(column.field in known for column in columns)
    )


def key_conditions(
    keys: Sequence[MatchKey], object_name: str, settings: Integration, region: str
) -> Iterator[Condition]:
    """
    Yield the conditions for a key set: all keys together, each in any of its fields (1G-keys); none where a key is not
    on the object.
    """
    if any(is_blank(key.value) for key in keys):
        return
    columns = [list(_columns(key, object_name, settings, region)) for key in keys]
    for chosen in itertools.product(*columns):
        condition: dict[Column, tuple[str, ...]] = {}
        for column, values in chosen:
            condition[column] = (*condition.get(column, ()), *values)
        yield condition


def _columns(
    key: MatchKey, object_name: str, settings: Integration, region: str
) -> Iterator[tuple[Column, tuple[str, ...]]]:
    same = key.kind == "email" and settings.match.plus_addressing == "same"
    for field in key.fields_of(object_name):
        if key.kind == "phone":
            yield Column(field), tuple(form for value in key.values for form in written_forms(value, region))
        elif key.kind == "email":
            bare = [text for value in key.values if (text := bare_address(value))]
            plain = [text for value in key.values if same and (text := without_tag(value))]
            yield Column(field), (*bare, *plain)
            if same:
                yield Column(field, like=True), tuple(item.replace("@", "+%@", 1) for item in plain)
        else:
            yield Column(field), tuple(value.strip() for value in key.values)


def account_conditions(values: Mapping[str, str], forms: tuple[str, ...]) -> Iterator[Condition]:
    """Yield the conditions for an account by its keys: as written, and its name by how its other writings begin."""
    exact = {Column(field): (value.strip(),) for field, value in values.items()}
    yield exact
    if "Name" in values and (patterns := name_patterns(values["Name"], forms)):
        others = {column: held for column, held in exact.items() if column.field != "Name"}
        yield {**others, Column("Name", like=True): patterns}
