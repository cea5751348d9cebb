"""
Stage *filter*: whether a record in Salesforce meets the conditions of an integration (SP-16, SP-17).

In: the conditions and a record's fields.  Out: the first condition that does not hold.
Rule of this file: pure; a field without a value is the empty text, and nothing is told apart by case.
"""

from collections.abc import Iterable, Mapping

from processors.integration.change_settings import ChangeFilter
from processors.integration.filters import meets
from processors.integration.paths import as_text
from schemas.values import Scalar


def unmet_filter(conditions: Iterable[ChangeFilter], fields: Mapping[str, Scalar]) -> ChangeFilter | None:
    """Return the first condition that the fields do not meet; all must hold."""
    return next(
        (condition for condition in conditions if not meets(condition, (as_text(fields.get(condition.field)),))), None
    )
