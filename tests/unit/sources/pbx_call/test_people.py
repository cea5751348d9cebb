"""Whom a call is logged for, under which keys, and what the ledger keeps of that."""

from dataclasses import replace
from datetime import timedelta

import pytest

from processors.matching.index import Index
from processors.matching.match import match_person
from processors.sources.pbx_call.assemble import assemble
from processors.sources.pbx_call.decide import decide_call, effects, state_of
from processors.sources.pbx_call.people import call_state_from_json, key_of_further
from processors.sources.pbx_call.person_activity import PersonActivity
from schemas.identity import effect_key
from schemas.pbx_call_event import CallDirection, CallStep, Party
from tests.unit.deciding.rules.cases_calls import (
    AGENT,
    ALICE,
    ANN,
    CONFERENCE,
    NUMBER,
    SECOND,
    a_lead,
    case_of,
    pbx,
    second_contact,
    steps,
)
from tests.unit.deciding.rules.scenarios import NOW

OTHER = str(SECOND.number)


def test_the_first_keeps_the_calls_key_and_a_further_one_has_their_number_in_it() -> None:
    """As literal values: a change here would log every conference anew."""
    decision = decide_call(case_of((a_lead(), second_contact()), CONFERENCE, pbx()))
    first, second = decision.steps
    assert first.effect == effect_key("pbx", "call-1", "activity")
    assert second.effect == effect_key("pbx", "call-1", f"activity/{OTHER}")
    assert call_state_from_json(decision.source_states["call-1"]).numbers == (NUMBER, OTHER)


def test_the_numbers_are_kept_in_the_order_in_which_they_had_a_task() -> None:
    """Who becomes known later comes behind, though the call began with them."""
    case = case_of((second_contact(),), CONFERENCE, pbx())
    assert call_state_from_json(decide_call(case).source_states["call-1"]).numbers == (OTHER,)
    known = case_of((a_lead(), second_contact()), CONFERENCE, pbx())
    kept = {"call-1": state_of(assemble("call-1", CONFERENCE, "DE"), (OTHER,))}
    decision = decide_call(replace(known, match=replace(known.match, source_states=kept)))
    assert call_state_from_json(decision.source_states["call-1"]).numbers == (OTHER, NUMBER)
    assert decision.steps[0].effect == key_of_further(known.command, NUMBER)


def test_a_call_with_one_person_is_kept_as_release_0_1_0_keeps_it() -> None:
    """Steps alone, so that both can read it."""
    decision = decide_call(case_of((a_lead(),), steps(), pbx()))
    assert decision.source_states["call-1"].startswith(b"[")
    assert call_state_from_json(decision.source_states["call-1"]).numbers == ()


def test_every_key_that_somebody_may_have_is_asked_for() -> None:
    """Of those who are in the call now, and of those who have a Task already."""
    case = case_of((), CONFERENCE, pbx())
    kept = {"call-1": state_of(assemble("call-1", CONFERENCE, "DE"), ("+4930901899",))}
    asked = effects(case.command, kept)
    wanted = {key_of_further(case.command, text) for text in (NUMBER, OTHER, "+4930901899")}
    assert set(asked) == {effect_key("pbx", "call-1", "activity"), *wanted}


@pytest.mark.parametrize(
    ("caller", "callee", "direction"),
    [
        (ANN, Party("external", number="+4930999999"), "inbound"),
        (Party("external", number="+4930999999"), ANN, "outbound"),
    ],
)
def test_our_own_number_is_nobody(caller: Party, callee: Party, direction: CallDirection) -> None:
    """Where both ends of a first leg are outside."""
    begun, *more = steps("inbound", caller=caller, callee=callee)
    told = [replace(begun, direction=direction), *more]
    call = assemble("call-1", told, "DE")
    assert (call.outside, call.further) == (ANN, ())


def test_who_joins_with_a_withheld_number_is_a_participant_alone() -> None:
    """There is no number to look up."""
    hidden = Party("external", number="anonymous")
    joined = CallStep("conference_joined", NOW + timedelta(seconds=20), "2", caller=ALICE, callee=hidden, user=AGENT)
    ended = CallStep("ended", NOW + timedelta(seconds=68), "2")
    assert assemble("call-1", [*steps(), joined, ended], "DE").further == ()


def test_a_further_person_is_matched_by_their_number_alone() -> None:
    """What matches the first one is not theirs."""
    case = case_of((a_lead(), second_contact()), CONFERENCE, pbx())
    match = match_person(case.command, pbx(), Index((a_lead(), second_contact()), "DE"), {})
    assert ([person.object for person in match.people], list(match.further)) == (["Lead", "Contact"], [OTHER])
    assert PersonActivity(OTHER).part is None
