"""
What the source of an integration makes of its file: what it has no use for, which paths its events have.

In: one file's settings as read, its preset beneath.  Out: (path, `<what is wrong>; <what to do>`) for each fault.
Rule of this file: pure; it reads raw values, so that a fault is told at its line whatever else is wrong.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from processors.integration.catalog import code_key
from processors.integration.messages import dotted
from processors.integration.model import Integration
from processors.integration.paths import check_path
from processors.integration.yaml import Path

Trigger = tuple[str, str, str]
Classes = Mapping[str, type[Integration]]
"""The class of an integration, by its source."""


def own_keys(kind: type[Integration]) -> list[str]:
    """Return the keys that not every source has a use for, of those that this one has."""
    return [name for name in kind.model_fields if name not in Integration.model_fields]


def source_faults(value: Mapping[str, Any], source: str, classes: Classes) -> Iterator[tuple[Path, str]]:
    """Yield what is wrong with these settings for their *source*: keys of another one, paths that no event has."""
    for name in value:
        owners = [other for other, kind in classes.items() if name in own_keys(kind)]
        if owners and source not in owners:
            of = " or ".join(f"'{owner}'" for owner in owners)
            yield (name,), f"key '{name}' belongs to source {of}, not to '{source}'; remove it, or set the source"
    for path, text in _paths(value):
        try:
            check_path(text, classes[source].PATHS)
        except ValueError as fault:
            yield path, f"{dotted(path)}: {fault}"


def _paths(value: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Yield every path in the event that the settings name, with its place."""
    maps = value.get("map")
    for object_name, fields in (maps if isinstance(maps, Mapping) else {}).items():
        for field, origin in (fields if isinstance(fields, Mapping) else {}).items():
            text = origin.get("from") if isinstance(origin, Mapping) else origin
            if isinstance(text, str):
                yield ("map", object_name, field, "from"), text
    match = value.get("match")
    sets = match.get("key_sets") if isinstance(match, Mapping) else None
    for number, keys in enumerate(sets if isinstance(sets, list) else ()):
        for index, key in enumerate(keys if isinstance(keys, list) else ()):
            if isinstance(key, Mapping) and isinstance(key.get("from"), str):
                yield ("match", "key_sets", number, index, "from"), key["from"]
    filters = value.get("filters")
    for index, condition in enumerate(filters if isinstance(filters, list) else ()):
        if isinstance(condition, Mapping) and isinstance(condition.get("field"), str):
            yield ("filters", index, "field"), condition["field"]


def triggers(value: Mapping[str, Any], kind: type[Integration]) -> Iterator[tuple[Path, Trigger]]:
    """Yield what fires an enabled integration, with its place: (source, scope, code) as they are compared."""
    scope = value.get(kind.SCOPE)
    if value.get("enabled") is not True or not isinstance(scope, str):
        return
    source = str(kind.model_fields["source"].default)
    if kind.CODES is None:
        yield (kind.SCOPE,), (source, code_key(scope), "")
        return
    codes = value.get(kind.CODES)
    for index, code in enumerate(codes if isinstance(codes, list) else ()):
        if isinstance(code, str):
            yield (kind.CODES, index), (source, code_key(scope), code_key(code))


def used_twice(value: Mapping[str, Any], kind: type[Integration], path: Path, other: tuple[str, str]) -> str:
    """Return the fault of a trigger that fires another integration already (VS-4); *other* is its name and file."""
    what = f"{kind.SCOPE} '{value[kind.SCOPE]}'"
    if kind.CODES is not None:
        name = kind.CODES.replace("_", " ").removesuffix("s")
        what = f"{name} '{value[kind.CODES][path[-1]]}' of {what}"
    return (
        f"{what} already fires integration '{other[0]}' ({other[1]}), so '{value.get('name')}' cannot use it; "
        "take it out of one of them (VS-4)"
    )


def partner_faults(files: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Path, str]]:
    """Yield (file, place, fault) where two integrations that share activities do not both say so (`one_with`)."""
    by_name = {str(value.get("name")): value for value in files.values()}
    for file, value in files.items():
        wanted = _partner(value)
        if wanted is None:
            continue
        path: Path = ("activity", "one_with")
        other = by_name.get(wanted)
        if wanted == value.get("name"):
            yield file, path, f"activity.one_with: integration '{wanted}' names itself; name the other source's one"
        elif other is None:
            yield file, path, f"activity.one_with: there is no integration '{wanted}'; name one that has a file here"
        elif other.get("org") != value.get("org"):
            yield file, path, f"activity.one_with: integration '{wanted}' is of another org; activities are of one org"
        elif _partner(other) != value.get("name"):
            back = f"integration '{wanted}' does not name '{value.get('name')}' back"
            yield file, path, f"activity.one_with: {back}; both have to name each other"


def _partner(value: Mapping[str, Any]) -> str | None:
    activity = value.get("activity")
    wanted = activity.get("one_with") if isinstance(activity, Mapping) else None
    return wanted if isinstance(wanted, str) else None
