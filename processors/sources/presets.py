"""
Presets: the settings that ship for a system, beneath what an integration file says itself.

In: a file's value, the presets that lie in the sources' folders. Out: the value with its preset's beneath.
Rule of this file: mappings are merged key by key, lists and the entry of one mapped field are replaced whole, and an
empty value (`null`) takes what the preset says away. See docs/decisions/0020. What a preset maps for one object of
`activity.object` alone (`only_on`) is left out where the activity is the other one.
"""

from collections.abc import Iterator, Mapping, Set
from pathlib import Path as FilePath
from typing import Any

from processors.integration.yaml import Path, read_yaml
from processors.sources.settings import CLASSES

_ONLY_ON = "only_on"
_FIELD_DEPTH = 2
"""`map.<object>.<field>`: from here on a mapping is one value."""


def preset(name: str) -> dict[str, Any]:
    """Return the defaults of one shipped preset; KeyError where there is none of that name."""
    return _for_activity(_shipped(name), {})


def _shipped(name: str) -> dict[str, Any]:
    return dict(read_yaml(_PRESETS[name].read_bytes()).value or {})


def _for_activity(beneath: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return a preset without what it maps for the other activity object alone; *over* are the file's own values."""
    found = {key: value for key, value in beneath.items() if key != _ONLY_ON}
    own = over.get("activity")
    chosen = own.get("object") if isinstance(own, Mapping) else None
    chosen = chosen or found.get("activity", {}).get("object")
    others = {field for name, fields in beneath.get(_ONLY_ON, {}).items() if name != chosen for field in fields}
    maps = found.get("map", {})
    if others & set(maps.get("activity", {})):
        kept = {field: source for field, source in maps["activity"].items() if field not in others}
        found["map"] = {**maps, "activity": kept}
    return found


def _without_nulls(value: Mapping[str, Any], fields: Set[str]) -> Mapping[str, Any]:
    """Return the file's values without empty ones for activity *fields* that the preset has left out already."""
    maps = value.get("map")
    mapped = maps.get("activity") if isinstance(maps, Mapping) else None
    if not isinstance(maps, Mapping) or not isinstance(mapped, Mapping):
        return value
    kept = {field: source for field, source in mapped.items() if source is not None or field not in fields}
    return {**value, "map": {**maps, "activity": kept}}


def _presets() -> Iterator[tuple[str, FilePath]]:
    """Yield the presets that ship in the sources' folders, by name, in the order of the sources."""
    for folder in CLASSES:
        for file in sorted((_FOLDER / folder / "presets").glob("*.yaml")):
            yield file.stem, file


def with_preset(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a file's value with that of its preset beneath; as it is where it names none that ships."""
    name = value.get("preset")
    if name not in PRESETS:
        return value  # the model says what is wrong with it
    shipped = _shipped(name)
    beneath = _for_activity(shipped, value)
    left_out = set(shipped.get("map", {}).get("activity", ())) - set(beneath.get("map", {}).get("activity", ()))
    return _merged(beneath, _without_nulls(value, left_out), ())


def _merged(beneath: Mapping[str, Any], over: Mapping[str, Any], path: Path) -> dict[str, Any]:
    merged = dict(beneath)
    for key, value in over.items():
        if value is None and key in beneath:
            del merged[key]
        elif isinstance(value, Mapping) and isinstance(beneath.get(key), Mapping) and not _one_value(path):
            merged[key] = _merged(beneath[key], value, (*path, key))
        else:
            merged[key] = value
    return merged


def _one_value(path: Path) -> bool:
    return len(path) == _FIELD_DEPTH and path[0] == "map"


_FOLDER = FilePath(__file__).parent
_PRESETS: Mapping[str, FilePath] = dict(_presets())
PRESETS = tuple(_PRESETS)
"""The presets that ship."""
