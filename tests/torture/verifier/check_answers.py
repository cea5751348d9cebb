"""
I1: each call result is answered once, each unreadable message is kept, and topic, ledger and audit agree.

Rule of this file: pure; one line for each violation, naming the event or the outcome.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from tests.torture.verifier.history import History, LedgerRow, Published, Violation

STEPS = "pbx_call_event"
COORDINATES = "__connect.errors."


def answered_once(history: History) -> Iterator[Violation]:
    """I1a: exactly one outcome for each (event, integration, attempt) that was sent, and none for anything else."""
    wanted = {(item.event_id, item.integration, item.attempt): item for item in history.sent.events}
    answers: dict[tuple[str, str, int], list[Published]] = defaultdict(list)
    for outcome in history.outcomes:
        for event_id in outcome.value["event_ids"]:
            answers[event_id, outcome.value["integration"], outcome.value["attempt"]].append(outcome)
    for key, event in wanted.items():
        found = answers.get(key, [])
        if len(found) != 1:
            yield Violation("I1a", f"event {key[0]} for {key[1]}, attempt {key[2]}: {len(found)} outcomes, not 1")
        elif event.kinds and not _names(found[0].value) & set(event.kinds):
            value = found[0].value
            told = f"{value['kind']}.{value['reason']}"
            yield Violation("I1d", f"event {key[0]} for {key[1]}: {told}, not one of {', '.join(event.kinds)}")
    for key in answers.keys() - wanted.keys():
        yield Violation("I1a", f"outcome for event {key[0]} and {key[1]}, attempt {key[2]}, which was never sent")
    for outcome_id, count in Counter(published.id for published in history.outcomes).items():
        if count > 1:
            yield Violation("I1a", f"outcome {outcome_id} is published {count} times")


def reuse_told_once(history: History) -> Iterator[Violation]:
    """I1a: an event ID that came again with other content has exactly one outcome that names it apart."""
    found = Counter(
        (outcome.value["reused_event_id"], outcome.value["integration"])
        for outcome in history.outcomes
        if outcome.value["reused_event_id"] is not None
    )
    wanted = set(history.sent.reused)
    for key in wanted | set(found):
        if found[key] != (key in wanted):
            yield Violation(
                "I1a", f"reused event {key[0]} for {key[1]}: {found[key]} outcomes, not {int(key in wanted)}"
            )


def unreadable_kept(history: History) -> Iterator[Violation]:
    """I1b: every unreadable message is a dead letter with its bytes and coordinates, and no readable one is."""
    source = {(message.topic, message.partition, message.offset): message.value for message in history.source}
    unreadable = Counter(history.sent.unreadable)
    places: dict[tuple[str, int, int], bytes] = {}
    for letter in history.letters:
        said = {name: letter.headers.get(COORDINATES + name, "") for name in ("topic", "partition", "offset")}
        where = f"dead letter {letter.topic}/{letter.partition}/{letter.offset}"
        if not (said["topic"] and said["partition"].isdigit() and said["offset"].isdigit()):
            yield Violation("I1b", f"{where} does not say which message it keeps")
            continue
        place = (said["topic"], int(said["partition"]), int(said["offset"]))
        places[place] = letter.value
        if source.get(place) != letter.value:
            yield Violation("I1b", f"{where} does not keep the bytes of {'/'.join(map(str, place))}")
        if letter.value not in unreadable:
            yield Violation("I1b", f"{where}: {'/'.join(map(str, place))} can be read")
    kept = Counter(places.values())
    for value, sent in unreadable.items():
        if kept[value] < sent:
            told = f"{kept[value]} dead letters, not {sent}"
            yield Violation("I1b", f"unreadable message of {len(value)} bytes {value[:12].hex()}…: {told}")


def witnesses_agree(history: History) -> Iterator[Violation]:
    """
    I1c: each outcome has its settled row in the ledger, by the same kind, reason and number; nothing waits; a step that
    another one's outcome answers (`absorbed`) has none of its own.
    """
    if history.ledger is None:
        return
    rows = {row.id: row for row in history.ledger}
    for outcome in history.outcomes:
        row = rows.get(outcome.id)
        told = (outcome.value["kind"], outcome.value["reason"], outcome.sequence)
        if row is None or row.state != "settled":
            yield Violation("I1c", f"outcome {outcome.id} is published, and the ledger has not settled it")
        elif (row.kind, row.reason, row.sequence) != told:
            kept = (row.kind, row.reason, row.sequence)
            yield Violation("I1c", f"outcome {outcome.id}: topic says {told}, ledger says {kept}")
    published = {outcome.id for outcome in history.outcomes}
    for row in history.ledger:
        if row.state == "absorbed":
            yield from _absorbed(row, published)
        elif row.state != "settled":
            yield Violation("I1c", f"command {row.id} of {row.org} is still {row.state}")
        elif row.id not in published:
            yield Violation("I1c", f"command {row.id} of {row.org} is settled, and its outcome is not published")


def _absorbed(row: LedgerRow, published: set[str]) -> Iterator[Violation]:
    if row.contract != STEPS:
        yield Violation("I1c", f"command {row.id} of {row.org} is absorbed, and a {row.contract} is no step of a call")
    if row.id in published or row.sequence is not None or row.kind is not None:
        yield Violation("I1c", f"command {row.id} of {row.org} is absorbed, and has an outcome of its own")


def audit_agrees(history: History) -> Iterator[Violation]:
    """I1c: each outcome is in the audit as it was published, and nothing else is."""
    if history.audit is None:
        return
    rows = {row.outcome_id: row for row in history.audit}
    for outcome in history.outcomes:
        row = rows.pop(outcome.id, None)
        told = (outcome.value["kind"], outcome.value["reason"], outcome.value["integration"])
        if row is None:
            yield Violation("I1c", f"outcome {outcome.id} is not in the audit")
        elif (row.kind, row.reason, row.integration) != told:
            yield Violation("I1c", f"outcome {outcome.id}: the audit says {(row.kind, row.reason, row.integration)}")
    for outcome_id in rows.keys() - {outcome.id for outcome in history.outcomes}:
        yield Violation("I1c", f"the audit has outcome {outcome_id}, which was never published")


def sequences_whole(history: History) -> Iterator[Violation]:
    """I1c: the numbers of each org, notices among them, are 1, 2, 3 … without a gap, and rise in every partition."""
    numbers: dict[str, list[int]] = defaultdict(list)
    last: dict[tuple[str, int, str], int] = {}
    for outcome in (*history.outcomes, *history.notices):
        org = str(outcome.value["org"])
        numbers[org].append(outcome.sequence)
        lane = (outcome.topic, outcome.partition, org)
        if outcome.sequence <= last.get(lane, 0):
            where = f"{outcome.topic}/{outcome.partition}/{outcome.offset}"
            yield Violation("I1c", f"{where}: number {outcome.sequence} of {org} follows {last[lane]}")
        last[lane] = outcome.sequence
    for org, found in numbers.items():
        missing = sorted(set(range(1, max(found) + 1)) - set(found))
        if missing:
            yield Violation(
                "I1c", f"org {org}: number {missing[0]} is missing among {max(found)} ({len(missing)} in all)"
            )
        for number, count in Counter(found).items():
            if count > 1:
                yield Violation("I1c", f"org {org}: number {number} was given {count} times")


def notices_once(history: History) -> Iterator[Violation]:
    """I1e: a notice comes once; what is resumed was parked before; whatever it is about has its outcome after it."""
    ended = {outcome.id: outcome.sequence for outcome in history.outcomes}
    told: dict[tuple[str, str], int] = {}
    for notice in sorted(history.notices, key=lambda published: published.sequence):
        about, kind = str(notice.value["command_id"]), str(notice.value["kind"])
        if (about, kind) in told:
            yield Violation("I1e", f"command {about} is told to be {kind} more than once")
        if kind == "connection_mended" and (about, "connection_broken") not in told:
            yield Violation("I1e", f"connection {about} is told to be mended, and was never told to be broken")
        if kind == "resumed" and (about, "parked") not in told:
            yield Violation("I1e", f"command {about} is told to be resumed, and was never told to be parked")
        if ended.get(about, notice.sequence + 1) < notice.sequence:
            yield Violation("I1e", f"command {about} is told to be {kind} after its outcome")
        told[about, kind] = notice.sequence
    # A connection has no outcome: it breaks, and may still be broken.
    for about in {about for about, kind in told if not kind.startswith("connection_")} - ended.keys():
        yield Violation("I1e", f"command {about} was told to wait, and has no outcome")


def _names(outcome: Mapping[str, Any]) -> set[str]:
    """Return how the input may name what it expects: the kind alone, or `kind.reason`."""
    return {str(outcome["kind"]), f"{outcome['kind']}.{outcome['reason']}"}
