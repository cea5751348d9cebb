"""Steps of a call, in whatever order and however often they come, become one call."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.sources.pbx_call.assemble import assemble, over
from schemas.pbx_call_event import CallStep, Party
from schemas.values import Agent

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ALICE, BOB = Agent("alice@example.com", "Alice"), Agent("bob@example.com", "Bob")
ANN = Party("external", number="+4930901820", name="Ann Example")
EXT_ALICE, EXT_BOB = Party("internal", extension="201"), Party("internal", extension="202")

NAMED_BOB = Party("internal", extension="202", name="Bob")


def step(name: str, seconds: float, leg: str = "1", **fields: object) -> CallStep:
    """Return a step so many seconds after the call's start."""
    return CallStep(name, START + timedelta(seconds=seconds), leg, **fields)  # type: ignore[arg-type]  # test data


def inbound() -> list[CallStep]:
    """Ann calls Alice, who passes her on to Bob."""
    return [
        step("started", 0, direction="inbound", caller=ANN, callee=EXT_ALICE),
        step("ringing", 1, user=ALICE, caller=ANN, callee=EXT_ALICE, zone="Europe/Berlin"),
        step("answered", 8, user=ALICE),
        step("transferred_blind", 30, user=ALICE, to_leg="2", transfer_to=EXT_BOB),
        step("ended", 30.5, cause="transferred"),
        step("ringing", 31, "2", user=BOB, caller=ANN, callee=EXT_BOB),
        step("answered", 35, "2", user=BOB, fields={"queue": "sales"}),
        step("ended", 95, "2", cause="normal"),
    ]


def test_xb_13_a_transferred_call_says_who_spoke_how_long_and_who_passed_it_on_to_whom() -> None:
    """XB-13: participants, type, duration, date and time, transfers."""
    call = assemble("c-1", inbound(), "DE")
    assert call.direction == "inbound"
    assert call.outside == ANN
    assert [(participant.name, participant.extension) for participant in call.participants] == [
        ("Ann Example", None),
        ("Alice", "201"),
        ("Bob", "202"),
    ]
    assert (call.started, call.answered, call.ended) == (
        START,
        START + timedelta(seconds=8),
        START + timedelta(seconds=95),
    )
    assert (call.ring, call.talk) == (8.0, 87.0)
    assert [(transfer.kind, transfer.by, transfer.to) for transfer in call.transfers] == [("blind", ALICE, NAMED_BOB)]
    assert (call.agent, call.cause, call.zone, call.fields) == (BOB, "normal", "Europe/Berlin", {"queue": "sales"})


@given(st.data())
def test_any_order_and_repetition_of_steps_makes_the_same_call(data: st.DataObject) -> None:
    """Steps come in any order, and any of them again."""
    steps = inbound()
    again = data.draw(st.lists(st.sampled_from(steps), max_size=6))
    drawn = data.draw(st.permutations(steps + again))
    assert assemble("c-1", drawn, "DE") == assemble("c-1", steps, "DE")
    assert over(drawn)


@given(st.lists(st.sampled_from(inbound()), min_size=1))
def test_a_call_with_steps_missing_is_assembled_all_the_same(some: list[CallStep]) -> None:
    """Whatever is missing, what is there makes a call of non-negative times, and one and the same in any order."""
    call = assemble("c-1", some, "DE")
    assert call == assemble("c-1", list(reversed(some)), "DE")
    assert call.talk >= 0
    assert call.ring >= 0
    assert (call.ended is not None) == over(some)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([], False),
        ([step("started", 0)], False),
        ([step("ended", 9)], True),
        ([step("recorded", 9, recording="https://pbx.example.com/r/1")], False),
        ([step("started", 0), step("ended", 9)], True),
        ([step("transferred_blind", 5, to_leg="2"), step("ended", 9)], False),
        ([step("transferred_blind", 5, to_leg="2"), step("ended", 9), step("ended", 20, "2")], True),
        ([step("started", 0), step("ringing", 1, "2"), step("ended", 9)], False),
        ([step("ended", 9, "a"), step("recorded", 60, "b")], True),
        ([step("ended", 9), step("held", 5), step("other", 99, "x")], True),
    ],
)
def test_a_call_is_over_when_each_leg_seen_or_named_has_ended(steps: list[CallStep], *, expected: bool) -> None:
    """A recording and other late steps do not open it again."""
    assert over(steps) is expected


def test_a_recording_that_comes_later_is_the_only_thing_that_changes() -> None:
    """It amends the call, and prolongs nothing."""
    before = assemble("c-1", inbound(), "DE")
    late = step("recorded", 600, recording="https://pbx.example.com/r/1")
    after = assemble("c-1", [*inbound(), late], "DE")
    assert after.recording == "https://pbx.example.com/r/1"
    assert (after.talk, after.ring, after.ended, after.agent) == (before.talk, before.ring, before.ended, before.agent)


def test_a_call_that_never_ended_speaks_until_its_last_step() -> None:
    """It says so, and its end stays open."""
    call = assemble("c-1", [*inbound()[:3], step("held", 50)], "DE", timed_out=True)
    assert (call.ended, call.timed_out, call.talk) == (None, True, 42.0)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([step("started", 0, caller=ANN, callee=EXT_ALICE)], "inbound"),
        ([step("started", 0, caller=EXT_ALICE, callee=ANN)], "outbound"),
        ([step("started", 0, caller=EXT_ALICE, callee=EXT_BOB)], "internal"),
        ([step("started", 0, direction="inbound", caller=EXT_ALICE, callee=EXT_BOB)], "internal"),
        ([step("started", 0, caller=Party(number="201"), callee=Party(number="202"))], "internal"),
        ([step("started", 0, caller=Party(number="030 901820"), callee=Party(number="202"))], "inbound"),
        ([step("started", 0, caller=Party("external"), callee=EXT_BOB)], "inbound"),
        ([step("started", 0, direction="inbound", callee=EXT_BOB)], "inbound"),
        ([step("started", 0, direction="internal")], "internal"),
        ([step("started", 0)], "unknown"),
        ([step("transferred_blind", 9, transfer_to=ANN, caller=EXT_ALICE, callee=EXT_BOB)], "outbound"),
    ],
)
def test_xb_16_the_direction_is_told_by_steps_or_parties(steps: list[CallStep], expected: str) -> None:
    """XB-16: who is on the network is known by kind, extension or short number."""
    assert assemble("c-1", steps, "DE").direction == expected


def test_someone_asked_aside_is_not_who_spoke_with_the_person_outside() -> None:
    """A consultation on an inner leg that nothing was passed on to."""
    aside = [
        step("started", 20, "2", direction="internal", caller=EXT_ALICE, callee=EXT_BOB),
        step("answered", 22, "2", user=BOB),
        step("ended", 120, "2"),
    ]
    own = [*inbound()[:3], step("ended", 60)]
    assert assemble("c-1", own + aside, "DE").agent == ALICE


def test_nobody_answered_then_the_call_is_theirs_who_was_called_first() -> None:
    """A missed call."""
    steps = [inbound()[0], inbound()[1], step("ended", 20, cause="no_answer")]
    call = assemble("c-1", steps, "DE")
    assert (call.agent, call.answered, call.talk, call.ring) == (ALICE, None, 0.0, 20.0)


def test_a_transfer_without_a_named_target_goes_to_whom_its_leg_called() -> None:
    """Attended, and the step names the leg alone."""
    steps = [*inbound()[:3], step("transferred_attended", 30, to_leg="2"), *inbound()[4:]]
    (transfer,) = assemble("c-1", steps, "DE").transfers
    assert (transfer.kind, transfer.by, transfer.to) == ("attended", ALICE, NAMED_BOB)


def test_a_user_on_an_inner_leg_is_named_where_the_other_end_is_known() -> None:
    """The name that a leg between two users gives belongs to the one who has none yet."""
    leg = [step("answered", 35, "2", user=BOB, caller=EXT_ALICE, callee=EXT_BOB), step("ended", 60, "2")]
    call = assemble("c-1", [*inbound()[:5], *leg], "DE")
    assert [participant.name for participant in call.participants] == ["Ann Example", "Alice", "Bob"]


def test_a_conference_is_noted_with_everyone_in_it() -> None:
    """All participants, each once."""
    joined = step("conference_joined", 40, "3", user=BOB, callee=Party("external", number="+442079460018"))
    call = assemble("c-1", [*inbound(), joined, step("ended", 90, "3")], "DE")
    assert call.conference
    assert call.outside == ANN
    assert len(call.participants) == 4


def test_a_call_without_steps_is_refused() -> None:
    """There is nothing to tell."""
    with pytest.raises(ValueError, match="c-1 has no step"):
        assemble("c-1", [], "DE")
