"""
The state of a whole installation on one screen, and what its reader has to do next.

In: what Kafka, the database and the integration files say.  Out: lines of text, one value for `--json`.
Rule of this file: pure; whatever could not be asked is told as such, and never as "nothing waits".
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from connectors.database.org_status import OrgStatus
from connectors.database.statements import ENDED
from connectors.kafka.group_status import Waiting
from processors.model.connection import SENTENCES
from processors.sources.last_good import FaultyFile

LATE_SECONDS = 300.0
"""What has waited for longer than this needs somebody, as the alerts have it."""
SHOWN_FAULTS = 5


@dataclass(frozen=True, slots=True)
class Stage:
    """One kind of process: whether the installation needs it, who runs it, and what waits for it."""

    name: str
    needed: bool
    members: tuple[str, ...] | None
    """None: Kafka did not say."""
    waiting: tuple[Waiting, ...] | None


@dataclass(frozen=True, slots=True)
class OrgView:
    """One org of the ledger, how many of its outcomes are not published yet (None: not known), and since when."""

    org: OrgStatus
    unpublished: int | None
    unpublished_since: float | None = None


@dataclass(frozen=True, slots=True)
class Installation:
    """
    Everything that the screen shows.

    `unasked` are the parts that gave no answer, one line each; a part that is None was not to be had.
    """

    version: str
    at: datetime
    stages: tuple[Stage, ...]
    orgs: tuple[OrgView, ...] | None
    integrations: tuple[str, ...]
    faulty: tuple[FaultyFile, ...]
    missing_topics: tuple[str, ...]
    dead_letters: Mapping[str, int] | None
    unasked: tuple[str, ...] = ()


def screen(found: Installation) -> Iterator[str]:
    """Yield the lines of the screen, each of at most about 120 columns but for names and faults."""
    yield f"Signalbox {found.version}, {found.at:%Y-%m-%d %H:%M:%SZ}"
    yield ""
    yield "Processes"
    now = found.at.timestamp()
    yield from (f"  {line}" for stage in found.stages for line in _stage(stage, now))
    yield "Orgs"
    if found.orgs is None:
        yield "  not known: the database gave no answer"
    elif not found.orgs:
        yield "  none has had a command yet"
    yield from (f"  {line}" for view in found.orgs or () for line in _org(view, now))
    yield "Integrations"
    yield f"  {len(found.integrations)} run{': ' if found.integrations else ''}{', '.join(found.integrations)}"
    yield from (f"  {line}" for file in found.faulty for line in _faulty(file))
    yield "Dead letters"
    if found.dead_letters is None:
        yield "  not known: Kafka gave no answer"
    elif not any(found.dead_letters.values()):
        yield "  none"
    else:
        yield from (f"  {count} in {topic}" for topic, count in found.dead_letters.items() if count)
    yield "What to do"
    todo = list(what_to_do(found))
    yield from (f"  {number}. {line}" for number, line in enumerate(todo, start=1))
    if not todo:
        yield "  Nothing."


def _stage(stage: Stage, now: float) -> Iterator[str]:
    if stage.members is None:
        yield f"{stage.name:<9} not known: Kafka gave no answer"
    elif not stage.members:
        yield f"{stage.name:<9} none runs" + ("" if stage.needed else " (no integration needs it)")
    else:
        yield f"{stage.name:<9} {len(stage.members)} run{'s' if len(stage.members) == 1 else ''}: " + ", ".join(
            stage.members
        )
    for each in stage.waiting or ():
        yield f"{'':<9} {each.messages} wait in {each.topic}, the oldest for {_span(now - each.since)}"


def _org(view: OrgView, now: float) -> Iterator[str]:
    org = view.org
    unfinished = sum(count for state, count in org.states.items() if state not in ENDED)
    oldest = "" if org.oldest_due is None else f", the oldest due for {_span(now - org.oldest_due)}"
    last = "no outcome yet" if org.last_settled is None else f"last outcome {_span(now - org.last_settled)} ago"
    yield f"{org.org}: {unfinished} commands unfinished{oldest}; {last}"
    if view.unpublished is None:
        yield "  how many outcomes are to be published is not known"
    counts = (
        (org.parked, "commands wait for a choice"),
        (org.calls_in_doubt, "API calls without an answer"),
        (view.unpublished, "outcomes to publish"),
    )
    yield from (f"  {count} {what}" for count, what in counts if count)
    for cause in org.broken:
        held = f"; {org.held} commands held" if cause == "field_removed" else ""
        yield f"  the connection is broken: {SENTENCES[cause].what}{held}"


def _faulty(file: FaultyFile) -> Iterator[str]:
    yield f"{file.name} is faulty; {file.meanwhile}"
    yield from (f"  {fault}" for fault in file.faults[:SHOWN_FAULTS])
    if len(file.faults) > SHOWN_FAULTS:
        yield f"  and {len(file.faults) - SHOWN_FAULTS} more; `signalbox check --offline` shows all"


def what_to_do(found: Installation) -> Iterator[str]:
    """Yield what needs somebody, the most urgent first, each with what to do about it."""
    yield from found.unasked
    if found.missing_topics:
        yield f"Topics are missing ({', '.join(found.missing_topics)}): `signalbox topics create`."
    for stage in found.stages:
        if stage.needed and stage.members == ():
            yield f"No {stage.name} runs: start `signalbox run {stage.name}`."
    now = found.at.timestamp()
    for view in found.orgs or ():
        for cause in view.org.broken:
            yield f"{view.org.org}: {SENTENCES[cause].todo}"
        yield from _org_to_do(view, now)
    for file in found.faulty:
        yield f"Mend {file.name} (`signalbox check --offline` shows its faults): every process takes it up by itself."
    for stage in found.stages:
        late = [each.topic for each in stage.waiting or () if now - each.since > LATE_SECONDS]
        if late and stage.members:
            yield f"The {stage.name} is behind in {', '.join(late)}: see the runbook SignalboxLagSecondsHigh."
    if found.dead_letters and any(found.dead_letters.values()):
        yield "Messages could not be read: `signalbox dead-letters list`; see the runbook SignalboxDeadLetters."


def _org_to_do(view: OrgView, now: float) -> Iterator[str]:
    org = view.org
    if org.parked:
        yield f"{org.org}: {org.parked} commands wait for somebody's choice: `signalbox match list`."
    if not org.broken and org.oldest_due is not None and now - org.oldest_due > LATE_SECONDS:
        since = _span(now - org.oldest_due)
        yield f"{org.org}: the oldest command is due for {since}: see the runbook SignalboxNoProgress."
    if view.unpublished_since is not None and now - view.unpublished_since > LATE_SECONDS:
        yield f"{org.org}: {view.unpublished} outcomes are not published: see the runbook SignalboxOrgStopped."


def _span(seconds: float) -> str:
    """Return a span of time in its largest unit, rounded down."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"


def as_value(found: Installation) -> dict[str, object]:
    """Return the screen as one JSON object; moments are seconds since the epoch."""
    return {**asdict(found), "at": found.at.astimezone(UTC).isoformat(), "what_to_do": list(what_to_do(found))}
