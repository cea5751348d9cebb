"""
Field maps: what a mapped field takes from an event, a constant or a default.

In: an event (or a whole call) and a field's source.  Out: its value.
Rule of this file: pure; a field that is mapped but empty is None, so that it can be told from an unmapped one (VS-17).
"""

from collections.abc import Mapping

from processors.integration.base import FieldSource
from processors.integration.paths import as_text, value_at
from schemas.values import Scalar


def fields(event: object, mapped: Mapping[str, FieldSource]) -> dict[str, Scalar]:
    """Return every mapped field with its value, None where it has none."""
    return {name: field_value(event, source) for name, source in mapped.items()}


def field_value(event: object, source: FieldSource) -> Scalar:
    """Return a constant, or the event's value through the value map, else the default."""
    if source.source is None:
        return source.constant
    value = value_at(event, source.source)
    if value is not None:
        value = source.values.get(as_text(value), None if source.unmapped == "default" and source.values else value)
    return source.default if value is None else value


def refused(event: object, maps: Mapping[str, Mapping[str, FieldSource]]) -> tuple[str, ...]:
    """Return what value maps do not list although they must, as `Object.Field=value` (SP-23); *maps* by object."""
    return tuple(
        f"{name}.{field}={as_text(value)}"
        for name, mapped in maps.items()
        for field, source in mapped.items()
        if source.unmapped == "error"
        and source.source is not None
        and (value := value_at(event, source.source)) is not None
        and as_text(value) not in source.values
    )
