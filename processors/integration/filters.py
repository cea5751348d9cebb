"""
Filters: whether an event, or a whole call, meets the conditions of its integration.

In: the conditions, and what is known.  Out: the first that does not hold.
Rule of this file: pure; a condition on what only a whole call has says nothing of what a user did by hand, and the
other way round.
"""

from collections.abc import Iterable

from processors.integration.base import Condition, Filter
from processors.integration.catalog import code_key
from processors.integration.paths import Paths, as_text, concerns, items_at, value_at


def unmet(conditions: Iterable[Filter], event: object, paths: Paths | None = None) -> Filter | None:
    """Return the first condition that *event* does not meet; *paths* are what an event of its kind may fill."""
    return next(
        (condition for condition in conditions if concerns(condition.field, paths) and not holds(condition, event)),
        None,
    )


def holds(condition: Filter, event: object) -> bool:
    """
    Whether *event* meets the condition: compared as result codes are, a missing value as the empty text (SP-17).

    A list equals a text that it is as a whole, or that is one of its items.
    """
    return meets(condition, (as_text(value_at(event, condition.field)), *items_at(event, condition.field)))


def meets(condition: Condition, texts: Iterable[str]) -> bool:
    """Return whether a value meets the condition, given as the texts that it equals."""
    values = {code_key(text) for text in texts}
    if condition.equals:
        return not values.isdisjoint(code_key(text) for text in condition.equals)
    return values.isdisjoint(code_key(text) for text in condition.not_equals)
