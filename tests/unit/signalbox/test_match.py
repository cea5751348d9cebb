"""What waits for a choice is shown by name and owner, and so is what was chosen."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from connectors.database.parked import Parked
from schemas.codec import SingleObject
from schemas.notice import Notice
from schemas.outcome import Candidate
from schemas.user_action import UserAction
from schemas.values import Person
from signalbox.cli import app
from signalbox.commands import match

AT = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
LEAD, OTHER = "00Q000000000001AAA", "00Q000000000002AAA"
CANDIDATES = (Candidate("Lead", LEAD, "Ada Example", AT, AT, "Rep One", "005000000000001AAA"), Candidate("Lead", OTHER))
NOTICE = Notice("c-1", "parked", "sales", "main", "e-1", Person(full_name="Ada Example"), "2 match", AT, CANDIDATES)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[UserAction]:
    """Return what is published, while one command is parked."""
    codec, found = SingleObject(), list[UserAction]()
    body = codec.encode("notice", NOTICE.to_avro())
    parked = Parked("c-1", "main", "sales", AT.timestamp(), "2 records match", body)
    monkeypatch.setattr(match, "load_settings", lambda: None)
    monkeypatch.setattr(match, "open_codec", lambda _settings: codec)
    monkeypatch.setattr(match, "migrated_engine", lambda _settings: None)
    monkeypatch.setattr(match, "parked_commands", lambda *_engine, **_wanted: [parked])
    monkeypatch.setattr(match, "_send", lambda _settings, action, _codec: found.append(action))
    return found


def test_nothing_in_a_name_moves_the_cursor(sent: list[UserAction], monkeypatch: pytest.MonkeyPatch) -> None:
    nasty = replace(NOTICE, candidates=(replace(CANDIDATES[0], name="A\x1b[2J\r\nB", owner="C\x9b2JD"),))
    monkeypatch.setattr(match, "_notice", lambda _parked, _codec: nasty)
    lines = CliRunner().invoke(app, ["match", "list"]).output.splitlines()
    assert lines[1] == f"    Lead {LEAD}  A [2J B  owner C 2JD  created 2026-03-02"
    assert (len(lines), sent) == (2, [])


def test_a_candidate_is_shown_by_name_and_owner(sent: list[UserAction]) -> None:
    lines = CliRunner().invoke(app, ["match", "list"]).output.splitlines()
    assert lines[0] == "c-1 sales Ada Example until 2026-03-02 09:15Z 2 records match"
    assert lines[1] == f"    Lead {LEAD}  Ada Example  owner Rep One  created 2026-03-02"
    assert lines[2] == f"    Lead {OTHER}  -"
    assert sent == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--record", LEAD], f"Lead Ada Example ({LEAD})"),
        (["--record", LEAD[:15]], f"Lead Ada Example ({LEAD})"),
        (["--record", OTHER], OTHER),
        (["--new"], "a new record"),
    ],
)
def test_what_was_chosen_is_told_by_its_name(sent: list[UserAction], options: list[str], said: str) -> None:
    told = CliRunner().invoke(app, ["match", "resolve", "c-1", *options]).output
    assert told == f"c-1 goes on with {said}; its outcome follows\n"
    assert [user_action.about for user_action in sent] == ["c-1"]
