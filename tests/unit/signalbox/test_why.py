"""`signalbox why`: who wrote a field, in words that a reader can follow."""

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from connectors.database.engine import open_engine
from connectors.database.ledger import SqlLedger
from connectors.database.migrate import migrate
from processors.model.field_history import LastWrite, fields_to_json, seen, written_entry
from processors.model.ledger import LedgerTransaction
from signalbox.cli import app

LEAD_15, LEAD = "00Q000000000001", "00Q000000000001EAA"
OTHER = "00Q000000000002EAA"
AT = "2026-03-02T09:30:00.000Z"
CLOCK = LastWrite(
    AT,
    "e-2",
    "c-2",
    "calls",
    "call_result",
    ("VS-9", "1F-overwrite"),
    "Boss\x1b[2J",
    None,
    "map.lead.Title: person.title",
)
runner = CliRunner()


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Engine:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIGNALBOX_DATABASE", "sqlite:///here.db")
    opened = open_engine("sqlite:///here.db")
    migrate(opened)
    return opened


def keep(engine: Engine, org: str = "main", clock: LastWrite = CLOCK) -> None:
    ledger = SqlLedger(engine)
    ledger.apply(
        ledger.take_lease(org, "one"),
        LedgerTransaction(field_history={LEAD: fields_to_json(written_entry("Title", clock))}),
    )


@pytest.mark.parametrize("record", [LEAD, LEAD_15])
@pytest.mark.parametrize("field", ["Title", "Lead.Title", "title"])
def test_beyond_7_why_tells_event_mapping_rules_values_and_outcome(engine: Engine, record: str, field: str) -> None:
    keep(engine)
    shown = runner.invoke(app, ["why", record, field])
    assert shown.exit_code == 0
    assert shown.output.splitlines() == [
        f"Title of {LEAD} in main: 'Boss\\x1b[2J'",
        f"  event        e-2 (call_result) of {AT}",
        "  integration  calls",
        "  mapping      map.lead.Title: person.title",
        "  rules        VS-9 1F-overwrite",
        "  before       blank",
        "  outcome      c-2 (signalbox log --event e-2)",
    ]


def test_why_as_json_tells_each_org_that_knows_the_record(engine: Engine) -> None:
    keep(engine)
    keep(engine, "other")
    shown = runner.invoke(app, ["why", LEAD, "Title", "--json"])
    found = [json.loads(line) for line in shown.output.splitlines()]
    assert [item["org"] for item in found] == ["main", "other"]
    assert found[0]["value"] == "Boss\x1b[2J"
    assert (found[0]["outcome_id"], found[0]["rules"], found[0]["confirmed"]) == ("c-2", ["VS-9", "1F-overwrite"], None)
    alone = runner.invoke(app, ["why", LEAD, "Title", "--org", "other", "--json"])
    assert [json.loads(line)["org"] for line in alone.output.splitlines()] == ["other"]


def test_why_tells_the_later_event_that_found_the_value_there(engine: Engine) -> None:
    keep(engine)
    ledger = SqlLedger(engine)
    more = fields_to_json(seen("Title", "2026-03-02T09:31:00.000Z", "e-3"))
    ledger.apply(ledger.take_lease("main", "one"), LedgerTransaction(field_history={LEAD: more}))
    shown = runner.invoke(app, ["why", LEAD, "Title"])
    assert shown.output.splitlines()[-1] == "  confirmed    by event e-3 of 2026-03-02T09:31:00.000Z"


NOTHING = "nothing is known of {} of {}: we never wrote it, or over 400 days ago; of this record we wrote {}"


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (["Ann", "Title"], 2, "'Ann' is no record ID: give its 15 or 18 letters and digits"),
        ([LEAD, "Phone"], 1, NOTHING.format("Phone", LEAD, "Title")),
        ([OTHER, "Title"], 1, NOTHING.format("Title", OTHER, "no field at all")),
        ([LEAD, "Title", "--org", "x"], 1, NOTHING.format("Title", f"{LEAD} in org x", "no field at all")),
    ],
)
def test_why_says_in_one_line_what_it_does_not_know(engine: Engine, arguments: list[str], code: int, line: str) -> None:
    keep(engine)
    shown = runner.invoke(app, ["why", *arguments])
    assert shown.exit_code == code
    assert shown.output.splitlines() == [line]
