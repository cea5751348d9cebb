"""
The demo's numbers: what must add up, and the summary that a person reads.

In: what was told, what was seen.  Out: faults (none is good), a table.  Pure.
Rule of this file: a number that does not add up is one clear line, and the demo then fails.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default

from rich.table import Table

from schemas.outcome import Outcome
from signalbox.demo.people import Told


@dataclass(frozen=True, slots=True)
class Seen:
    """What the demo saw: outcomes by ID, mails (recipients, bytes), audit rows, dead letters, the org's own counts."""

    outcomes: Mapping[str, Outcome]
    repeats: int
    mails: Sequence[tuple[tuple[str, ...], bytes]]
    audited: int
    dead_letters: int
    unreadable: int
    api_calls: int
    effects: Mapping[tuple[str, str], int]


def faults(told: Sequence[Told], seen: Seen, recipients: Mapping[str, Sequence[str]]) -> list[str]:
    """Return one line for each number that does not add up."""
    expected = Counter((one.integration, one.outcome) for one in told)
    found = Counter((one.integration, f"{one.kind}.{one.reason}") for one in seen.outcomes.values())
    reused = [key for key in found if key[1] == "error.id_reused"]
    answers = sum(found.values()) - sum(found.pop(key) for key in reused)
    lines = [
        f"{integration} {outcome}: {found[integration, outcome]} outcomes, {expected[integration, outcome]} expected"
        for integration, outcome in sorted(expected.keys() | found.keys())
        if found[integration, outcome] != expected[integration, outcome]
    ]
    checks = [
        ("distinct (event, integration or none) = outcomes", len({one.event.event_id for one in told}), answers),
        ("outcomes seen twice", 0, seen.repeats),
        ("reused event IDs = their errors", 1, len(reused)),
        ("unreadable messages = dead letters", seen.unreadable, seen.dead_letters),
        ("outcomes = audit rows", len(seen.outcomes), seen.audited),
    ]
    lines += [f"{what}: {wanted} ≠ {got}" for what, wanted, got in checks if wanted != got]
    return lines + _unmailed(seen, recipients)


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
        ("mails", len(seen.mails)),
        ("audit rows", seen.audited),
        ("dead letters", seen.dead_letters),
        ("API calls used", seen.api_calls),
    ):
        table.add_row(label, str(count))
    table.add_row("seconds", f"{seconds:.1f}")
    return table
