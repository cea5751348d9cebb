"""
YAML text → a value that knows on which line each of its keys stands.

In: the bytes of one file. Out: `Located`, with the faults that YAML itself shows.
Rule of this file: YAML 1.2's plain words (`YES`, `no`, `12:30` and dates are text; only `true` and `false` are
booleans), because result codes look like that; keys are always text; a key given twice is a fault. What a file may hold
has bounds, aliases written out: a few hundred bytes of them could fill the memory of every process.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

Path = tuple[str | int, ...]

MOST_BYTES = 500_000
DEEPEST = 40
MOST_VALUES = 20_000
_PLAIN: tuple[tuple[str, Any], ...] = (
    (r"~|null|Null|NULL|", lambda _: None),
    (r"true|True|TRUE|false|False|FALSE", lambda text: text.lower() == "true"),
    (r"[-+]?[0-9]{1,18}", int),
    (r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?", float),
)


@dataclass(slots=True)
class Located:
    """A file's value, the line of each path in it, and faults as (line, text)."""

    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[tuple[int, str]] = field(default_factory=list)
    count: int = 0

    def line(self, path: Path) -> int:
        """Return the line of *path*, or of the nearest thing around it that the file says."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_yaml(data: bytes) -> Located:
    """Return what the file says; where it cannot be read at all, only its faults."""
    found = Located()
    if len(data) > MOST_BYTES:
        found.faults.append((1, f"the file has {len(data):,} bytes; an integration takes {MOST_BYTES:,} at the most"))
        return found
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        found.faults.append((line, "the file is not UTF-8; save it as UTF-8"))
        return found
    try:
        too_deep = _too_deep(text)
        root = None if too_deep else yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = " ".join(str(part) for part in (error.context, error.problem) if part)
        found.faults.append(
            (mark.line + 1 if mark else 1, f"this is not YAML: {reason}; correct it here or just above")
        )
        return found
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        found.faults.append((line, f"this is not YAML: {error.reason}; remove the character"))
        return found
    if too_deep is not None:
        found.faults.append((too_deep, f"nested deeper than {DEEPEST} levels; write less deeply"))
        return found
    if root is None:
        found.faults.append((1, "the file is empty; describe one integration in it, or delete it"))
        return found
    found.lines[()] = root.start_mark.line + 1
    found.value = _value(root, (), found, frozenset())
    if not isinstance(found.value, Mapping) and not found.faults:
        found.faults.append((found.lines[()], "the file is not a mapping; write 'key: value' lines"))
    return found


def _too_deep(text: str) -> int | None:
    """Return the line where the text is nested too deeply to be composed, or None."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                return int(event.start_mark.line) + 1 if event.start_mark else 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return None


def _value(node: yaml.Node, path: Path, found: Located, around: frozenset[int]) -> Any:
    found.count += 1
    if found.count > MOST_VALUES:
        return None
    if found.count == MOST_VALUES or len(path) > DEEPEST:
        found.count = MOST_VALUES  # said once, and nothing more is read
        limits = f"{MOST_VALUES:,} values or {DEEPEST} levels"
        found.faults.append(
            (node.start_mark.line + 1, f"with its aliases written out the file has more than {limits}; write less")
        )
        return None
    if id(node) in around:
        found.faults.append((node.start_mark.line + 1, "an alias names what it stands in; write the value out"))
        return None
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    inside = around | {id(node)}
    if isinstance(node, yaml.SequenceNode):
        values = []
        for index, item in enumerate(node.value):
            found.lines[(*path, index)] = item.start_mark.line + 1
            values.append(_value(item, (*path, index), found, inside))
        return values
    return _mapping(node, path, found, inside)


def _mapping(node: yaml.Node, path: Path, found: Located, inside: frozenset[int]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, item in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            found.faults.append((line, "a key is not plain text; write a name before the colon"))
            continue
        name = key.value
        if name in values:
            first = found.lines[(*path, name)]
            found.faults.append((line, f"key '{name}' is given twice (first on line {first}); keep one"))
            continue
        found.lines[(*path, name)] = line
        values[name] = _value(item, (*path, name), found, inside)
    return values


def _scalar(node: yaml.ScalarNode) -> Any:
    if node.style is not None:
        return node.value
    for pattern, make in _PLAIN:
        if re.fullmatch(pattern, node.value):
            made = make(node.value)
            return node.value if isinstance(made, float) and not math.isfinite(made) else made
    return node.value
