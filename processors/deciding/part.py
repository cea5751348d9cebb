"""
One piece of a decision, and the refusals that several actions share.

In: records, rules.  Out: `Part`.
Rule of this file: pure; a part says what the outcome must tell of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from processors.model.advice import SEND_AGAIN
from processors.model.decision import Step, Unfit
from processors.model.normalise import is_blank
from processors.model.record import Record
from schemas.outcome import Reason
from schemas.values import Scalar


@dataclass(frozen=True, slots=True)
class Part:
    """
    One piece of a decision: a step or none, and what the outcome must say about it.

    `record` is the record where it is known; `refusal` is the reason why nothing of the command may be written; with
    `park` it waits for someone's choice before that. `stale` (`Object.Field`) was not written over something newer or a
    person's; `seen` are fields of `record` that hold already what is said. `disowned` are records that no longer count
    as the source entity's own. `unfit` are values that their fields do not take as they were sent. `moves`: the contact
    goes to this account, whatever its own one was.
    """

    step: Step | None = None
    record: Record | None = None
    rules: tuple[str, ...] = ()
    linked: tuple[Record, ...] = ()
    discarded: tuple[str, ...] = ()
    refusal: Reason | None = None
    missing: tuple[str, ...] = ()
    candidates: tuple[Record, ...] = ()
    detail: str | None = None
    park: bool = False
    tie_break: str | None = None
    flags: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    disowned: tuple[str, ...] = ()
    unfit: tuple[Unfit, ...] = ()
    moves: bool = False

    @property
    def steps(self) -> tuple[Step, ...]:
        """The step as a tuple of one or none."""
        return () if self.step is None else (self.step,)

    @property
    def creates(self) -> bool:
        """Whether the step creates its record."""
        return self.step is not None and self.step.operation == "create"


def converted_refused(leads: tuple[Record, ...]) -> Part:
    """Return the refusal where converted leads alone match and the settings do not follow them (VS-7)."""
    detail = "only a converted lead matches, which the setting match.converted_leads refuses: set it to follow"
    return Part(refusal="no_match", candidates=leads, detail=detail)


def no_mapping(object_name: str, rule: str) -> Part:
    """Return the refusal of a write to an object for which the integration maps nothing (1G: nothing is sent)."""
    detail = f"the integration maps no {object_name} field: add the mapping, then {SEND_AGAIN}"
    return Part(rules=(rule,), refusal="no_mapping", detail=detail)


def field_names(object_name: str, mapped: Mapping[str, Scalar]) -> tuple[str, ...]:
    """Return the fields that carry data as `Object.Field`."""
    return tuple(f"{object_name}.{name}" for name, value in mapped.items() if not is_blank(value))
