"""
Bookings that replace each other are one chain: one state, and one activity through every reschedule.

In: a booking's change, what the ledger keeps of its bookings.  Out: the chain after it, and what is to be kept.
Rule of this file: pure; a chain's state is that of its last booking (one that no other replaces), by the newest change,
in whatever order changes arrive. The chain's first booking known, its root, names the activity.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import TypeAdapter

from processors.sources.booking.attendees import NOTHING, Attendee, Attendees, Rank, StatusChange
from schemas.command import Command
from schemas.values import Agent, Scalar


@dataclass(frozen=True, slots=True)
class Content:
    """What the change that counts said of the meeting itself: kept where several attendees may come."""

    activity: Mapping[str, Scalar]
    started: datetime | None
    ended: datetime | None
    zone: str | None
    all_day: bool | None
    agent: Agent | None

    def of(self, command: Command) -> Command:
        """Return *command* as if it said this."""
        booking = replace(command.booking, all_day=self.all_day) if command.booking else None
        return replace(
            command,
            activity=self.activity,
            started=self.started,
            ended=self.ended,
            zone=self.zone,
            agent=self.agent,
            booking=booking,
        )


def content_of(command: Command) -> Content:
    """Return what *command* says of the meeting itself."""
    all_day = command.booking.all_day if command.booking else None
    return Content(command.activity, command.started, command.ended, command.zone, all_day, command.agent)


@dataclass(frozen=True, slots=True)
class Chain:
    """
    What is kept of a booking: the root of its chain; and of the chain, if it is the root itself.

    `members` are all its bookings, `replaced` those that another one names as its previous one. The change that counts
    is that of `booking`, at `time`, to `status`; None where none has arrived. `owner` is the ID of the user whom an
    event gave the activity to; None where that is not known. `noted` is the time of the newest status that did nothing
    but set fields of the activity. `attendees` are all who were told of, and `off` is the newest cancellation of the
    whole; the change that counts is then the newest one that is no cancellation of one attendee. `content` is what it
    said, where the source tells attendees apart: the activity may have to be made anew by an older change.
    """

    root: str
    members: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    booking: str | None = None
    time: datetime | None = None
    status: str | None = None
    owner: str | None = None
    noted: datetime | None = None
    attendees: tuple[Attendee, ...] = ()
    off: StatusChange = NOTHING
    content: Content | None = None

    @property
    def change(self) -> StatusChange:
        """The change that counts."""
        return StatusChange(self.booking, self.time, self.status)


_CHAIN = TypeAdapter(Chain)


def to_state(chain: Chain) -> bytes:
    """Return the chain as the ledger keeps it."""
    return _CHAIN.dump_json(chain)


def from_state(state: bytes) -> Chain:
    """Return a chain that the ledger kept."""
    return _CHAIN.validate_json(state)


def chain_of(booking: str, source_states: Mapping[str, bytes]) -> Chain:
    """Return the chain that *booking* belongs to; one of its own where nothing is kept of it."""
    seen, name = {booking}, booking
    while name in source_states:
        chain = from_state(source_states[name])
        if chain.root == name:
            return chain
        if chain.root in seen:
            break
        seen.add(chain.root)
        name = chain.root
    return Chain(name, tuple(dict.fromkeys((name, booking))))


def previous_of(command: Command) -> str | None:
    """Return the booking that the command's one replaces; None where it names none, or itself."""
    previous = command.booking.previous if command.booking else None
    return None if not previous or previous == command.source_id else previous


@dataclass(frozen=True, slots=True)
class JoinedChains:
    """
    A booking's chains with its change among them: `after` is their state (of which the root is still to be chosen).

    `applies`: the change is the one that counts. `before` are the one or two chains as they were, the one whose state
    counts first. `time` is when the change is taken to have happened, `replaced` are bookings that others replace.
    """

    after: Chain
    before: tuple[Chain, ...]
    applies: bool
    time: datetime
    replaced: frozenset[str] = frozenset()

    def owner(self, root: str) -> str | None:
        """Return the user whom an earlier event gave the activity of *root* to; None where that is not known."""
        return next((chain.owner for chain in self.before if chain.root == root), None)

    @property
    def noted(self) -> datetime | None:
        """Return the time of the newest status that set fields alone."""
        return max((chain.noted for chain in self.before if chain.noted), default=None)

    def noting(self, root: str, attendees: Attendees, time: datetime | None = None) -> dict[str, bytes]:
        """
        Return what the ledger must keep of the chain of *root* after a status that set fields alone, or was noted of an
        attendee; *time* is that of a status whose fields were set.
        """
        return {
            chain.root: to_state(replace(chain, noted=time or chain.noted, attendees=attendees.everybody))
            for chain in self.before
            if chain.root == root and chain.time is not None
        }

    def with_attendees(self, attendees: Attendees, command: Command) -> "JoinedChains":
        """Return the chains with who comes after the change, and with what it says where it counts."""
        content = self.after.content
        if self.applies and self.after.status != "cancelled":
            content = content_of(command) if any(attendee.id for attendee in attendees.everybody) else None
        after = replace(self.after, attendees=attendees.everybody, off=attendees.off, content=content)
        return replace(self, after=after)

    def states(self, root: str, owner: str | None) -> dict[str, bytes]:
        """Return what the ledger must keep of every booking of the chain, now that *root* is its root."""
        whole = replace(self.after, root=root, owner=owner, noted=self.noted)
        return {member: to_state(whole if member == root else Chain(root)) for member in whole.members}


def join_chains(command: Command, source_states: Mapping[str, bytes]) -> JoinedChains:
    """Return the chains of the command's booking and of the one that it replaces, made one, with its change."""
    previous = previous_of(command)
    # The previous one first: where nothing is known of either, the activity is named after the first booking.
    chains = [chain_of(booking, source_states) for booking in (previous, command.source_id) if booking]
    before = list({chain.root: chain for chain in chains}.values())
    replaced = {booking for chain in before for booking in chain.replaced} | ({previous} if previous else set())

    def rank(chain: Chain) -> Rank:
        return chain.change.rank(replaced)

    before.sort(key=rank, reverse=True)
    change = command.booking
    time = command.event_time
    if command.time_is_receipt and before[0].time is not None:
        # No proof of order: it stands at the time of the change so far, and the later step of a booking's life counts.
        time = before[0].time
    mine = Chain(command.source_id, booking=command.source_id, time=time, status=change.status if change else None)
    # Who cancels for themselves alone says nothing of the meeting.
    applies = not (change and change.status == "cancelled" and change.attendee_id) and rank(mine) >= rank(before[0])
    members = dict.fromkeys([member for chain in before for member in chain.members] + [command.source_id])
    after = replace(
        mine if applies else before[0], members=tuple(members), replaced=tuple(sorted(replaced & set(members)))
    )
    return JoinedChains(after, tuple(before), applies, time, frozenset(replaced))
