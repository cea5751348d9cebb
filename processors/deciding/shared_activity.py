"""
One interaction, one activity: a call result and the PBX's record of the same call share one Task.

In: a command with its person and agent, what the ledger keeps of both integrations.  Out: the effect key that the
activity has, and what is to be kept.
Rule of this file: pure; the same interaction is the same person and agent at times that overlap or lie within
`WINDOW`. Whoever comes first names the activity, whoever comes later amends it; each source writes its own fields.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import TypeAdapter

from processors.deciding.case import Case
from processors.integration.model import Integration
from processors.model.call import Call
from processors.model.rule_table import Book
from schemas.command import Command
from schemas.values import Scalar

WINDOW = 120.0
"""Seconds between two records of one interaction at the most (from the end of one to the start of the other)."""

PREFIX = "with:"
"""What the source IDs begin with under which interactions are kept."""

KEPT = 50
"""Interactions of one person with one agent that are kept, the latest."""


@dataclass(frozen=True, slots=True)
class Interaction:
    """One record of an interaction: its source ID, from when to when (seconds since the epoch), and its activity."""

    source_id: str
    start: float
    end: float
    effect: str

    def meets(self, start: float, end: float) -> bool:
        """Whether another record with these times is one of the same interaction."""
        return max(self.start, start) - min(self.end, end) <= WINDOW


_KEPT = TypeAdapter(tuple[Interaction, ...])


def names(command: Command, settings: Integration | None, person: Iterable[str]) -> tuple[str, ...]:
    """Return under which source IDs the interactions of this person with this agent are kept; none where not joined."""
    agent = command.agent
    acted = ((agent.email or agent.name) if agent else None) or ""
    if settings is None or settings.activity.one_with is None or not acted.strip():
        return ()
    return tuple(f"{PREFIX}{name}|{acted.strip().casefold()}" for name in person)


def times(command: Command, call: Call | None) -> tuple[float, float]:
    """Return from when to when it was, in seconds since the epoch; without times it is the moment of its event."""
    started, ended = (call.started, call.ended) if call else (command.started, command.ended)
    end = ended or command.event_time
    return _seconds(started or end), _seconds(end)


def _seconds(moment: datetime) -> float:
    return moment.timestamp()


def read(bodies: Iterable[bytes]) -> tuple[Interaction, ...]:
    """Return the interactions kept in these bodies, each once."""
    return tuple(dict.fromkeys(interaction for body in bodies for interaction in _KEPT.validate_json(body)))


def shared_effect(own: str, source_id: str, start: float, end: float, kept: Sequence[Interaction]) -> str:
    """
    Return the effect key of the activity of *source_id*: what it had before, that of its interaction, or *own*.

    Of several that meet it the nearest in time is taken, then the earliest.
    """
    before = [interaction for interaction in kept if interaction.source_id == source_id]
    if before:
        return before[0].effect
    met = [interaction for interaction in kept if interaction.meets(start, end)]
    if not met:
        return own
    return min(
        met, key=lambda interaction: (abs(interaction.start - start), interaction.start, interaction.effect)
    ).effect


def updated_interactions(kept: Sequence[Interaction], mine: Interaction) -> bytes:
    """Return what is to be kept: these, with *mine* in its present form."""
    others = [interaction for interaction in kept if interaction.source_id != mine.source_id]
    latest = sorted([*others, mine], key=lambda interaction: interaction.end)[-KEPT:]
    return _KEPT.dump_json(tuple(latest))


@dataclass(frozen=True, slots=True)
class Joint:
    """The activity of an interaction: its effect key, whether another source has a part in it, what is to be kept."""

    effect: str
    shared: bool = False
    source_states: Mapping[str, bytes] = field(default_factory=dict)


def joint(case: Case, own: str) -> Joint:
    """Return the activity that the command's interaction has; *own* is the effect key that it would have alone."""
    if not case.match.together:
        return Joint(own)
    source_id = f"{case.command.integration}/{case.command.source_id}"
    start, end = times(case.command, case.call)
    known = read(body for bodies in case.match.together.values() for body in bodies)
    effect = shared_effect(own, source_id, start, end, known)
    mine = Interaction(source_id, start, end, effect)
    shared = any(interaction.effect == effect and interaction.source_id != source_id for interaction in known)
    own_ones = [
        interaction for interaction in known if interaction.source_id.startswith(f"{case.command.integration}/")
    ]
    return Joint(effect, shared, {name: updated_interactions(own_ones, mine) for name in case.match.together})


def own_fields(source: str, fields: Mapping[str, Scalar], shared: bool, book: Book) -> dict[str, Scalar]:
    """Return the fields that *source* writes of an activity: of a shared one those that are not the other's."""
    if not shared:
        return dict(fields)
    return {
        name: value
        for name, value in fields.items()
        if book.row("shared_activity", source, _GROUPS.get(name, "other")).then == "write"
    }


_GROUPS: Mapping[str, str] = {
    "CallDurationInSeconds": "duration",
    "CallType": "duration",
    "ActivityDate": "duration",
    "Description": "description",
    "Subject": "subject",
    "CallDisposition": "disposition",
}
