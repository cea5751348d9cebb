"""
The demo's flow: start the parts, publish, watch, add up.

In: a seed, a console.  Out: an exit code: 0 where every number adds up, 1 otherwise.
Rule of this file: it publishes and reads as anybody could; it looks into nothing of ours but the ledger's audit.
"""

import signal
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from connectors.database.audit import AuditFilter, DatabaseAudit
from connectors.database.engine import open_engine
from processors.model.errors import Transient
from processors.sources.load import load_integrations
from schemas.codec import SingleObject
from signalbox.demo import people, script
from signalbox.demo.deliver import Deliver
from signalbox.demo.display import OutcomeReader, show_outcomes
from signalbox.demo.edits import Editor
from signalbox.demo.numbers import Observed, cases, choices, faults, summary
from signalbox.demo.parts import NotStarted, Parts, running_parts

BOUND_SECONDS = 120.0
CODEC = SingleObject()
_DONE = {"create": "created", "update": "updated", "convert": "converted", "delete": "deleted"}


@dataclass(frozen=True, slots=True)
class Before:
    """What the org had counted before: API calls and effects."""

    calls: int
    effects: int


def run_demo(seed: int, *, serve: bool, console: Console) -> int:
    """Run the demo; return the exit code."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # Also where a shell started it in the background and has Ctrl-C ignored.
        signal.signal(number, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="signalbox-demo-") as folder:
        try:
            console.print("Starting an embedded Kafka, a simulated org, a mail receiver, five processes ...")
            with running_parts(Path(folder), script.existing_records()) as parts:
                code = _play(parts, seed, console)
                if serve:
                    _serve(parts, console)
                return code
        except NotStarted as failure:
            console.print(str(failure), style="red", highlight=False, markup=False)
            return 1
        except KeyboardInterrupt:
            console.print("Stopped.")
            return 130


def _play(parts: Parts, seed: int, console: Console) -> int:
    began = time.monotonic()
    whole_script = script.Script(seed, people.start_time())
    expectations = whole_script.expectations()
    edits, last = whole_script.edits(expectations)
    editor = Editor(parts.control, edits, last, parts.record_ids, lambda: parts.is_ready("changes"))
    # Beside what is told: an event ID used again, and the links that end with a deleted record.
    expected = (
        len({expectation.event.event_id for expectation in expectations})
        + 1
        + sum(edit.delete and edit.back is not None for edit in edits)
    )
    notices = 2 * choices(expectations)
    audit = DatabaseAudit(open_engine(parts.database))
    recipients = {
        name: integration.recipients
        for name, integration in load_integrations(parts.folder / "integrations").by_name.items()
    }
    reader = OutcomeReader(parts.kafka, CODEC, parts.listeners)
    before = Before(_api_calls(parts), len(parts.control.effects()))
    deliver = Deliver(parts.kafka, CODEC, expectations, parts.record_ids)
    deliver.begin(people.with_reused_id(expectations))

    def done() -> bool:
        died = parts.died()
        if died is not None:
            raise NotStarted(died)
        late = time.monotonic() - began > BOUND_SECONDS
        whole = reader.answered >= expected and len(reader.notices) >= notices
        if whole:
            # Changes come in their order: once this one is back, whatever we wrote ourselves has been read too.
            editor.finish()
        whole = whole and last.name in _back(editor, reader)
        return late or (whole and _settled(parts, reader, deliver, audit, recipients))

    show_outcomes(
        reader,
        expected,
        done,
        console,
        lambda fresh: deliver.saw(fresh.outcomes, fresh.notices, editor.saw(fresh.outcomes)),
    )
    reader.close()
    seen = _seen(parts, reader, deliver, editor, _audited(audit), before)
    console.print(cases(expectations, seen))
    console.print(summary(seen, time.monotonic() - began))
    return _tell(faults(expectations, seen, recipients), deliver.messages, expected, len(seen.outcomes), console)


def _back(editor: Editor, reader: OutcomeReader) -> set[str]:
    """Return the edits by people whose records came back."""
    records = {change.record_id for change in reader.changes.values()}
    return {edited.edit.name for edited in editor.made if edited.record_id in records}


def _seen(
    parts: Parts, reader: OutcomeReader, deliver: Deliver, editor: Editor, audited: int, before: Before
) -> Observed:
    """Return what was seen, and what the org counts of it beyond what it had before."""
    written = parts.control.effects()[before.effects :]
    return Observed(
        outcomes=reader.outcomes,
        repeats=reader.repeats,
        mails=list(parts.post.mails),
        audited=audited,
        dead_letters=len(reader.dead_letters),
        unreadable=deliver.unreadable,
        api_calls=_api_calls(parts) - before.calls,
        effects=Counter((item["object"], _DONE[item["kind"]]) for item in written),
        notices=Counter(kind for _, kind in reader.notices),
        talk=_talk(written),
        changes=reader.changes,
        edited=editor.made,
    )


def _tell(wrong: Sequence[str], messages: int, events: int, outcomes: int, console: Console) -> int:
    """Say whether the numbers add up; return the exit code."""
    for line in wrong:
        console.print(f"does not add up: {line}", style="red", highlight=False, markup=False, soft_wrap=True)
    if not wrong:
        text = f"All numbers add up: {messages} messages delivered, {events} events, each answered once"
        console.print(f"{text}, in {outcomes} outcomes.", style="green", highlight=False, soft_wrap=True)
    return 1 if wrong else 0


def _talk(effects: Sequence[Mapping[str, Any]]) -> int:
    """Return the seconds of talk that the Tasks say after all that was written to them."""
    said: dict[str, int] = {}
    for effect in effects:
        if effect["object"] == "Task" and effect["after"].get("CallDurationInSeconds") is not None:
            said[effect["id"]] = effect["after"]["CallDurationInSeconds"]
    return sum(said.values())


def _settled(
    parts: Parts, reader: OutcomeReader, deliver: Deliver, audit: DatabaseAudit, recipients: Mapping[str, Sequence[str]]
) -> bool:
    """Whether audit and mails have caught up with the outcomes."""
    if len(reader.dead_letters) < deliver.unreadable or _audited(audit) < len(reader.outcomes):
        return False
    errors = [outcome for outcome in reader.outcomes.values() if outcome.kind == "error"]
    wanted = {(error.outcome_id, to) for error in errors for to in recipients.get(error.integration, ())}
    mailed = {(to, data) for addressed, data in parts.post.mails for to in addressed}
    return all(
        any(to == address and outcome_id.encode() in data for to, data in mailed) for outcome_id, address in wanted
    )


def _audited(audit: DatabaseAudit) -> int:
    try:
        return sum(audit.count(AuditFilter()).values())
    except Transient:
        return 0


def _api_calls(parts: Parts) -> int:
    return int(parts.control.calls()["used"])


def _serve(parts: Parts, console: Console) -> None:
    """Stay up until Ctrl-C, and tell where everything is."""
    console.print("Everything stays up until Ctrl-C:", highlight=False)
    console.print(f"  settings   SIGNALBOX_SETTINGS={parts.folder / 'signalbox.yaml'}", highlight=False, soft_wrap=True)
    for name, port in parts.ports.items():
        console.print(f"  {name:<10} http://127.0.0.1:{port}/metrics  /livez  /readyz", highlight=False)
    console.print(f"  org        {parts.org_url}", highlight=False)
    console.print(f"  mails      {parts.folder / 'mails'}", highlight=False, soft_wrap=True)
    while parts.died() is None:
        time.sleep(0.5)
    raise NotStarted(parts.died() or "")
