"""
`Integration` of any source: the union of what each source's folder says of its settings.

In: the settings of one integration.  Out: a value of its source's own class.
Rule of this file: a table of leaves; a new source is a new import and a new member (docs/decisions/0070).
"""

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias, get_args

from pydantic import Field, TypeAdapter

from processors.integration.model import Integration
from processors.sources.booking.settings import BookingIntegration
from processors.sources.call_result.settings import CallResultIntegration
from processors.sources.field_sales.settings import FieldSalesIntegration
from processors.sources.pbx_call.settings import PbxCallIntegration
from processors.sources.prospect.settings import ProspectIntegration

AnyIntegration: TypeAlias = Annotated[
    CallResultIntegration  # the one of a file that names no source
    | BookingIntegration
    | PbxCallIntegration
    | ProspectIntegration
    | FieldSalesIntegration,
    Field(discriminator="source"),
]

DEFAULT_SOURCE = "call_result"
"""The source of an integration that names none."""

CLASSES: Mapping[str, type[Integration]] = {
    kind.model_fields["source"].default: kind for kind in get_args(get_args(AnyIntegration)[0])
}
"""The class of an integration, by its source."""

_ADAPTER: TypeAdapter[Integration] = TypeAdapter(AnyIntegration)


def integration_of(settings: Mapping[str, Any]) -> Integration:
    """Return the integration that these settings describe; raise `pydantic.ValidationError` with all faults."""
    return _ADAPTER.validate_python({"source": DEFAULT_SOURCE, **settings})
