"""
Field maps: what a mapped field takes from an event, a constant or a default.

In: an event (or a whole call) and a field's source.  Out: its value.
Rule of this file: pure; a field that is mapped but empty is None, so that it can be told from an unmapped one (VS-17).
"""

from collections.abc import Mapping

from processors.integration.base import FieldSource
from processors.integration.catalog import code_key
from processors.integration.paths import as_text, items_at, items_of, value_at
from schemas.values import Scalar


def fields(event: object, mapped: Mapping[str, FieldSource], home: str = "UTC") -> dict[str, Scalar]:
    """Return every mapped field with its value, None where it has none; *home* is the integration's zone."""
    return {name: field_value(event, source, home) for name, source in mapped.items()}


def field_value(event: object, source: FieldSource, home: str = "UTC") -> Scalar:
    """Return a constant, or the event's value through the value map, else the default."""
    if source.source is None:
        return source.constant
    value = value_at(event, source.source, home)
    if value is not None and source.values:
        value = _translated(event, source, value)
    return source.default if value is None else value


def _translated(event: object, source: FieldSource, value: Scalar) -> Scalar:
    """Return a value through the value map; of several, joined by `;`, each that the map or the default lets pass."""
    kept = source.unmapped != "default"
    several = _several(source, value, items_at(event, source.source or ""))
    if not several:
        return listed(source.values, value, value if kept else None)
    found = [as_text(listed(source.values, text, text if kept else None)) for text in several]
    return ";".join(items_of(found)) or None


def _several(source: FieldSource, value: Scalar, items: tuple[str, ...]) -> tuple[str, ...]:
    """Return the items of a list, or of a text that joins them by `;` and that the value map does not list whole."""
    if items or not isinstance(value, str) or ";" not in value or _is_listed(source, value):
        return items
    return items_of(value.split(";"))


def _is_listed(source: FieldSource, value: Scalar) -> bool:
    return code_key(as_text(value)) in {code_key(text) for text in source.values}


def defaulted(event: object, mapped: Mapping[str, FieldSource]) -> tuple[str, ...]:
    """Return the fields whose value is the map's default, because the event has none: it is for creation alone."""
    return tuple(
        name
        for name, source in mapped.items()
        if source.source is not None and source.default is not None and value_at(event, source.source) is None
    )


def listed(values: Mapping[str, Scalar], value: Scalar, otherwise: Scalar) -> Scalar:
    """Return what a value map says of *value*, trimmed and without case; *otherwise* where it does not list it."""
    text = as_text(value)
    if text in values:
        return values[text]
    wanted = code_key(text)
    return next((values[item] for item in values if code_key(item) == wanted), otherwise)


def refused(event: object, maps: Mapping[str, Mapping[str, FieldSource]]) -> tuple[str, ...]:
    """Return what value maps do not list although they must, as `Object.Field=value` (SP-23); *maps* by object."""
    return tuple(
        f"{name}.{field}={as_text(value)}"
        for name, mapped in maps.items()
        for field, source in mapped.items()
        if source.unmapped == "error" and source.source is not None
        for value in _values(event, source, source.source)
        if not _is_listed(source, value)
    )


def _values(event: object, source: FieldSource, path: str) -> tuple[Scalar, ...]:
    """Return each value that the value map is asked for: of a list, its items."""
    value = value_at(event, path)
    return () if value is None else _several(source, value, items_at(event, path)) or (value,)
