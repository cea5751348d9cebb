"""What `signalbox log` prints: one line an outcome, whatever the data holds."""

import io
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.console import Console
from sqlalchemy import Engine
from typer.testing import CliRunner

from connectors.database.audit import AuditFilter, DatabaseAudit
from connectors.database.engine import open_engine
from connectors.database.metadata import metadata
from processors.model.received import Received
from processors.sources.registry import SOURCES
from schemas.outcome import Candidate, Outcome, Refusal, Touched
from schemas.values import Person, PhoneNumber
from signalbox.commands.log import make_log, moment_of, show_log

AT = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
NASTY = "A\r\nb\x1b[31mred\x1b]0;title\x07\u2028\u0085\x9b2J[bold]{x}\u202e"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """Return an audit with one updated, one refused and one nasty outcome."""
    engine = open_engine(f"sqlite:///{tmp_path}/audit.db")
    metadata.create_all(engine)
    refusal = Refusal("Lead", "CODE", "too small", ("Budget__c",))
    add(engine, 1, person=Person("Ada", "Example"), records=(Touched("Lead", "00Q000000000001AAA", "updated"),))
    add(engine, 2, kind="error", reason="salesforce_refused", refusals=(refusal,), integration="other")
    nasty = Person(NASTY, NASTY, NASTY, (NASTY,), NASTY)
    add(engine, 3, kind="error", reason="internal", person=nasty, detail=NASTY, rule_ids=(NASTY,))
    yield engine
    engine.dispose()


def add(engine: Engine, number: int, **changes: Any) -> None:
    """Keep one outcome."""
    given: dict[str, Any] = {
        "outcome_id": f"00000000-0000-5000-8000-{number:012}",
        "kind": "updated",
        "reason": "none",
        "integration": "example-sales",
        "org": "main",
        "contract": "call_result",
        "event_ids": (f"event-{number}",),
        "source_id": "call-1",
        "event_time": AT,
        "command_time": AT,
        "settled_time": AT + timedelta(hours=number),
        "intake_digest": "",
        "executor_digest": "",
        "person": Person("Ada", "Example"),
        "rule_ids": ("VS-9",),
        **changes,
    }
    DatabaseAudit(engine).add([Received(Outcome(**given), "crm.outcome.updated", 0, number)])


def shown(
    engine: Engine,
    wanted: AuditFilter,
    *,
    terminal: bool = False,
    as_json: bool = False,
    width: int = 200,
    addresses: Mapping[str, str] | None = None,
) -> str:
    """Return what is printed."""
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, width=width, color_system="truecolor" if terminal else None)
    show_log(engine, wanted, as_json=as_json, console=console, addresses=addresses or {})
    return file.getvalue()


def test_plain_lines_hold_one_outcome_each(engine: Engine) -> None:
    lines = shown(engine, AuditFilter(), width=20).split("\n")
    assert lines[1] == (
        "2026-03-02T11:15:00Z  error.salesforce_refused  other  Ada Example  -  VS-9  CODE: too small  "
        "00000000-0000-5000-8000-000000000002"
    )
    assert lines[2].split("  ")[1:5] == ["updated", "example-sales", "Ada Example", "Lead:00Q000000000001AAA:updated"]
    assert len(lines) == 4


NAMED = (
    Touched(
        "Lead", "00Q000000000002AAA", "updated", name="Ada Example", owner="Rep One", owner_id="005000000000001AAA"
    ),
    Touched("Task", "00T000000000001AAA", "created"),
)


@pytest.mark.parametrize("contract", sorted(SOURCES))
def test_records_and_owners_are_named_where_their_names_are_known(engine: Engine, contract: str) -> None:
    several = (Candidate("Contact", "003000000000001AAA", "A. Example", owner="Rep Two"), Candidate("Lead", "00Q1"))
    add(engine, 9, contract=contract, records=NAMED, candidates=several)
    first = shown(engine, AuditFilter(), width=20).split("\n")[0]
    assert "  Lead Ada Example (00Q000000000002AAA, owner Rep One):updated, Task:00T000000000001AAA:created  " in first
    assert "  Contact A. Example (003000000000001AAA, owner Rep Two); Lead:00Q1  " in first
    assert "005000000000001AAA" not in first


def test_a_record_in_a_detail_is_told_by_its_name_too(engine: Engine) -> None:
    told = "Lead 00Q000000000002 is linked with 'p-0', 00Q000000000009AAA with nobody"
    add(engine, 9, records=NAMED, detail=told)
    first = shown(engine, AuditFilter(), width=20).split("\n")[0]
    assert "  Lead Ada Example (00Q000000000002) is linked with 'p-0', 00Q000000000009AAA with nobody  " in first


@pytest.mark.parametrize(
    ("person", "told"),
    [
        (Person(full_name="Ada Example", email="ada@example.com"), "Ada Example"),
        (Person(second_email="ada@example.com"), "ada@example.com"),
        (Person(numbers=(PhoneNumber("+4930123", "mobile"),)), "+4930123"),
        (Person(), "-"),
    ],
)
def test_a_person_is_told_by_the_best_that_is_known(engine: Engine, person: Person, told: str) -> None:
    add(engine, 9, person=person)
    assert shown(engine, AuditFilter(), width=20).split("\n")[0].split("  ")[3] == told


def test_on_a_terminal_a_record_leads_into_salesforce(engine: Engine) -> None:
    add(engine, 9, records=NAMED)
    text = shown(engine, AuditFilter(limit=1), terminal=True, addresses={"main": "https://main.example.com"})
    assert "https://main.example.com/00Q000000000002AAA" in text
    assert "https://main.example.com/00T000000000001AAA" in text
    assert "https://" not in shown(engine, AuditFilter(limit=1), addresses={"main": "https://main.example.com"})
    assert "https://" not in shown(engine, AuditFilter(limit=1), terminal=True)


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("width", [60, 120, 200])
def test_nothing_in_the_data_moves_the_cursor_or_begins_a_line_s07(engine: Engine, terminal: bool, width: int) -> None:
    text = shown(engine, AuditFilter(person="red"), terminal=terminal, width=width)
    lines = text.splitlines()
    assert len(lines) == (2 if terminal else 1)
    assert "[bold]" in text or width < 200
    for forbidden in ("\x1b[31mred", "\x1b]", "\x07", "\u2028", "\u0085", "\x9b", "\u202e", "\r"):
        assert forbidden not in text
    if not terminal:
        assert "\x1b" not in text


def test_each_json_line_is_an_outcome_by_itself_s07(engine: Engine) -> None:
    text = shown(engine, AuditFilter(), as_json=True, width=20)
    assert text.isascii()
    outcomes = [json.loads(line) for line in text.splitlines()]
    assert [outcome["kind"] for outcome in outcomes] == ["error", "error", "updated"]
    assert outcomes[0]["person"]["first_name"] == NASTY


def test_the_command_filters_as_its_options_say(engine: Engine) -> None:
    app = typer.Typer()
    app.command()(make_log(lambda: engine, lambda: AT + timedelta(hours=3)))
    run = CliRunner().invoke
    for options, numbers in (
        (["--json"], [3, 2, 1]),
        (["--json", "--integration", "other"], [2]),
        (["--json", "--person", "ada example"], [2, 1]),
        (["--json", "--outcome", "error"], [3, 2]),
        (["--json", "--outcome", "error.internal"], [3]),
        (["--json", "--since", "90m"], [3, 2]),
        (["--json", "--since", "2026-03-02T11:00", "--until", "2026-03-02T12:00"], [2]),
        (["--json", "--until", "2026-03-02T12:00+02:00"], []),
        (["--json", "--limit", "1"], [3]),
        (["--json", "--record", "00Q000000000001AAA"], [1]),
        (["--json", "--event", "event-2"], [2]),
    ):
        result = run(app, options)
        assert result.exit_code == 0, result.output
        assert [int(json.loads(line)["outcome_id"][-3:]) for line in result.output.splitlines()] == numbers
    wrong = run(app, ["--since", "yesterday"])
    assert wrong.exit_code == 2
    assert "is no time" in wrong.output


def test_moments_are_utc_unless_they_say_otherwise() -> None:
    assert moment_of("2026-03-02", AT) == datetime(2026, 3, 2, tzinfo=UTC)
    assert moment_of("2026-03-02T10:00+01:00", AT) == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert moment_of("2d", AT) == AT - timedelta(days=2)
    with pytest.raises(typer.BadParameter):
        moment_of("999999w", AT)
