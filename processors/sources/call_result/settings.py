"""
Settings of an integration whose source is a dialler's call results.

In: the keys of its file.  Out: a frozen, validated value.
Rule of this file: a leaf: it knows what every integration has, and no other file of a source.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from processors.integration.base import Code
from processors.integration.model import ActionName, Integration
from processors.integration.paths import AGENT, PERSON, Paths


class CallResultIntegration(Integration):
    """What fires it are result codes of a project; there may be several (VS-2)."""

    SCOPE: ClassVar[str] = "project"
    CODES: ClassVar[str | None] = "result_codes"
    PATHS: ClassVar[Paths] = Paths(
        (
            "event_id",
            "call_id",
            "project",
            "result_code",
            "salesforce_id",
            "resulted",
            "started",
            "ended",
            "zone",
            "notes",
            "disposition",
            *AGENT,
            *PERSON,
        )
    )

    source: Literal["call_result"] = "call_result"
    project: Code
    result_codes: Annotated[tuple[Code, ...], Field(min_length=1)]
    action: ActionName
