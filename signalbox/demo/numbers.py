"""
The demo's numbers: what must add up, and the summary that a person reads.

In: what was told, what was seen.  Out: faults (none is good), a table.  Pure.
Rule of this file: a number that does not add up is one clear line, and the demo then fails.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from email.policy import default

from rich.table import Table

from schemas.call_result import CallResult
from schemas.change import Change
from schemas.outcome import Outcome
from schemas.topics import OUTCOME_KINDS
from signalbox.demo.edits import Edited
from signalbox.demo.expected import Expectation
from signalbox.demo.people import BUDGETS

_WRITING = ("created.none", "updated.none", "converted.none")
AMENDING = frozenset({"activity.activity_updated", "updated.none", "updated.unchanged"})
"""The outcomes of a step that comes when its call is logged already; one that adds nothing leaves all as it is."""

STALE = "skipped.stale"
"""The outcome of an event that a newer one about the same person has overtaken."""


@dataclass(frozen=True, slots=True)
class Observed:
    """
    What the demo saw: outcomes by ID, notices by kind, mails (recipients, bytes), audit rows, dead letters, changes
    that came back by ID, edits that people made, the org's own counts; `talk` is the seconds of talk that its Tasks
    say.
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
    changes: Mapping[str, Change] = field(default_factory=dict)
    edited: Sequence[Edited] = ()

    def left(self, name: str) -> int:
        """Return how many records of an object there are more than before."""
        return self.effects.get((name, "created"), 0) - self.effects.get((name, "deleted"), 0)


def faults(expectations: Sequence[Expectation], seen: Observed, recipients: Mapping[str, Sequence[str]]) -> list[str]:
    """Return one line for each number that does not add up."""
    expected = Counter((expectation.integration, expectation.outcome) for expectation in expectations)
    expected += Counter((name, "skipped.record_deleted") for name in _dropped(seen))
    found = _found(expectations, seen)
    reused = [outcome for outcome in seen.outcomes.values() if outcome.reason == "id_reused"]
    lines = [
        f"{integration} {outcome}: {found[integration, outcome]} events, {expected[integration, outcome]} expected"
        for integration, outcome in sorted(expected.keys() | found.keys())
        if found[integration, outcome] != expected[integration, outcome]
    ]
    parked = choices(expectations)
    checks = [
        ("distinct (event, integration or none) = events listed in outcomes", expected.total(), found.total()),
        ("events listed twice", 0, sum(count - 1 for count in _listed(seen).values())),
        ("outcomes seen twice", 0, seen.repeats),
        ("reused event IDs = their errors", 1, len(reused)),
        ("unreadable messages = dead letters", seen.unreadable, seen.dead_letters),
        ("outcomes = audit rows", len(seen.outcomes), seen.audited),
        ("commands with a choice to make = parked", parked, seen.notices.get("parked", 0)),
        ("parked = resumed", parked, seen.notices.get("resumed", 0)),
        (
            "calls, logs by hand and field activities = Tasks in the org",
            sum(expectation.tasks for expectation in expectations),
            seen.left("Task"),
        ),
        (
            "bookings that stand and visits = Events in the org",
            sum(expectation.events for expectation in expectations),
            seen.left("Event"),
        ),
        ("budgets as people write them = values conformed or left out", len(BUDGETS), _unfit(seen)),
        ("seconds of talk = what the Tasks say", sum(expectation.talk for expectation in expectations), seen.talk),
    ]
    lines += _not_back(seen)
    lines += [f"{what}: {wanted} ≠ {got}" for what, wanted, got in checks if wanted != got]
    return lines + _unmailed(seen, recipients)


def _unfit(seen: Observed) -> int:
    """Return how many values were conformed or left out."""
    return sum(len(outcome.conformed_fields) + len(outcome.dropped_fields) for outcome in seen.outcomes.values())


def _dropped(seen: Observed) -> list[str]:
    """Return the integration of each linked record that a person deleted: an outcome tells that its link is dropped."""
    return [edited.edit.back for edited in seen.edited if edited.edit.delete and edited.edit.back is not None]


def _not_back(seen: Observed) -> list[str]:
    """Return a line for each record whose edits did not come back, each once; what we wrote ourselves never does."""
    wanted = Counter(edited.record_id for edited in seen.edited if edited.edit.back is not None)
    found = Counter(change.record_id for change in seen.changes.values())
    return [
        f"edits of record {record} by people = changes that came back: {wanted[record]} ≠ {found[record]}"
        for record in sorted(wanted.keys() | found.keys())
        if wanted[record] != found[record]
    ]


def choices(expectations: Sequence[Expectation]) -> int:
    """Return how many commands are parked until someone chooses."""
    return len({expectation.about for expectation in expectations if expectation.about})


def _found(expectations: Sequence[Expectation], seen: Observed) -> Counter[tuple[str, str]]:
    """Return how many events are listed by (integration, outcome): a call's outcome lists each of its steps."""
    disordered = {expectation.event.event_id: expectation.outcome for expectation in expectations if expectation.amends}
    overtaken = _overtaken(expectations)
    found: Counter[tuple[str, str]] = Counter()
    for outcome in seen.outcomes.values():
        name = f"{outcome.kind}.{outcome.reason}"
        for event_id in outcome.event_ids:
            # Which steps of a call in disorder come before its first outcome is chance; that they come once is not.
            meant = disordered.get(event_id, name) if name in AMENDING else name
            # So is which of two calls about a person is decided first; then the older one leaves what the newer wrote.
            meant = overtaken.get(event_id, meant) if name == STALE else meant
            found[outcome.integration, meant] += 1
    return found


def _overtaken(expectations: Sequence[Expectation]) -> dict[str, str]:
    """Return the call results that a newer one about the same person may overtake, with what is counted of them."""
    results = [
        expectation
        for expectation in expectations
        if isinstance(expectation.event, CallResult) and expectation.outcome in _WRITING
    ]
    newest: dict[str | None, datetime] = {}
    for result in results:
        email = result.event.person.email
        newest[email] = max(result.event.event_time, newest.get(email, result.event.event_time))
    return {
        expected.event.event_id: "updated.none"
        for expected in results
        if expected.event.event_time < newest[expected.event.person.email]
    }


def _listed(seen: Observed) -> Counter[tuple[str, str]]:
    return Counter(
        (outcome.integration, event_id) for outcome in seen.outcomes.values() for event_id in outcome.event_ids
    )


def _unmailed(seen: Observed, recipients: Mapping[str, Sequence[str]]) -> list[str]:
    mailed: dict[str, str] = {}
    for addressed, data in seen.mails:
        for address in addressed:
            mailed[address] = mailed.get(address, "") + _text(data)
    return [
        f"outcome {outcome.outcome_id} is in no mail to {address}"
        for outcome in seen.outcomes.values()
        if outcome.kind == "error"
        for address in recipients.get(outcome.integration, ())
        if outcome.outcome_id not in mailed.get(address, "")
    ]


def _text(data: bytes) -> str:
    body = message_from_bytes(data, policy=default).get_body(("plain",))
    return body.get_content() if body is not None else ""


_EXTRA = {"change": "deleted in Salesforce"}
"""What outcomes are about whose events nobody told: by their contract."""


def cases(expectations: Sequence[Expectation], seen: Observed) -> Table:
    """Return how each case ended: outcomes by their kind, a row for each case in the order in which they are told."""
    case_of = {expectation.event.event_id: expectation.case for expectation in expectations}
    counted = Counter(
        (
            case_of.get(next(iter(outcome.event_ids), ""), _EXTRA.get(outcome.contract, "event ID used again")),
            str(outcome.kind),
        )
        for outcome in seen.outcomes.values()
    )
    table = Table(title="What came in, and its outcomes", title_justify="left", padding=(0, 0), collapse_padding=True)
    table.add_column("")
    for kind in OUTCOME_KINDS:
        table.add_column(kind, justify="right")
    for case in dict.fromkeys([*(expectation.case for expectation in expectations), *(case for case, _ in counted)]):
        table.add_row(case, *(str(counted[case, kind] or "") for kind in OUTCOME_KINDS))
    return table


def summary(seen: Observed, seconds: float) -> Table:
    """Return what came of it all, as a table."""
    table = Table(title="What became of it", title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    kinds = Counter(f"{outcome.kind}.{outcome.reason}".removesuffix(".none") for outcome in seen.outcomes.values())
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
        ("values conformed to their fields", sum(len(outcome.conformed_fields) for outcome in seen.outcomes.values())),
        ("values left out", sum(len(outcome.dropped_fields) for outcome in seen.outcomes.values())),
        ("edits by people to come back", sum(edited.edit.back is not None for edited in seen.edited)),
        ("changes that came back", len(seen.changes)),
        ("mails", len(seen.mails)),
        ("audit rows", seen.audited),
        ("dead letters", seen.dead_letters),
        ("API calls used", seen.api_calls),
    ):
        table.add_row(label, str(count))
    table.add_row("seconds", f"{seconds:.1f}")
    return table
