"""
Shorten: outcomes, notices and commands that no topic would take, in a stated order, and flagged.

In: a value, what its bytes come to, a limit.  Out: the value as it fits; the same where it fitted.
Rule of this file: pure; what identifies a command, its org, its events or its records goes last, and never its IDs.
docs/subscribers.md tells the order.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from schemas.command import Command
from schemas.notice import Notice
from schemas.outcome import Outcome
from schemas.values import Scalar

T = TypeVar("T", Command, Notice, Outcome)
OUTCOME_BYTES = 900_000
"""Of the bytes of an outcome or a notice: with key and headers below the limit of Kafka's clients (1,000,000)."""
_TEXTS = (20_000, 1_000, 100)
"""Characters that a text keeps, at the first, second and third try."""
_ITEMS = (200, 20, 5)
_ELLIPSIS = "…"
_OBJECTS = ("lead", "contact", "account", "opportunity", "activity")
_ID_CHARACTERS = 1_000
"""Of an ID that release 0.1.0 let pass; what is bounded by now is shorter."""
_IDS = frozenset(
    {
        *("outcome_id", "org", "integration", "contract", "event_ids", "reused_event_id", "id", "object", "api_calls"),
        *("source_id", "command_id", "event_id", "trace_id", "owner_id"),
    }
)
"""What holds names or IDs: each is kept whole."""


def fit_outcome(outcome: Outcome, size: Callable[[Outcome], int], limit: int = OUTCOME_BYTES) -> Outcome:
    """
    Return *outcome* in at most *limit* bytes: without further candidates, then without the values that stood before,
    then with shorter texts, then with shorter lists. `flags` name what was shortened.
    """
    steps: list[tuple[str, Callable[[Outcome], Outcome]]] = [
        *(("shortened_candidates", _first_candidates(most)) for most in (50, 5)),
        ("shortened_before", _without_before),
        *(("shortened_texts", _texts_cut(most)) for most in _TEXTS),
        *(("shortened_lists", _with_lists(most)) for most in _ITEMS),
    ]
    for flag, step in steps:
        if size(outcome) <= limit:
            return outcome
        shorter = step(outcome)
        if shorter != outcome:
            outcome = replace(shorter, flags=tuple(dict.fromkeys((*shorter.flags, flag))))
    return outcome


def fit_notice(notice: Notice, size: Callable[[Notice], int], limit: int = OUTCOME_BYTES) -> Notice:
    """Return *notice* in at most *limit* bytes: with its first candidates alone, then with shorter texts."""
    steps: list[Callable[[Notice], Notice]] = [
        *(_first_candidates_of_notice(most) for most in (50, 5)),
        *(_texts_cut(most) for most in _TEXTS),
    ]
    for step in steps:
        if size(notice) <= limit:
            return notice
        notice = step(notice)
    return notice


def fit_command(command: Command, size: Callable[[Command], int], limit: int) -> Command:
    """
    Return *command* in at most *limit* bytes, with shorter texts in its mapped fields; `shortened` names the fields.

    One that is too large even so is returned as it came to be.
    """
    for most in _TEXTS:
        if size(command) <= limit:
            return command
        cut: dict[str, Any] = {}
        names = list(command.shortened)
        for name in _OBJECTS:
            values: Mapping[str, Scalar] = getattr(command, name)
            shorter = {field: _cut(value, most) for field, value in values.items()}
            names += [f"{name.title()}.{field}" for field, value in values.items() if shorter[field] != value]
            cut[name] = shorter
        command = replace(command, **cut, shortened=tuple(dict.fromkeys(names)))
    return command


def _first_candidates(most: int) -> Callable[[Outcome], Outcome]:
    return lambda outcome: replace(outcome, candidates=outcome.candidates[:most])


def _first_candidates_of_notice(most: int) -> Callable[[Notice], Notice]:
    return lambda notice: replace(notice, candidates=notice.candidates[:most])


def _without_before(outcome: Outcome) -> Outcome:
    return replace(outcome, records=tuple(replace(record, before={}) for record in outcome.records))


def _with_lists(most: int) -> Callable[[Outcome], Outcome]:
    """Return what keeps the first items of each list but the events, and the first fields of each record."""

    def shorter(outcome: Outcome) -> Outcome:
        person = replace(outcome.person, phones=outcome.person.phones[:most], numbers=outcome.person.numbers[:most])
        records = tuple(
            replace(record, fields=dict(list(record.fields.items())[:most])) for record in outcome.records[:most]
        )
        lists = {
            name: getattr(outcome, name)[:most]
            for name in (
                *("rule_ids", "refusals", "missing_fields", "discarded_fields", "api_calls", "flags"),
                *("stale_fields", "conformed_fields", "dropped_fields"),
            )
        }
        refusals = tuple(replace(item, fields=item.fields[:most]) for item in lists.pop("refusals"))
        return replace(outcome, person=person, records=records, refusals=refusals, **lists)

    return shorter


def _texts_cut(most: int) -> Callable[[T], T]:
    """Return what cuts every text that is no ID to *most* characters."""

    def shorter(value: T) -> T:
        cut: T = _shorter(value, most)
        return cut

    return shorter


def _shorter(value: Any, most: int) -> Any:
    if isinstance(value, str):
        return _cut(value, most)
    if is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in fields(value)]
        known = {name: getattr(value, name) for name in names}
        return replace(
            value, **{n: _shorter(part, max(most, _ID_CHARACTERS) if n in _IDS else most) for n, part in known.items()}
        )
    if isinstance(value, Mapping):
        return {_cut(name, most): _shorter(part, most) for name, part in value.items()}
    if isinstance(value, Sequence):
        return tuple(_shorter(part, most) for part in value)
    return value


def _cut(value: Any, most: int) -> Any:
    return value[: most - 1] + _ELLIPSIS if isinstance(value, str) and len(value) > most else value
