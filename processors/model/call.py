"""
A finished telephone call, assembled from the steps of its legs.

In: nothing.  Out: the value that stages after *assemble* see.
Rule of this file: values alone; how steps become a call is in `assemble.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from schemas.pbx_call_event import CallDirection, CallStep, Party
from schemas.values import Agent, FieldValue, Person

AnsweredBy: TypeAlias = Literal["person", "queue", "ivr", "ring_group", "voicemail"]
"""Who answered a call: somebody, or a machine of the network."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """One transfer: how, from whom, to whom, when."""

    kind: Literal["blind", "attended"]
    at: datetime
    by: Agent | None = None
    to: Party | None = None


@dataclass(frozen=True, slots=True)
class FurtherPerson:
    """Somebody else outside who was in the call: by E.164 number, and which way the call went as they see it."""

    number: str
    party: Party
    direction: CallDirection


@dataclass(frozen=True, slots=True)
class Call:
    """
    One call with all that its steps told (XB-13).

    `outside` is the person outside the network (None: a call inside it, or a number withheld). Durations are seconds:
    `talk` from the first answer of a person to the end, `ring` until then, `duration` of the whole call; what the
    network counts itself wins. `answered_by` is `person`, or the machine that answered last where nobody did. `ended`
    None, with `timed_out`: it never ended for us. `agent` is the last user who spoke to the person, else who was
    called. `steps` are all steps, in time order, so that one that comes later can be put among them. `further` are the
    other people outside who were in it (a conference, a call passed on to another company).
    """

    call_id: str
    direction: CallDirection
    outside: Party | None
    participants: tuple[Party, ...]
    started: datetime
    answered: datetime | None = None
    ended: datetime | None = None
    talk: float = 0.0
    ring: float = 0.0
    duration: float = 0.0
    cause: str | None = None
    agent: Agent | None = None
    transfers: tuple[Transfer, ...] = ()
    conference: bool = False
    recording: str | None = None
    zone: str | None = None
    timed_out: bool = False
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    steps: tuple[CallStep, ...] = ()
    answered_by: AnsweredBy | None = None
    further: tuple[FurtherPerson, ...] = ()

    @property
    def person(self) -> Person:
        """The person outside, as far as the PBX knows them."""
        outside = self.outside
        return Person(
            last_name=outside.name if outside else None, phones=(outside.number,) if outside and outside.number else ()
        )
