"""What is claimed, what is asked, and what matches, for batches."""

from dataclasses import replace
from typing import Any

import pytest

from processors.executor.jobs.job import Job
from processors.executor.pipeline.touched import touched_keys
from processors.matching.index import Index
from processors.matching.lookup import Lookup
from processors.matching.match import account_keys, follow_up, match_person, person_keys, person_questions
from processors.model.match import Match
from processors.model.record import Record
from processors.model.requests import In
from processors.sources.decide import decide
from schemas.command import MatchKey
from schemas.values import Person
from tests.unit.deciding.rules.scenarios import (
    ACCOUNT,
    CONTACT,
    LEAD,
    LEAD_2,
    NOW,
    OPPORTUNITY,
    command,
    contact,
    integration,
    lead,
    org_facts,
)

EMAIL = MatchKey(1, "email", "Ann@Example.com", lead="Email", contact="Email")
PHONE = MatchKey(2, "phone", "(415) 555-2671", lead="Phone", contact="Phone")
NAMED = (
    MatchKey(3, "text", "Ann", lead="LastName", contact="LastName"),
    MatchKey(3, "text", "Acme", lead="Company"),
)
FACTS = org_facts()


def test_every_name_of_the_person_is_claimed_in_its_normal_form() -> None:
    """Two commands of one person share a claim however each writes the name."""
    person = Person(email=" ann@EXAMPLE.com ", phones=("+1 415 555 2671", "415-555-0000"))
    keys = person_keys(command(person=person, keys=(EMAIL, PHONE), salesforce_id="003000000000001"))
    assert {key for key in keys if not key.startswith("source:")} == {
        "email:ann@example.com",
        "address:ann@example.com",
        "phone:+14155552671",
        "phone:+14155550000",
        f"sfid:{CONTACT}",
    }


def test_two_events_of_one_thing_share_a_claim_and_two_things_do_not() -> None:
    """Without a common name the thing itself keeps its events apart from each other in time."""
    nobody = Person()
    first, again = command(person=nobody, keys=()), command(person=nobody, keys=(), event_id="e-2")
    other = command(person=nobody, keys=(), source_id="call-2")
    assert person_keys(first) & person_keys(again)
    assert not person_keys(first) & person_keys(other)


def test_a_set_of_text_keys_is_claimed_by_its_values_without_case() -> None:
    """Name and company stand for the person where there is nothing better."""
    shouted = tuple(replace(key, value=key.value.upper()) for key in NAMED)
    first = person_keys(command(person=Person(), keys=NAMED, source_id="call-1"))
    second = person_keys(command(person=Person(), keys=shouted, source_id="call-2"))
    assert [text[:5] for text in first & second] == ["text:"]


@pytest.mark.parametrize(("fields", "shared"), [(8, 0), (9, 1)])
def test_a_set_of_texts_in_many_fields_is_claimed_by_one_coarse_key_too(fields: int, shared: int) -> None:
    """More than 64 combinations are not cut: whoever uses such a set waits for all others, a record's writer too."""
    first, second = (tuple(f"{name}{number}__c" for number in range(fields)) for name in "AB")

    def keys(text: str, other: str) -> tuple[MatchKey, ...]:
        return (
            MatchKey(1, "text", text, lead=first[0], more_lead=first[1:]),
            MatchKey(1, "text", other, lead=second[0], more_lead=second[1:]),
        )

    ann = person_keys(command(person=Person(), keys=keys("Ann", "Acme"), source_id="1"))
    bob = person_keys(command(person=Person(), keys=keys("Bob", "Brix"), source_id="2"))
    assert len(ann & bob) == shared
    last = {first[-1]: "Ann", second[-1]: "ACME"}
    held = Lookup(text_sets={"Lead": ((first, second),)}).names("Lead", last, "US")
    assert ann & held


def test_a_set_of_texts_with_many_values_is_claimed_by_each() -> None:
    many = tuple(f"{number}@example.com" for number in range(100))
    first = MatchKey(1, "text", "none", lead="Other__c", more_values=many)
    claimed = person_keys(command(person=Person(), keys=(first,), source_id="1"))
    last = person_keys(command(person=Person(), keys=(replace(first, value=many[-1], more_values=()),), source_id="2"))
    assert claimed & last


def test_an_account_is_claimed_by_its_keys_only_where_it_may_be_touched() -> None:
    """Two new people of one new account wait for each other."""
    on = integration("contact", account={"enabled": True})
    first, second = command(account={"Name": "Acme "}), command(account={"Name": "ACME"})
    assert account_keys(first, on) == account_keys(second, on) != frozenset()
    assert account_keys(command(account={"Name": " "}), on) == frozenset()
    assert account_keys(first, integration("contact")) == frozenset()


def test_a_batch_asks_one_question_an_object_with_each_value_once() -> None:
    """Both objects are searched (VS-7), whatever the number of commands."""
    settings = integration("contact", account={"enabled": True})
    asked = [
        (command(keys=(EMAIL, PHONE, *NAMED), account={"Name": "Acme", "Industry": "Rail"}), settings),
        (command(keys=(EMAIL,), salesforce_id=LEAD[:15], account={"Name": "Acme"}), settings),
        (command(keys=(replace(EMAIL, value="bob@example.com"),)), settings),
        (command(kind="skip", keys=(replace(EMAIL, value="no@example.com"),)), settings),
        (command(keys=(replace(EMAIL, value="gone@example.com"),)), None),
    ]
    found = {question.object: question for question in person_questions(asked, FACTS)}
    assert list(found) == ["Lead", "Contact", "Account"]
    assert (In("Email", ("Ann@Example.com", "bob@example.com")),) in found["Lead"].any_of
    assert (In("Id", (LEAD,)),) in found["Lead"].any_of
    assert (In("Company", ("Acme",)), In("LastName", ("Ann",))) in found["Lead"].any_of
    assert {condition.field for part in found["Contact"].any_of for condition in part} == {"Email", "Phone"}
    # As it is written, and its other writings by how they begin.
    assert found["Account"].any_of == ((In("Name", ("Acme",)),), (In("Name", ("acme%", "a.c.m.e%"), like=True),))


def test_a_phone_is_asked_for_in_every_way_that_it_may_be_written() -> None:
    """SOQL compares text, so that each form is a value of its own."""
    (asked, *_) = person_questions([(command(keys=(PHONE,)), integration("only"))], FACTS)
    (((condition,),),) = (asked.any_of,)
    assert isinstance(condition, In)
    assert condition.field == "Phone"
    assert condition.values[:3] == ("(415) 555-2671", "+14155552671", "+1 415-555-2671")
    assert {"415-555-2671", "14155552671", "4155552671", "415.555.2671", "+1 (415) 555-2671"} <= set(condition.values)
    assert len(condition.values) == len(set(condition.values)) <= 20


def test_fields_to_be_written_are_read_and_unknown_fields_are_not() -> None:
    """What the org does not have is never asked for."""
    gone = replace(EMAIL, lead="Gone__c", contact=None)
    asked = command(keys=(EMAIL, gone), lead={"Title": "x", "No__c": 1})
    settings = integration("only")
    (found, _) = person_questions([(asked, settings), (command(keys=(EMAIL,)), settings)], FACTS)
    assert {"Id", "OwnerId", "IsConverted", "ConvertedContactId", "Title", "Email"} <= set(found.fields)
    assert not {"No__c", "Gone__c"} & set(found.fields)
    assert all(condition.field != "Gone__c" for part in found.any_of for condition in part)


def test_round_two_follows_converted_leads_accounts_and_kept_opportunities() -> None:
    """What is known already is not asked for again."""
    settings = integration("contact", account={"enabled": True}, opportunity={"enabled": True})
    rows = [
        lead(IsConverted=True, ConvertedContactId=CONTACT, ConvertedAccountId=ACCOUNT),
        contact("003000000000007AAA", AccountId="001000000000007AAA"),
    ]
    found = follow_up([(command(), settings)], FACTS, rows, {CONTACT: OPPORTUNITY, "003000000000008AAA": "x"})
    assert [(question.object, question.any_of) for question in found] == [
        ("Contact", ((In("Id", (CONTACT,)),),)),
        ("Account", ((In("Id", ("001000000000007AAA", ACCOUNT)),),)),
        ("Opportunity", ((In("Id", (OPPORTUNITY,)),),)),
    ]


def test_round_two_asks_nothing_where_nothing_is_to_follow() -> None:
    """A lead that is not converted needs no second round."""
    assert follow_up([(command(), integration("only"))], FACTS, [lead()], {}) == ()


def test_a_wider_question_does_not_widen_a_match() -> None:
    """A record read for another command is matched by its own values alone."""
    index = Index([lead(), lead(LEAD_2, Email="bob@example.com")])
    assert [record.id for record in match_person(command(), integration("only"), index, {}).leads] == [LEAD]


def test_what_both_rounds_read_of_one_record_is_one_record() -> None:
    """A record that comes twice is one match."""
    index = Index([contact(), Record("Contact", CONTACT, {"Title": "Chief"})])
    match = match_person(command(), integration("only"), index, {})
    assert [(record.id, record.fields["Title"]) for record in match.contacts] == [(CONTACT, "Chief")]


def test_the_match_says_which_step_found_it() -> None:
    """The outcome can tell the reader why this record."""
    keys = (replace(EMAIL, value="other@example.com"), replace(EMAIL, set=4))
    assert match_person(command(keys=keys), integration("only"), Index([lead()]), {}).step == "key_set:4"
    by_id = command(salesforce_id=LEAD)
    assert match_person(by_id, integration("only"), Index([lead()]), {}).step == "salesforce_id"
    assert match_person(command(), integration("only"), Index([]), {}).step == "none"


class Counted(dict[str, Any]):
    """Fields that count how often their e-mail is read."""

    reads = 0

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value, and count."""
        Counted.reads += key == "Email"
        return super().get(key, default)


def test_a_thousand_commands_read_each_record_once_and_not_once_a_command() -> None:
    """The work grows with the batch, not with its square."""
    count = 1_000
    found = Index(Record("Lead", f"00Q{item:012d}EAA", Counted(Email=f"p{item}@example.com")) for item in range(count))
    settings = integration("only")
    for number in range(count):
        asked = command(keys=(replace(EMAIL, value=f"P{number}@example.com"),))
        assert [lead.id for lead in match_person(asked, settings, found, {}).leads] == [f"00Q{number:012d}EAA"]
    assert Counted.reads == count


def test_what_will_be_created_is_claimed_by_the_key_that_the_record_will_carry() -> None:
    """Whoever finds the record by its ID alone, while its create has no answer yet, meets the create's claim (D8)."""
    asked = command(person=Person(), keys=())
    decision = decide(asked, Match(), integration("lead"), FACTS, NOW)
    (step,) = decision.steps
    job = Job(asked, integration("lead"), 1, 0, 0.0, person_keys(asked))
    assert f"thing:{step.effect}" in touched_keys(job, decision, Match(), FACTS, Lookup())
    found = Match(leads=(Record("Lead", LEAD, {"Signalbox_Key__c": step.effect}),))
    other = decide(command(salesforce_id=LEAD), found, integration("only"), FACTS, NOW)
    installed = replace(FACTS, external_field={"Lead": "Signalbox_Key__c"})
    assert f"thing:{step.effect}" in touched_keys(job, other, found, installed, Lookup())
