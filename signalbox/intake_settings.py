"""
The settings of the intake: how many dead letters a source topic may have before it pauses.

In: the section `intake` of the settings.  Out: `IntakeSection`.
Rule of this file: checked when it is read; each topic counts its own dead letters.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from schemas.topics import SOURCES

Share = Annotated[float, Field(gt=0, le=1)]


class IntakeSection(BaseModel):
    """
    A topic pauses where more than `dead_letter_share` of its last `dead_letter_window` messages cannot be read, and at
    least `dead_letter_least` of them. `dead_letter_shares` holds the shares of topics that have one of their own (1:
    never).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dead_letter_share: Share = 0.5
    dead_letter_shares: dict[str, Share] = Field(default_factory=dict)
    dead_letter_window: Annotated[int, Field(ge=10)] = 1_000
    dead_letter_least: Annotated[int, Field(ge=1)] = 20

    @field_validator("dead_letter_shares")
    @classmethod
    def _source_topics(cls, shares: dict[str, float]) -> dict[str, float]:
        for topic in shares:
            if topic not in SOURCES:
                raise ValueError(f"{topic!r} is no source topic; those are {', '.join(SOURCES)}")
        return shares
