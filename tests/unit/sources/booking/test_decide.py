"""What a booking's decision carries beside its steps' fields, and what is read for it."""

import re
from dataclasses import fields, replace
from pathlib import Path
from typing import get_args

import pytest

from processors.deciding.case import Case
from processors.matching.match import person_keys
from processors.model.decision import Decision
from processors.model.match import Match
from processors.model.record import Record
from processors.sources.booking.chain import Chain, from_state, to_state
from processors.sources.booking.decide import decide_booking, effects, further_source_ids, wanted_source_ids
from processors.sources.booking.rules import TABLES
from processors.sources.booking.settings import BookingSettings
from processors.sources.decide import decide
from processors.sources.rule_book import BOOK
from schemas.booking import Booking
from schemas.command import BookingChange
from schemas.identity import effect_key
from schemas.values import Agent
from tests.unit.deciding.rules import cases_bookings as cases
from tests.unit.deciding.rules.scenarios import ACCOUNT, CONTACT, LEAD, NOW, account, contact, lead

ROOT = Path(__file__).parents[4]


def decided(found: Match, /, **over: object) -> Decision:
    """Return what a booking of Ann's does by these settings."""
    return decide_booking(Case(cases.command(), found, cases.settings(**over), cases.facts(), NOW, BOOK))


@pytest.mark.parametrize("number", range(1, 26))
def test_every_rule_from_ji_1_to_ji_25_has_a_scenario_that_names_it(number: int) -> None:
    """No processing rule of the booking document is without proof."""
    assert f"JI-{number}" in {rule for scenario in cases.BOOKINGS for rule in scenario.rules}


def test_ji_26_the_broken_remnant_of_the_source_text_is_no_rule() -> None:
    """No row names it."""
    assert "JI-26" not in {row.rule for table in TABLES for row in table.rows}


def test_ji_27_one_word_for_each_thing() -> None:
    """The contract and its rules say booking, contact and activity, never their synonyms of the source."""
    strange = re.compile(r"reservation|account manager|contact manager|behaviou?r|contact person", re.IGNORECASE)
    named = (
        "processors/sources/booking/rules.py",
        "processors/sources/booking/decide.py",
        "processors/sources/booking/person.py",
    )
    assert [name for name in named if strange.search((ROOT / name).read_text("utf-8"))] == []
    assert [field.name for field in fields(Booking) if strange.search(field.name)] == []


def test_ji_1_ji_7_a_booking_is_registered_as_lead_contact_or_both_and_as_lead_by_default() -> None:
    """The switch has these positions."""
    annotation = BookingSettings.model_fields["register_as"].annotation
    assert get_args(annotation) == ("lead", "contact", "both")
    assert BookingSettings().register_as == "lead"


def test_ji_4_the_outcome_of_a_converted_lead_names_its_rule_and_flags_it() -> None:
    """The contact is known, and linked."""
    match = Match("key_set:1", contacts=(contact(),), followed=LEAD, also=(LEAD,), users=cases.USERS)
    decision = decided(match, booking={"register": "lead", "overwrite": True})
    assert "JI-4" in decision.rule_ids
    assert decision.flags == ("converted_lead",)
    assert [(step.object, step.fields["WhoId"]) for step in decision.steps] == [("Event", CONTACT)]


def test_ji_19_the_activity_is_the_organisers_or_the_defaults_and_says_so() -> None:
    """Owner by e-mail, else the configured one, else nobody by name."""
    match = Match(leads=(lead(),), users=cases.USERS)
    default = {"enabled": True, "object": "Event", "owner": "host@acme"}
    asked = replace(cases.command(), agent=Agent("gone@example.com"))
    fallback = decide_booking(Case(asked, match, cases.settings(activity=default), cases.facts(), NOW, BOOK))
    unknown = decide_booking(Case(asked, match, cases.settings(), cases.facts(), NOW, BOOK))
    assert decided(match).flags == ()
    assert (fallback.flags, unknown.flags) == (("owner_fallback",), ("owner_unknown",))


def test_ji_19_a_task_takes_the_day_of_the_booking() -> None:
    """An org may log bookings as tasks."""
    decision = decided(Match(leads=(lead(),), users=cases.USERS), activity={"enabled": True, "object": "Task"})
    (step,) = decision.steps
    assert (step.object, step.fields["ActivityDate"], step.fields["Status"]) == ("Task", "2026-03-09", "Not Started")


def test_ji_20_an_event_of_a_person_that_is_made_again_hangs_on_the_new_record() -> None:
    """The lead was deleted by hand, the Event was not."""
    effect = effect_key("meetings", "b-1", "activity")
    decision = decided(Match(activities={effect: cases.event()}, users=cases.USERS))
    assert [(step.operation, step.object, dict(step.refs)) for step in decision.steps] == [
        ("create", "Lead", {}),
        ("update", "Event", {"WhoId": "lead"}),
    ]


def test_ji_8_a_new_contact_takes_the_account_of_its_keys() -> None:
    """Accounts as with call results, where they are enabled."""
    settings = cases.settings(**cases.quiet("contact", account={"enabled": True, "update": False}))
    asked = replace(cases.command(), account={"Name": "Acme"})
    decision = decide_booking(Case(asked, Match(accounts=(account(),)), settings, cases.facts(), NOW, BOOK))
    assert [(step.object, step.fields.get("AccountId")) for step in decision.steps] == [("Contact", ACCOUNT)]


def test_ji_9_a_contact_without_account_is_linked_to_the_one_made_beside_it() -> None:
    """The reference is filled in once the account is there."""
    settings = cases.settings(**cases.quiet("contact", account={"enabled": True}))
    asked = replace(cases.command(), account={"Name": "Acme"}, contact={"LastName": "Ann"})
    decision = decide_booking(Case(asked, Match(contacts=(contact(),)), settings, cases.facts(), NOW, BOOK))
    assert [(step.operation, step.object, dict(step.refs)) for step in decision.steps] == [
        ("create", "Account", {}),
        ("update", "Contact", {"AccountId": "account"}),
    ]


def test_ji_5_overwriting_without_a_mapping_is_refused_and_says_what_to_do() -> None:
    """Nothing could be written."""
    asked = replace(cases.command(), lead={})
    settings = cases.settings(**cases.quiet())
    decision = decide_booking(Case(asked, Match(leads=(lead(),)), settings, cases.facts(), NOW, BOOK))
    assert (decision.kind, decision.reason) == ("error", "no_mapping")
    assert decision.source_states == {}


def test_a_booking_that_is_refused_or_parked_keeps_nothing_of_its_chain() -> None:
    """It is applied whole when it is resumed or replayed."""
    twice = Match(leads=(lead(), lead("00Q000000000002EAA")))
    decision = decided(twice, match={"several": "park"})
    assert (decision.park, decision.source_states, decision.steps) == (True, {}, ())


def test_the_bookings_named_and_the_roots_that_they_lead_to_are_read() -> None:
    """A booking, the one before it, and the first of their chain."""
    asked = cases.command(source_id="b-3", previous="b-2")
    states = {"b-2": to_state(Chain("b-1"))}
    assert wanted_source_ids(asked) == ("b-3", "b-2")
    assert wanted_source_ids(cases.command(source_id="b-3", previous="b-3")) == ("b-3",)
    assert further_source_ids(states) == ("b-1",)
    assert further_source_ids({"b-1": to_state(Chain("b-1", ("b-1", "b-2")))}) == ()


def test_the_activities_of_both_chains_are_read() -> None:
    """One of them may have to go."""
    states = {"b-1": to_state(Chain("b-1", ("b-1",))), "b-3": to_state(Chain("b-2")), "b-2": to_state(Chain("b-2"))}
    keys = {effect_key("meetings", text, "activity") for text in ("b-1", "b-2")}
    assert set(effects(cases.command(source_id="b-3", previous="b-1"), states)) == keys


def test_states_that_point_at_each_other_are_one_chain_still() -> None:
    """Whatever the ledger holds, nobody walks in circles."""
    states = {"b-1": to_state(Chain("b-2")), "b-2": to_state(Chain("b-1"))}
    asked, match = cases.command(source_id="b-1", previous="b-2"), Match(leads=(lead(),), source_states=states)
    decision = decide_booking(Case(asked, match, cases.settings(), cases.facts(), NOW, BOOK))
    assert len({from_state(state).root for state in decision.source_states.values()}) == 1
    assert set(decision.source_states) == {"b-1", "b-2"}


def test_a_booking_claims_the_one_that_it_replaces() -> None:
    """Two changes that may join one chain never go at once, whoever was invited."""
    assert "source:meetings/b-1" in person_keys(cases.command(source_id="b-2", previous="b-1"))
    assert person_keys(cases.command(source_id="b-2")) == person_keys(
        replace(cases.command(source_id="b-2"), booking=BookingChange("booked"))
    )


def test_a_command_of_the_contract_is_decided_by_these_rules() -> None:
    """The executor asks here."""
    decision = decide(cases.command(), Match(), cases.settings(activity=cases.OFF), cases.facts(), NOW)
    assert (decision.kind, decision.rule_ids[:3]) == ("created", ("JI-3", "JI-2", "JI-22"))


def test_the_newest_of_several_is_told_by_when_it_was_created() -> None:
    """Not by its place in the answer."""
    old, new = (Record("Lead", f"00Q00000000000{n}EAA", {"CreatedDate": f"2026-01-0{n}"}) for n in (1, 2))
    for leads in ((old, new), (new, old)):
        decision = decided(Match(leads=leads, users=cases.USERS), match={"several": "newest"})
        assert [step.fields["WhoId"] for step in decision.steps] == [new.id]
        assert decision.tie_break == "newest"
