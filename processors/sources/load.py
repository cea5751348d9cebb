"""
Integration files → `Integrations`, or every fault of every file in one report.

In: a folder of `*.yaml` and `*.yml` files, one integration each. Out: `Integrations`; else
`Misconfigured`, with one line `file.yaml:LINE: <what is wrong>; <what to do>` for each fault.
Rule of this file: nothing stops the search for faults; a file that is wrong is still compared with the others.
A preset's values lie beneath the file's own (`presets.py`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from processors.integration.catalog import Integrations
from processors.integration.messages import describe_error, unknown_word
from processors.integration.model import Integration
from processors.integration.validate import Trigger, own_keys, partner_faults, source_faults, triggers, used_twice
from processors.integration.yaml import Located, Path, read_yaml
from processors.model.errors import Misconfigured
from processors.model.mail_address import is_address
from processors.sources.presets import PRESETS, preset, with_preset
from processors.sources.settings import CLASSES, DEFAULT_SOURCE

__all__ = [
    "PRESETS",
    "IntegrationFile",
    "Integrations",
    "inspect_integrations",
    "integration_files",
    "json_schema",
    "load_integrations",
    "preset",
    "read_integrations",
    "sources_of",
]

Fault = tuple[str, int, str]
"""File, line, what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class IntegrationFile:
    """One integration file as it is; `changed` is when it was written last (seconds since the epoch)."""

    name: str
    text: bytes
    changed: float = 0.0


def load_integrations(folder: FilePath) -> Integrations:
    """Return all integrations of *folder*; raise `Misconfigured` with every fault, or where there is none."""
    return read_integrations({file.name: file.text for file in integration_files(folder)})


def integration_files(folder: FilePath) -> tuple[IntegrationFile, ...]:
    """Return the integration files of *folder* as they are, by name; raise `Misconfigured` where there is none."""
    if not folder.is_dir():
        raise Misconfigured([f"{folder}: is not a folder; name the folder that holds the integration files"])
    paths = sorted(path for path in folder.iterdir() if path.suffix in {".yaml", ".yml"} and path.is_file())
    if not paths:
        raise Misconfigured([f"{folder}: holds no integration; add a file that ends in .yaml"])
    return tuple(IntegrationFile(path.name, path.read_bytes(), path.stat().st_mtime) for path in paths)


def read_integrations(files: Mapping[str, bytes]) -> Integrations:
    """Return the integrations of these files (name → bytes); raise `Misconfigured` with every fault of every file."""
    valid, faults = inspect_integrations(files)
    if faults:
        raise Misconfigured([f"{name}:{line}: {text}" for name, line, text in sorted(faults)])
    return Integrations.of(valid)


def inspect_integrations(files: Mapping[str, bytes]) -> tuple[list[Integration], list[Fault]]:
    """
    Return what is valid in these files by itself, and every fault.

    A fault between two files, such as one trigger of both (VS-4), is one of the file that comes later.
    """
    faults: list[Fault] = []
    located = {name: read_yaml(data) for name, data in files.items()}
    valid = []
    for name, found in located.items():
        faults += [(name, line, text) for line, text in found.faults]
        if isinstance(found.value, Mapping):
            found.value = with_preset(found.value)
            valid += _validated(name, found, faults)
            faults += [(name, found.line(path), text) for path, text in _account_faults(found.value)]
            faults += [(name, found.line(path), text) for path, text in _own_faults(found.value)]
    return valid, faults + list(_shared_faults(located))


def sources_of(text: bytes) -> tuple[str, ...]:
    """Return the source that an integration file names, every source where that cannot be read."""
    value = read_yaml(text).value
    kind = _class_of(with_preset(value)) if isinstance(value, Mapping) else None
    return tuple(CLASSES) if kind is None else tuple(name for name, item in CLASSES.items() if item is kind)


def recipients_of_text(text: bytes) -> tuple[str, ...]:
    """Return the recipients that an integration file names, as far as its text can be read and they are addresses."""
    value = read_yaml(text).value
    named = value.get("recipients") if isinstance(value, Mapping) else None
    return tuple(str(each) for each in named if is_address(each)) if isinstance(named, list) else ()


@cache
def json_schema() -> Mapping[str, Any]:
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


def _class_of(value: Mapping[str, Any]) -> type[Integration] | None:
    """Return the class of an integration with these settings; None for a source that is unknown."""
    source = value.get("source", DEFAULT_SOURCE)
    return CLASSES.get(source) if isinstance(source, str) else None


def _validated(name: str, found: Located, faults: list[Fault]) -> list[Integration]:
    value: dict[str, Any] = dict(found.value)
    kind = _class_of(value)
    others = {key for other in CLASSES.values() for key in own_keys(other)} - set(own_keys(kind) if kind else ())
    try:
        return [(kind or Integration).model_validate({key: item for key, item in value.items() if key not in others})]
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
