"""
Integration files → `Integrations`, or every fault of every file in one report.

In: a folder of `*.yaml` and `*.yml` files, one integration each. Out: `Integrations`; else
`Misconfigured`, with one line `file.yaml:LINE: <what is wrong>; <what to do>` for each fault.
Rule of this file: nothing stops the search for faults; a file that is wrong is still compared with the others.
A preset's values lie beneath the file's own: mappings are merged key by key, lists and the entry of one mapped
field are replaced whole, and an empty value (`null`) takes what the preset says away. See docs/decisions/0020. What a
preset maps for one object of `activity.object` alone (`only_on`) is left out where the activity is the other one.
"""

from collections.abc import Iterable, Iterator, Mapping, Set
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from processors.integration.catalog import Integrations
from processors.integration.messages import describe_error, unknown_word
from processors.integration.model import Integration
from processors.integration.validate import Trigger, own_keys, partner_faults, source_faults, triggers, used_twice
from processors.integration.yaml import Located, Path, read_yaml
from processors.model.errors import Misconfigured
from processors.sources.settings import CLASSES, DEFAULT_SOURCE

__all__ = ["Integrations", "json_schema", "load_integrations", "preset", "read_integrations"]

Fault = tuple[str, int, str]
_ONLY_ON = "only_on"
_FIELD_DEPTH = 2
"""`map.<object>.<field>`: from here on a mapping is one value."""


def load_integrations(folder: FilePath) -> Integrations:
    """Return all integrations of *folder*; raise `Misconfigured` with every fault, or where there is none."""
    if not folder.is_dir():
        raise Misconfigured([f"{folder}: is not a folder; name the folder that holds the integration files"])
    paths = sorted(path for path in folder.iterdir() if path.suffix in {".yaml", ".yml"} and path.is_file())
    if not paths:
        raise Misconfigured([f"{folder}: holds no integration; add a file that ends in .yaml"])
    return read_integrations({path.name: path.read_bytes() for path in paths})


def read_integrations(files: Mapping[str, bytes]) -> Integrations:
    """Return the integrations of these files (name → bytes); raise `Misconfigured` with every fault of every file."""
    faults: list[Fault] = []
    located = {name: read_yaml(data) for name, data in files.items()}
    valid = []
    for name, found in located.items():
        faults += [(name, line, text) for line, text in found.faults]
        if isinstance(found.value, Mapping):
            found.value = _with_preset(found.value)
            valid += _validated(name, found, faults)
            faults += [(name, found.line(path), text) for path, text in _account_faults(found.value)]
            faults += [(name, found.line(path), text) for path, text in _own_faults(found.value)]
    faults += _shared_faults(located)
    if faults:
        raise Misconfigured([f"{name}:{line}: {text}" for name, line, text in sorted(faults)])
    return Integrations.of(valid)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of an integration file, for editors; a preset can supply what is required."""
    schema = Integration.model_json_schema(mode="validation")
    properties: dict[str, Any] = schema["properties"]
    for kind in CLASSES.values():
        own = kind.model_json_schema(mode="validation")
        schema["$defs"].update(own["$defs"])
        properties.update({name: own["properties"][name] for name in own_keys(kind)})
    properties["source"] = {"default": DEFAULT_SOURCE, "enum": list(CLASSES), "title": "Source", "type": "string"}
    properties["preset"]["anyOf"] = [{"enum": list(PRESETS), "type": "string"}, {"type": "null"}]
    schema["required"].remove("source")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Signalbox integration"}


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


def _with_preset(value: Mapping[str, Any]) -> Mapping[str, Any]:
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


def _class_of(value: Mapping[str, Any]) -> type[Integration] | None:
    """Return the class of an integration with these settings; None for a source that is unknown."""
    source = value.get("source", DEFAULT_SOURCE)
    return CLASSES.get(source) if isinstance(source, str) else None


def _validated(name: str, found: Located, faults: list[Fault]) -> list[Integration]:
    value: dict[str, Any] = dict(found.value)
    kind = _class_of(value)
    others = {key for other in CLASSES.values() for key in own_keys(other)} - set(own_keys(kind) if kind else ())
    try:
        return [(kind or Integration).model_validate({key: one for key, one in value.items() if key not in others})]
    except ValidationError as error:
        schema = json_schema()
        for detail in error.errors():
            if detail["type"] == "too_short" and detail["input"]:
                continue  # it only looks empty because what is in it was refused, and that is told
            if not detail["loc"]:
                continue  # a path that no event has is told at its line
            path, text = describe_error(detail, schema)
            faults.append((name, found.line(path), text))
        return []


def _own_faults(value: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Yield words that no source and no preset has, and what is wrong with the settings for their source."""
    preset_name, source = value.get("preset"), value.get("source", DEFAULT_SOURCE)
    if isinstance(preset_name, str) and preset_name not in PRESETS:
        yield ("preset",), unknown_word("preset", preset_name, PRESETS)
    if _class_of(value) is not None:
        yield from source_faults(value, source, CLASSES)
    elif isinstance(source, str):
        yield ("source",), unknown_word("source", source, tuple(CLASSES))


def _account_faults(value: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    account, maps = value.get("account"), value.get("map")
    if not isinstance(account, Mapping) or account.get("enabled") is not True:
        return
    mapped = maps.get("account") if isinstance(maps, Mapping) else None
    keys = account.get("keys", ["Name"])
    for index, key in enumerate(keys if isinstance(keys, list) else ()):
        if isinstance(key, str) and key not in (mapped or {}):
            yield ("account", "keys", index), f"account key '{key}' is not in map.account; map it, or use another key"


def _shared_faults(located: Mapping[str, Located]) -> Iterable[Fault]:
    """What shows side by side: one name twice, one trigger twice (VS-4); who is disabled holds no trigger."""
    names: dict[str, str] = {}
    used: dict[Trigger, tuple[str, str]] = {}
    for file, found in located.items():
        value = found.value
        if not isinstance(value, Mapping):
            continue
        name = value.get("name")
        if isinstance(name, str) and names.setdefault(name, file) != file:
            text = f"integration '{name}' is already described in {names[name]}; give one of them another name"
            yield file, found.line(("name",)), text
        kind = _class_of(value)
        if kind is None:
            continue
        for path, key in triggers(value, kind):
            other = used.setdefault(key, (str(name), file))
            if other != (str(name), file) or path != _first(value, kind, key):
                yield file, found.line(path), used_twice(value, kind, path, other)
    values = {file: found.value for file, found in located.items() if isinstance(found.value, Mapping)}
    for file, path, text in partner_faults(values):
        yield file, located[file].line(path), text


def _first(value: Mapping[str, Any], kind: type[Integration], key: Trigger) -> Path:
    return next(path for path, found in triggers(value, kind) if found == key)


_FOLDER = FilePath(__file__).parent
_PRESETS: Mapping[str, FilePath] = dict(_presets())
PRESETS = tuple(_PRESETS)
"""The presets that ship."""
