"""Kind *receipt is no order*: events whose time is that of their receipt write, are repeats, and hold none up."""

from typing import Any

from tests.cases.conftest import Play
from tests.cases.test_own_records import ANN, booking, result

AT: dict[str, Any] = {"time_is_receipt": True}


def titled(number: int, title: str, minute: int, **more: Any) -> dict[str, Any]:
    """Return a step that publishes a result of Ann's with a title, resulted at that minute."""
    return result(number, ANN, minute, fields={"title": title}, **more)


def test_a_repeat_that_is_received_later_is_a_repeat(play: Play) -> None:
    run = play([titled(1, "Boss", 1, **AT)])
    again = titled(1, "Boss", 9, **AT)["events"][0]
    run.publish("crm.event.call-result", again)
    assert [outcome.reason for outcome in run.outcomes()] == ["none"]


def test_what_is_received_writes_and_holds_no_event_up(play: Play) -> None:
    run = play([titled(1, "Clerk", 10), titled(2, "Boss", 5, **AT)])
    assert run.row("Lead")["Title"] == "Boss"
    # An event of a known time is compared with the last known one, not with the receipt.
    run.play([titled(3, "Intern", 9)])
    assert (run.row("Lead")["Title"], run.outcomes()[-1].reason) == ("Boss", "stale")
    run.play([titled(4, "Chief", 11)])
    assert run.row("Lead")["Title"] == "Chief"


def test_a_time_of_receipt_is_no_time_for_what_comes_after(play: Play) -> None:
    run = play([titled(1, "Clerk", 30, **AT), titled(2, "Boss", 5)])
    assert run.row("Lead")["Title"] == "Boss"


def test_a_cancelled_booking_stays_cancelled_whatever_is_received_later(play: Play) -> None:
    run = play([booking(1, ANN), booking(2, ANN, status="cancelled", **AT), booking(3, ANN, status="moved", **AT)])
    assert [outcome.reason for outcome in run.outcomes()] == ["none", "activity_cancelled", "superseded"]
