"""
What one contract brings to the stages: the shape of a row of `processors/sources/registry.py`.

In: nothing.  Out: `Source` and its parts, which each source's folder fills in its own `source.py`.
Rule of this file: shapes and defaults alone; a stage asks the row and never which contract it has before it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from processors.deciding.case import Case
from processors.integration.catalog import Integrations
from processors.integration.filters import unmet
from processors.integration.model import OBJECTS, Integration
from processors.model.call import Call
from processors.model.decision import Decision
from processors.model.rule_table import Table
from processors.sources.words import SourceWords
from schemas.command import Command, SourceRecord
from schemas.outcome import Reason
from schemas.values import Agent, Person, Scalar

States: TypeAlias = Mapping[str, bytes]
"""What the ledger keeps of a source's entities, by source ID."""


class Event(Protocol):
    """What every event has, whatever its contract."""

    @property
    def event_id(self) -> str:
        """The ID under which the source application sent it."""
        ...

    @property
    def event_time(self) -> datetime:
        """When it happened at the source."""
        ...

    @property
    def source_id(self) -> str:
        """The ID of the source entity that it is about."""
        ...

    @property
    def person(self) -> Person:
        """Whom it is about."""
        ...

    @property
    def agent(self) -> Agent | None:
        """Who acted, where that is known."""
        ...

    def to_avro(self) -> dict[str, Any]:
        """Return the value as its contract writes it."""
        ...


E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Reader(Generic[E]):
    """
    How a contract's value becomes an event.

    `identity` names the fields that make an event's identity: none of them may be blank (design section 3, point 8).
    `time` names the field that holds its time: it is no content where the event says that it is that of its receipt.
    """

    event: type[E]
    read: Callable[[Mapping[str, Any]], E]
    identity: tuple[str, ...] = ("event_id",)
    time: str | None = None


def _fires_nothing(_event: Event, _integrations: Integrations) -> Integration | None:
    return None


def _event_time(event: Event) -> datetime:
    return event.event_time


def _never(_event: Event) -> bool:
    return False


def _not_refused(_event: Event, _settings: Integration) -> tuple[Reason, str] | None:
    return None


def filters_unmet(event: Event, settings: Integration) -> str | None:
    """Return the name of the filter that the event does not meet, or None."""
    found = unmet(settings.filters, event)
    return found.name if found else None


def _known_words(_event: Event) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Trigger(Generic[E]):
    """
    Which integration an event fires, and what keeps it from being applied.

    Attributes:
        fires: The enabled integration that wants the event, or None.
        happened: The moment that is compared with `active_from`.
        initial: Whether the event is part of an initial import, which is older than any activation.
        refused: The reason and the rule ID where the integration does not take such events now.
        condition: The name of the condition that leaves the event out.
        unknown: The name of a field that holds a word of a later version of the contract.
        rules: Rule IDs of an event that is applied.
    """

    fires: Callable[[E, Integrations], Integration | None] = _fires_nothing
    happened: Callable[[E], datetime] = _event_time
    initial: Callable[[E], bool] = _never
    refused: Callable[[E, Integration], tuple[Reason, str] | None] = _not_refused
    condition: Callable[[E, Integration], str | None] = filters_unmet
    unknown: Callable[[E], str | None] = _known_words
    rules: tuple[str, ...] = ()


def _as_made(made: Command, _event: Event, _settings: Integration) -> Command:
    return made


def _alone(_event: Any) -> tuple[Any, ...]:
    return ()


def _without_further_people(made: Command, _further_people: tuple[Command, ...]) -> Command:
    return made


@dataclass(frozen=True, slots=True)
class CommandMapping(Generic[E]):
    """
    What only the commands of a contract carry.

    Attributes:
        objects: The field maps that an event fills, by their key in `map`.
        complete: Returns the command with what only events of this contract have.
        live: Whether somebody waits for the event, so that no schedule holds it back.
        further_people: The event as it were about each person who comes along with its own.
        with_further_people: Returns the command with what is mapped of these.
    """

    objects: tuple[str, ...] = OBJECTS
    complete: Callable[[Command, E, Integration], Command] = _as_made
    live: Callable[[E], bool] = _never
    further_people: Callable[[E], tuple[E, ...]] = _alone
    with_further_people: Callable[[Command, tuple[Command, ...]], Command] = _without_further_people


def with_record(made: Command, record: SourceRecord) -> Command:
    """Return the command of a record of the source; one that is no more there carries neither keys nor fields."""
    if not record.is_ended:
        return replace(made, record=record)
    nothing: dict[str, Any] = {name: {} for name in OBJECTS}
    return replace(made, record=record, keys=(), unmapped=(), defaulted=(), **nothing)


def _no_ids(_command: Command) -> tuple[str, ...]:
    return ()


def _no_further(_states: States) -> tuple[str, ...]:
    return ()


def _none(_command: Command, _states: States) -> tuple[str, ...]:
    return ()


def _nothing_kept(_command: Command) -> States:
    return {}


def _mapped_activity(command: Command, _call: Call | None, _settings: Integration) -> Mapping[str, Scalar]:
    return command.activity


def _as_it_is(command: Command, _states: States) -> Command:
    return command


@dataclass(frozen=True, slots=True)
class Related:
    """
    What the executor reads around a command, and what it keeps of it.

    Attributes:
        source_states: Source IDs whose state the command needs.
        further: Source IDs that a state leads to (a booking that was moved again).
        resumed: Returns the command with what its state says.
        effects: Effect keys of the activities that the command may have.
        chain: Source IDs whose records are the command's own too (bookings that replace each other).
        people: IDs of leads and contacts that the states of the chain name.
        deletes_activity: The command may delete its activity, whose record is read therefore.
        activity_history: The activity's fields keep a history: a newer event wins in each field (EG-5).
        owned: Its records get an owner by name, whether activities are logged or not.
        names_record: `salesforce_id` is a user's own choice, not one key among others.
        activity: Returns what the integration maps for the activity, by mapped name.
        left_out: What is kept of a command that the intake left out, by source ID.
    """

    source_states: Callable[[Command], tuple[str, ...]] = _no_ids
    further: Callable[[States], tuple[str, ...]] = _no_further
    resumed: Callable[[Command, States], Command] = _as_it_is
    effects: Callable[[Command, States], tuple[str, ...]] = _none
    chain: Callable[[Command, States], tuple[str, ...]] = _none
    people: Callable[[Command, States], tuple[str, ...]] = _none
    deletes_activity: bool = False
    activity_history: bool = False
    owned: bool = False
    names_record: bool = False
    activity: Callable[[Command, Call | None, Integration], Mapping[str, Scalar]] = _mapped_activity
    left_out: Callable[[Command], States] = _nothing_kept


@dataclass(frozen=True, slots=True)
class Source(Generic[E]):
    """
    One contract. Without a `reader` it has no source topic: its commands are made inside.

    `settings` is the class of the integrations that carry out its commands.
    """

    contract: str
    settings: type[Integration]
    decide: Callable[[Case], Decision]
    reader: Reader[E] | None = None
    trigger: Trigger[E] = field(default_factory=Trigger)
    mapping: CommandMapping[E] = field(default_factory=CommandMapping)
    related: Related = field(default_factory=Related)
    rules: tuple[Table, ...] = ()
    words: SourceWords = field(default_factory=SourceWords)
