"""
Mapped values that a field can never take, known from describe before any event comes.

In: a field's facts, where its value comes from.  Out: (level, text) for each fault.
Rule of this file: pure; only what is certain to fail is an error: an e-mail in a lookup, a name in a number. What an
event may hold in a path of the source's own is not known here.
"""

from collections.abc import Iterator
from typing import Literal

from processors.integration.base import FieldSource
from processors.model.fit import Writer, fit
from processors.model.normalise import NUMBERS, names_user
from processors.model.org_facts import FieldFacts, ObjectFacts
from processors.model.record_types import RECORD_TYPE, no_record_type, record_type
from schemas.values import Scalar

Level = Literal["error", "warning"]
_MEANT = {
    **dict.fromkeys(("email",), "an e-mail"),
    **dict.fromkeys(("first_name", "last_name", "company", "name", "zone"), "text"),
    **dict.fromkeys(
        ("started", "ended", "start", "end", "changed", "created", "resulted", "answered", "at", "due"), "a moment"
    ),
    **dict.fromkeys(("talk", "ring"), "a number"),
    **dict.fromkeys(("done", "conference", "timed_out"), "true or false"),
}
"""What an event's own paths hold, by their last part."""
_TAKES = {
    **dict.fromkeys(NUMBERS, ("a number", ("a number",))),
    "boolean": ("true or false", ("true or false",)),
    "date": ("a day", ("a moment",)),
    "datetime": ("a moment", ("a moment",)),
    "reference": ("a record ID", ()),
    "email": ("an e-mail", ("an e-mail",)),
}
"""What a field of that type takes, in words, and which of the above fit it; other types take any text."""


def value_faults(
    name: str, fact: FieldFacts, source: FieldSource, locale: str, known: ObjectFacts
) -> Iterator[tuple[Level, str]]:
    """Yield what the field `name.<field>` can never take of *source*: its fixed values, and what its path holds."""
    yield from _fixed(name, fact, source, locale, known)
    meant = _meaning(source)
    takes, fitting = _TAKES.get(fact.type, ("", ()))
    if _is_user(fact, "@" if meant == "an e-mail" else ""):
        return
    if meant and takes and meant not in fitting:
        yield "error", f"{name}.{fact.name} takes {takes}, and '{source.source}' is {meant}; map another path or field"


def _meaning(source: FieldSource) -> str | None:
    """Return what the path of an event holds, where that is known: not of the source's own values."""
    if source.source is None or source.values:
        return None
    head, *rest = source.source.split(".")
    return None if head in ("fields", "answers") or "fields" in rest else _MEANT.get((rest or [head])[-1])


def _is_user(fact: FieldFacts, value: Scalar) -> bool:
    """Return whether it is an owner by e-mail or user name, which is written as the ID of that user (decision 0085)."""
    return fact.name == "OwnerId" and names_user(value)


def _fixed(
    name: str, fact: FieldFacts, source: FieldSource, locale: str, known: ObjectFacts
) -> Iterator[tuple[Level, str]]:
    if fact.restricted and fact.values:
        return  # its list is told with the values that there are
    fixed: list[Scalar] = [source.constant, source.default, *source.values.values()]
    for value in dict.fromkeys(flag for flag in fixed if flag is not None and str(flag).strip()):
        if _is_user(fact, value):
            continue
        if fact.name == RECORD_TYPE:
            if record_type(known, value) is None:
                yield "error", f"{name}.{fact.name}: {no_record_type(known, value)}; name one of them"
            continue
        found = fit(fact, value, Writer(locale))
        if found.dropped:
            yield "error", f"{name}.{fact.name} takes no {value!r} ({found.why}); write one that the field takes"
        elif found.why is not None:
            yield "warning", f"{name}.{fact.name}: {value!r} is written as {found.value!r} ({found.why})"
