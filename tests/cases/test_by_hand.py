"""What a user logs by hand: what they say of it counts, whatever source its integration has."""

from typing import Any

import pytest

from tests.cases.conftest import Play
from tests.cases.runner import AGENTS
from tests.cases.test_external_ids import ACTIVITIES, ANN_OF_ACME, FILES, by_hand, has
from tests.cases.test_references import email_of

SOURCES = pytest.mark.parametrize("source", sorted(set(ACTIVITIES) - {"user-action"}))
FIRST, SECOND = AGENTS


def logged(source: str, **more: Any) -> Any:
    said = {"integration": FILES[source], "agent": {"email": SECOND}, "description": "About the roof"}
    return by_hand(None, **{**said, **more})


def file(source: str, more: str = "") -> dict[str, str]:
    """Return the integration of the source, with more lines."""
    return {FILES[source]: ACTIVITIES[source] + more}


@SOURCES
def test_an_activity_is_logged_as_the_integration_says(play: Play, source: str) -> None:
    times = {"started": "2026-11-27T20:00:00Z", "ended": "2026-11-27T20:30:00Z"}
    run = play([has("Contact", ANN_OF_ACME), logged(source, **times)], **file(source))
    row = run.row("Event" if source == "booking" else "Task")
    assert (row["Subject"], row["Description"]) == ("Talked", "About the roof")
    assert row["WhoId"] == run.row("Contact")["Id"]
    assert email_of(run, row["OwnerId"]) == SECOND
    if source == "booking":
        assert (row["StartDateTime"][:16], row["EndDateTime"][:16]) == ("2026-11-27T20:00", "2026-11-27T20:30")
    else:
        assert (row["Status"], row["ActivityDate"]) == ("Completed", "2026-11-27")


def test_an_event_that_is_logged_without_times_is_at_the_moment_of_the_action(play: Play) -> None:
    run = play([has("Contact", ANN_OF_ACME), logged("booking")], **file("booking"))
    row = run.row("Event")
    assert (row["StartDateTime"][:16], row["EndDateTime"][:16]) == ("2026-11-27T21:00",) * 2


@SOURCES
def test_a_task_that_a_user_creates_is_a_task_in_every_integration(play: Play, source: str) -> None:
    due = {"action": "create_task", "due": "2026-12-04T09:00:00Z"}
    more = "map: { activity: { ShowAs: { constant: Free } } }\n" if source == "booking" else ""
    run = play([has("Contact", ANN_OF_ACME), logged(source, **due)], **file(source, more))
    row = run.row("Task")
    assert (row["Subject"], row["Status"], row["ActivityDate"]) == ("Talked", "Not Started", "2026-12-04")
    assert run.rows("Event") == []


@SOURCES
def test_a_default_of_the_map_stands_in_for_what_the_user_does_not_say_alone(play: Play, source: str) -> None:
    more = "map: { activity: { Subject: { from: fields.about, default: From the map } } }\n"
    run = play(
        [has("Contact", ANN_OF_ACME), logged(source), logged(source, event_id="u-2", subject=" ")], **file(source, more)
    )
    rows = run.rows("Event" if source == "booking" else "Task")
    assert [row["Subject"] for row in rows] == ["Talked", "From the map"]


def test_what_is_mapped_and_filled_stands_over_what_the_user_says(play: Play) -> None:
    more = "map: { activity: { Subject: { from: fields.about, default: From the map } } }\n"
    run = play([has("Contact", ANN_OF_ACME), by_hand("Roof", integration="results")], **file("call-result", more))
    assert run.row("Task")["Subject"] == "Roof"


@SOURCES
def test_who_acted_owns_it_though_the_integration_logs_nothing_by_itself(play: Play, source: str) -> None:
    off = {
        name: text.replace("activity: { enabled: true", "activity: { enabled: false")
        for name, text in file(source).items()
    }
    run = play([has("Contact", ANN_OF_ACME), logged(source)], **off)
    assert email_of(run, run.row("Event" if source == "booking" else "Task")["OwnerId"]) == SECOND
