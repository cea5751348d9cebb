"""
The demo's numbers: what must add up, and the summary that a person reads.

In: what was told, what was seen.  Out: faults (none is good), a table.  Pure.
Rule of this file: a number that does not add up is one clear line, and the demo then fails.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default

from rich.table import Table

from schemas.outcome import Outcome
from schemas.topics import OUTCOME_KINDS
from signalbox.demo.told import Told

AMENDING = frozenset({"activity.activity_updated", "updated.none"})
"""The outcomes of a step that comes when its call is logged already."""


@dataclass(frozen=True, slots=True)
class Seen:
    """
    What the demo saw: outcomes by ID, notices by kind, mails (recipients, bytes), audit rows, dead letters, the org's
    own counts; `talk` is the seconds of talk that its Tasks say.
    """

    outcomes: Mapping[str, Outcome]
    repeats: int
    mails: Sequence[tuple[tuple[str, ...], bytes]]
    audited: int
    dead_letters: int
    unreadable: int
    api_calls: int
    effects: Mapping[tuple[str, str], int]
    notices: Mapping[str, int] = field(default_factory=dict)
    talk: int = 0

    def left(self, name: str) -> int:
        """Return how many records of an object there are more than before."""
        return self.effects.get((name, "created"), 0) - self.effects.get((name, "deleted"), 0)


def faults(told: Sequence[Told], seen: Seen, recipients: Mapping[str, Sequence[str]]) -> list[str]:
    """Return one line for each number that does not add up."""
    expected = Counter((one.integration, one.outcome) for one in told)
    found = _found(told, seen)
    reused = [one for one in seen.outcomes.values() if one.reason == "id_reused"]
    lines = [
        f"{integration} {outcome}: {found[integration, outcome]} events, {expected[integration, outcome]} expected"
        for integration, outcome in sorted(expected.keys() | found.keys())
        if found[integration, outcome] != expected[integration, outcome]
    ]
    parked = choices(told)
    checks = [
        ("distinct (event, integration or none) = events listed in outcomes", len(told), found.total()),
        ("events listed twice", 0, sum(count - 1 for count in _listed(seen).values())),
        ("outcomes seen twice", 0, seen.repeats),
        ("reused event IDs = their errors", 1, len(reused)),
        ("unreadable messages = dead letters", seen.unreadable, seen.dead_letters),
        ("outcomes = audit rows", len(seen.outcomes), seen.audited),
        ("commands with a choice to make = parked", parked, seen.notices.get("parked", 0)),
        ("parked = resumed", parked, seen.notices.get("resumed", 0)),
        ("calls logged and logs by hand = Tasks in the org", sum(one.tasks for one in told), seen.left("Task")),
        ("bookings that stand = Events in the org", sum(one.events for one in told), seen.left("Event")),
        ("seconds of talk = what the Tasks say", sum(one.talk for one in told), seen.talk),
    ]
    lines += [f"{what}: {wanted} ≠ {got}" for what, wanted, got in checks if wanted != got]
    return lines + _unmailed(seen, recipients)


def choices(told: Sequence[Told]) -> int:
    """Return how many commands are parked until someone chooses."""
    return len({one.about for one in told if one.about})


def _found(told: Sequence[Told], seen: Seen) -> Counter[tuple[str, str]]:
    """Return how many events are listed by (integration, outcome): a call's outcome lists each of its steps."""
    disordered = {one.event.event_id: one.outcome for one in told if one.amends}
    found: Counter[tuple[str, str]] = Counter()
    for outcome in seen.outcomes.values():
        name = f"{outcome.kind}.{outcome.reason}"
        for event_id in outcome.event_ids:
            # Which steps of a call in disorder come before its first outcome is chance; that they come once is not.
            meant = disordered.get(event_id, name) if name in AMENDING else name
            found[outcome.integration, meant] += 1
    return found


def _listed(seen: Seen) -> Counter[tuple[str, str]]:
    return Counter((one.integration, event_id) for one in seen.outcomes.values() for event_id in one.event_ids)


def _unmailed(seen: Seen, recipients: Mapping[str, Sequence[str]]) -> list[str]:
    told: dict[str, str] = {}
    for addressed, data in seen.mails:
        for address in addressed:
            told[address] = told.get(address, "") + _text(data)
    return [
        f"outcome {outcome.outcome_id} is in no mail to {address}"
        for outcome in seen.outcomes.values()
        if outcome.kind == "error"
        for address in recipients.get(outcome.integration, ())
        if outcome.outcome_id not in told.get(address, "")
    ]


def _text(data: bytes) -> str:
    body = message_from_bytes(data, policy=default).get_body(("plain",))
    return body.get_content() if body is not None else ""


def cases(told: Sequence[Told], seen: Seen) -> Table:
    """Return how each case ended: outcomes by their kind, a row for each case in the order in which they are told."""
    case_of = {one.event.event_id: one.case for one in told}
    counted = Counter(
        (case_of.get(next(iter(one.event_ids), ""), "event ID used again"), str(one.kind))
        for one in seen.outcomes.values()
    )
    table = Table(title="What came in, and its outcomes", title_justify="left", padding=(0, 0), collapse_padding=True)
    table.add_column("")
    for kind in OUTCOME_KINDS:
        table.add_column(kind, justify="right")
    for case in dict.fromkeys([*(one.case for one in told), *(case for case, _ in counted)]):
        table.add_row(case, *(str(counted[case, kind] or "") for kind in OUTCOME_KINDS))
    return table


def summary(seen: Seen, seconds: float) -> Table:
    """Return what came of it all, as a table."""
    table = Table(title="What became of it", title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    kinds = Counter(f"{one.kind}.{one.reason}".removesuffix(".none") for one in seen.outcomes.values())
    for kind, count in sorted(kinds.items()):
        table.add_row(f"outcome {kind}", str(count))
    table.add_section()
    for (name, what), count in sorted(seen.effects.items()):
        table.add_row(f"org: {name} {what}", str(count))
    table.add_section()
    for label, count in (
        ("Tasks in the org", seen.left("Task")),
        ("Events in the org", seen.left("Event")),
        ("parked for a choice", seen.notices.get("parked", 0)),
        ("resumed by one", seen.notices.get("resumed", 0)),
        ("mails", len(seen.mails)),
        ("audit rows", seen.audited),
        ("dead letters", seen.dead_letters),
        ("API calls used", seen.api_calls),
    ):
        table.add_row(label, str(count))
    table.add_row("seconds", f"{seconds:.1f}")
    return table
