"""
What the source of an integration makes of its file: what it needs, what it has no use for, which paths its events have.

In: one file's settings as read, its preset beneath.  Out: (path, `<what is wrong>; <what to do>`) for each fault.
Rule of this file: pure; it reads raw values, so that a fault is told at its line whatever else is wrong.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from processors.integration.catalog import code_key
from processors.integration.messages import dotted
from processors.integration.model import NEEDED
from processors.integration.paths import check_path
from processors.integration.yaml import Path

Trigger = tuple[str, str, str]

OF_SOURCE: Mapping[str, tuple[str, ...]] = {
    "project": ("call_result",),
    "result_codes": ("call_result",),
    "action": ("call_result", "prospect"),
    "workspace": ("booking", "prospect", "field_sales"),
    "booking": ("booking",),
    "network": ("pbx_call",),
    "calls": ("pbx_call",),
    "prospects": ("prospect",),
    "field_sales": ("field_sales",),
    "link": ("prospect", "field_sales"),
}
"""Keys that not every source has a use for, and the sources that have."""


def source_of(value: Mapping[str, Any]) -> str:
    """Return the source that the settings name; that of call results where they name none."""
    return str(value.get("source", "call_result"))


def source_faults(value: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Yield what is wrong with these settings for their source; nothing for a source that is unknown itself."""
    source = source_of(value)
    if source not in NEEDED:
        return
    for name in NEEDED[source]:
        if name not in value:
            yield (), f"key '{name}' is missing; add it"
        elif value[name] == []:
            yield (name,), f"{name} is empty; name at least one"
        elif value[name] is None and name != "result_codes":
            # Of an empty list's place the model speaks itself.
            yield (name,), f"{name} is empty; write its value behind the colon"
    for name, owners in OF_SOURCE.items():
        if name in value and source not in owners:
            of = " or ".join(f"'{owner}'" for owner in owners)
            yield (name,), f"key '{name}' belongs to source {of}, not to '{source}'; remove it, or set the source"
    for path, text in _paths(value):
        try:
            check_path(text, source)
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
    for index, one in enumerate(filters if isinstance(filters, list) else ()):
        if isinstance(one, Mapping) and isinstance(one.get("field"), str):
            yield ("filters", index, "field"), one["field"]


def triggers(value: Mapping[str, Any]) -> Iterator[tuple[Path, Trigger]]:
    """Yield what fires an enabled integration, with its place: (source, scope, code) as they are compared."""
    source = source_of(value)
    if value.get("enabled") is not True:
        return
    if source == "call_result":
        project, codes = value.get("project"), value.get("result_codes")
        if isinstance(project, str) and isinstance(codes, list):
            for index, code in enumerate(codes):
                if isinstance(code, str):
                    yield ("result_codes", index), (source, code_key(project), code_key(code))
        return
    name = "network" if source == "pbx_call" else "workspace"
    scope = value.get(name)
    if isinstance(scope, str):
        yield (name,), (source, code_key(scope), "")


def used_twice(value: Mapping[str, Any], path: Path, other: tuple[str, str]) -> str:
    """Return the fault of a trigger that fires another integration already (VS-4); *other* is its name and file."""
    if path[0] == "result_codes":
        what = f"result code '{value['result_codes'][path[-1]]}' of project '{value['project']}'"
    else:
        what = f"{path[0]} '{value[str(path[0])]}'"
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
