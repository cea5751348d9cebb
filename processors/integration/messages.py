"""
What is wrong with one file's settings, said for whoever wrote the file.

In: pydantic's errors and the JSON Schema of the model. Out: (path, `<what is wrong>; <what to do>`) for each.
Rule of this file: words only; nothing is read or decided here.
"""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic_core import ErrorDetails

from processors.integration.yaml import Path

_ALLOWED = {
    r"^[a-z0-9-]+$": "small letters, digits and '-' alone",
    r"\S": "some text",
    r"\w": "a letter or digit at least",
    r"^[A-Z]{2}$": "the two capital letters of a country, such as DE",
    r"^[A-Za-z]\w*$": "the API name of one field, such as MobilePhone",
    r"^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*){0,4}$": "the API name of one field, such as City or Owner.Email",
    r"^[1-9][0-9]{0,4}[smh]$": "a whole number and s, m or h, such as 5m",
    r"^[0-9]{1,4}$": "one to four digits in quotes",
    r"^701[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?$": "a campaign's record ID: 15 or 18 characters that begin with 701",
}
"""What a pattern of the settings asks for, in words; a test holds that each pattern has its own."""
_MAPPING = ", not a mapping; write 'key: value' lines beneath it"
_INSTEAD = {
    "string_type": ", not text; put it in quotes",
    "bool_type": "; write true or false",
    "tuple_type": ", not a list; write [..., ...]",
    "model_type": _MAPPING,
    "dict_type": _MAPPING,
    "timezone_aware": " without a zone; write it as 2026-01-31T08:00:00Z",
}
"""What to say of a value of the wrong type, by pydantic's name for the fault."""


def describe_error(error: ErrorDetails, schema: Mapping[str, Any]) -> tuple[Path, str]:
    """Return where the fault is and what it is."""
    # pydantic marks a fault of a key itself; its line and name are those of the key.
    path: Path = tuple(part for part in error["loc"] if part != "[key]")
    name = dotted(path)
    context = error.get("ctx", {})
    match error["type"]:
        case "extra_forbidden":
            text = _unknown_key(path, known_keys(schema, path[:-1]))
        case "missing":
            text = f"key '{name}' is missing; add it"
        case "string_type" | "literal_error" if error["input"] is None:
            text = f"{name} is empty; write its value behind the colon"
        case "literal_error":
            text = unknown_word(name, error["input"], _choices(context))
        case "string_pattern_mismatch":
            allowed = _ALLOWED.get(str(context.get("pattern")), str(context.get("pattern")))
            text = f"{name} is {_shown(error['input'])}; use {allowed}"
        case "value_error":
            text = f"{name}: {context['error']}"
        case kind if kind in _INSTEAD:
            text = f"{name} is {_shown(error['input'])}{_INSTEAD[kind]}"
        case "too_short":
            text = f"{name} is empty; name at least one"
        case _:
            text = f"{name} is {_shown(error['input'])}: {_lower(error['msg'])}; correct it"
    return path, text


def dotted(path: Path) -> str:
    """Return a path as people write it: `match.key_sets[0][1].from`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def known_keys(schema: Mapping[str, Any], path: Path) -> tuple[str, ...]:
    """Return the keys that the settings know at *path*."""
    return tuple(_at(schema, path).get("properties", ()))


def _unknown_key(path: Path, known: Sequence[str]) -> str:
    near = get_close_matches(str(path[-1]), known, n=1)
    return f"key '{dotted(path)}' is unknown; " + (
        f"did you mean '{near[0]}'?" if near else "remove it, or use one of " + ", ".join(known)
    )


def unknown_word(name: str, value: object, choices: Sequence[str]) -> str:
    """Return the fault of a word that is none of *choices*, with the nearest one."""
    near = get_close_matches(str(value), choices, n=1)
    count = {4: "the four are"}.get(len(choices), "choose one of")
    hint = f"did you mean '{near[0]}'? " if near else ""
    return f"{name} {_shown(value)} is unknown; {hint}{count} {', '.join(choices)}"


def _choices(context: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the words that pydantic expected, of a value or of a key: `'a', 'b' or 'c'` in its own words."""
    return tuple(re.findall(r"'([^']*)'", str(context.get("expected", ""))))


def _at(schema: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    node = schema
    for part in path:
        node = _resolved(schema, node)
        if isinstance(part, int):
            node = node.get("items", {})
        else:
            node = node.get("properties", {}).get(part) or node.get("additionalProperties") or {}
    return _resolved(schema, node)


def _resolved(schema: Mapping[str, Any], node: object) -> Mapping[str, Any]:
    """Follow references and, of alternatives, the one that says most (an object before text, anything before null)."""
    if not isinstance(node, Mapping):
        return {}
    if "$ref" in node:
        return _resolved(schema, schema["$defs"][node["$ref"].rpartition("/")[2]])
    for option in node.get("anyOf", ()):
        found = _resolved(schema, option)
        if "properties" in found or "enum" in found:
            return found
    return node


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if value is None:
        return "empty"
    return f"'{value}'" if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
