"""
Integration files → `Integrations`, or every fault of every file in one report.

In: a folder of `*.yaml` and `*.yml` files, one integration each. Out: `Integrations`; else
`Misconfigured`, with one line `file.yaml:LINE: <what is wrong>; <what to do>` for each fault.
Rule of this file: nothing stops the search for faults; a file that is wrong is still compared with the others.
A preset's values lie beneath the file's own: mappings are merged key by key, lists and the entry of one mapped
field are replaced whole, and an empty value (`null`) takes what the preset says away. See docs/decisions/0020.
"""

from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from processors.integration.catalog import Integrations
from processors.integration.messages import said
from processors.integration.model import Integration
from processors.integration.validate import Trigger, partner_faults, source_faults, triggers, used_twice
from processors.integration.yaml import Located, Path, read_yaml
from processors.model.errors import Misconfigured

__all__ = ["Integrations", "json_schema", "load_integrations", "preset", "read_integrations"]

Fault = tuple[str, int, str]
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
            faults += [(name, found.line(path), text) for path, text in source_faults(found.value)]
    faults += _shared_faults(located)
    if faults:
        raise Misconfigured([f"{name}:{line}: {text}" for name, line, text in sorted(faults)])
    return Integrations.of(valid)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of an integration file, for editors; a preset can supply what is required."""
    schema = Integration.model_json_schema(mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Signalbox integration", **schema}


def preset(name: str) -> dict[str, Any]:
    """Return the defaults of one shipped preset; KeyError where there is none of that name."""
    for source in resources.files("processors.sources").iterdir():
        file = source / "presets" / f"{name}.yaml"
        if file.is_file():
            return dict(read_yaml(file.read_bytes()).value or {})
    raise KeyError(name)


def _with_preset(value: Mapping[str, Any]) -> Mapping[str, Any]:
    name = value.get("preset")
    if name not in PRESETS:
        return value  # the model says what is wrong with it
    return _merged(preset(name), value, ())


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


def _validated(name: str, found: Located, faults: list[Fault]) -> list[Integration]:
    try:
        return [Integration.model_validate(found.value)]
    except ValidationError as error:
        schema = json_schema()
        for detail in error.errors():
            if detail["type"] == "too_short" and detail["input"]:
                continue  # it only looks empty because what is in it was refused, and that is told
            if not detail["loc"] and any(source_faults(found.value)):
                continue  # what the source needs is told at its line by them
            path, text = said(detail, schema)
            faults.append((name, found.line(path), text))
        return []


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
        for path, key in triggers(value):
            other = used.setdefault(key, (str(name), file))
            if other != (str(name), file) or path != _first(value, key):
                yield file, found.line(path), used_twice(value, path, other)
    values = {file: found.value for file, found in located.items() if isinstance(found.value, Mapping)}
    for file, path, text in partner_faults(values):
        yield file, located[file].line(path), text


def _first(value: Mapping[str, Any], key: Trigger) -> Path:
    return next(path for path, found in triggers(value) if found == key)


PRESETS = ("vanillasoft", "jicoo", "lead_liaison", "spotio", "wildix")
