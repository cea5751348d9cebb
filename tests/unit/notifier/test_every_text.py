"""
Every text that people read, for every source, reason and kind of mail: its own words, names, and links into Salesforce.

Rule of this file: a table over all that there is; a new source or reason is in it by itself.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from processors.model.connection import CAUSES
from processors.notifier.compose import MailSettings, compose, compose_digest
from processors.notifier.connection import compose_connection
from processors.notifier.ports import Mail
from processors.notifier.words import REASONS, UNKNOWN, words_for
from processors.sources.registry import SOURCES
from schemas.notice import Notice, NoticeKind
from schemas.outcome import Candidate, Outcome, Reason, Touched
from schemas.values import Agent, Person
from tests.unit.notifier.test_compose import AT, error, read

ADDRESS = "https://main.example.com"
SETTINGS = MailSettings("signalbox@example.com", "mail.example.com", instance_urls={"main": ADDRESS})
LEAD, CONTACT, ACCOUNT = "00Q000000000001AAA", "003000000000002AAA", "001000000000003AAA"
OWNER, OTHER = "005000000000004AAA", "005000000000005AAA"
UNNAMED = "00Q000000000009AAA"
CANDIDATES = (
    Candidate("Lead", LEAD, "Ada Example", AT, AT, "Rep One", OWNER),
    Candidate("Contact", CONTACT, "A. Example", AT, AT, "Rep Two", OTHER),
)
RECORDS = (
    Touched("Lead", LEAD, "updated", {"Title": "CEO"}, name="Ada Example", owner="Rep One", owner_id=OWNER),
    Touched("Account", ACCOUNT, "unchanged", name="Example GmbH"),
)
WORDS = {
    "call_result": r"call results?",
    "booking": r"bookings?|appointments?",
    "pbx_call_event": r"telephone calls?|extensions?",
    "prospect": r"prospects?",
    "field_record": r"field records?|field leads?",
    "field_activity": r"field activit(y|ies)|visits?",
    "user_action": r"by hand",
    "change": r"changes? in salesforce",
}
"""What people call the events of each source: nobody reads it about another one."""
EVERY_REASON: tuple[Reason, ...] = (*REASONS, "other")


def full(contract: str, reason: Reason, agent: Agent | None = None, action: str | None = None) -> Outcome:
    """Return an error with everything that a mail may tell of records: by name and, in its detail, by ID."""
    detail = f"Lead {LEAD} is one, Account {ACCOUNT[:15]} was made and stands, and {UNNAMED} is not known"
    told = error(reason, contract=contract, agent=agent, action=action, candidates=CANDIDATES, records=RECORDS)
    return replace(told, detail=detail)


@cache
def mails(contract: str, reason: Reason) -> tuple[tuple[str, str, str, str], ...]:
    """Return kind, subject, text and HTML of every kind of mail about such an error."""
    read_again = ((kind, read(mail)) for kind, mail in _mails(contract, reason))
    return tuple((kind, str(message["Subject"]), text, html) for kind, (message, text, html) in read_again)


def _mails(contract: str, reason: Reason) -> Iterator[tuple[str, Mail]]:
    """Yield them: with and without the one who acted, and about nobody."""
    for agent in (None, Agent("rep@example.com", "Rep One")):
        outcome = full(contract, reason, agent, "update_or_create_lead")
        yield "error", compose(outcome, "ops@example.com", SETTINGS)
        yield "digest", compose_digest([outcome, replace(outcome, outcome_id="2")], "ops@example.com", SETTINGS)
    nobody = replace(full(contract, reason), person=Person())
    yield "error", compose(nobody, "ops@example.com", SETTINGS)


EVERY = pytest.mark.parametrize("contract", sorted(SOURCES))
BY_REASON = pytest.mark.parametrize("reason", EVERY_REASON)


@EVERY
@BY_REASON
def test_no_text_speaks_of_another_source(contract: str, reason: Reason) -> None:
    foreign = re.compile("|".join(rf"\b(?:{said})\b" for other, said in WORDS.items() if other != contract))
    for kind, *parts in mails(contract, reason):
        for part in parts:
            assert not foreign.search(part.casefold()), (kind, part)


@EVERY
@BY_REASON
def test_a_record_and_an_owner_whose_name_is_known_are_named_and_linked(contract: str, reason: Reason) -> None:
    for kind, _, text, html in mails(contract, reason):
        shown = (re.sub(rf"{ADDRESS}/[A-Za-z0-9]+", "", text), re.sub(r'href="[^"]*"', "", html))
        for part in shown:
            assert not any(known[:15] in part for known in (LEAD, CONTACT, ACCOUNT, OWNER, OTHER)), (kind, part)
        if kind == "error":
            for known, name in ((LEAD, "Ada Example"), (CONTACT, "A. Example"), (ACCOUNT, "Example GmbH")):
                assert f'<a href="{ADDRESS}/{known}">{name}</a>' in html
                assert f"{ADDRESS}/{known}" in text
            for known, name in ((OWNER, "Rep One"), (OTHER, "Rep Two")):
                assert f'<a href="{ADDRESS}/{known}">{name}</a>' in html
                assert f"owner {name}" in text
            assert UNNAMED in text


@EVERY
def test_without_the_orgs_address_the_id_stands_behind_the_name(contract: str) -> None:
    _, text, html = read(
        compose(full(contract, "multiple_match"), "ops@example.com", replace(SETTINGS, instance_urls={}))
    )
    assert f"Lead Ada Example ({LEAD}), owner Rep One" in text
    assert "<a " not in html


@EVERY
@BY_REASON
def test_a_mail_says_why_and_what_to_do(contract: str, reason: Reason) -> None:
    words = words_for(full(contract, reason))
    assert (words is UNKNOWN) is (reason == "other")
    for _, subject, text, _ in mails(contract, reason):
        assert words.short in subject
        assert words.why in text
        assert words.todo in text


@pytest.mark.parametrize(
    ("contract", "said"),
    [
        ("call_result", "A call result of Rep One about Ada Example, "),
        ("booking", "A booking of Ada Example with Rep One, "),
        ("pbx_call_event", "A telephone call of Rep One with Ada Example, "),
        ("prospect", "The prospect Ada Example, owned by Rep One, "),
        ("field_record", "The field record Ada Example, owned by Rep One, "),
        ("field_activity", "A field activity of Rep One with Ada Example, "),
        ("user_action", "An action by hand of Rep One about Ada Example, "),
        ("change", "A change in Salesforce of Rep One about Ada Example, "),
    ],
)
def test_a_mail_says_whom_it_is_about_and_who_acted(contract: str, said: str) -> None:
    outcome = full(contract, "no_match", Agent("rep@example.com", "Rep One"))
    assert f"\n{said}2026-03-02 09:15 UTC, could not be written" in read(compose(outcome, "o@example.com", SETTINGS))[1]


def test_the_table_names_every_source() -> None:
    assert set(WORDS) == set(SOURCES)


@EVERY
def test_only_a_source_that_takes_an_action_was_meant_to_take_it(contract: str) -> None:
    outcome = full(contract, "no_match", action="update_only")
    _, text, _ = read(compose(outcome, "o@example.com", SETTINGS))
    takes_one = contract in ("call_result", "prospect")
    assert ("It was meant to" in text) is takes_one
    assert ("this integration only updates" in text) is takes_one


def test_an_action_that_creates_is_not_said_to_update_alone() -> None:
    outcome = full("call_result", "no_match", action="update_or_create_lead")
    assert "only updates" not in read(compose(outcome, "o@example.com", SETTINGS))[1]


def test_accounts_that_match_are_called_accounts() -> None:
    outcome = replace(full("booking", "multiple_match"), candidates=(Candidate("Account", ACCOUNT, "Acme"),) * 2)
    message, text, _ = read(compose(outcome, "o@example.com", SETTINGS))
    assert "several matching accounts" in message["Subject"]
    assert "More than one account in Salesforce matches" in text


def test_several_attendees_of_one_booking_are_not_to_be_merged() -> None:
    outcome = replace(full("booking", "multiple_match"), rule_ids=("OW-9", "SM-1"))
    message, text, _ = read(compose(outcome, "o@example.com", SETTINGS))
    assert "several attendees" in message["Subject"]
    assert "Do not merge them. Have the source send attendee_id or the e-mail, under a new event_id." in text
    assert "Merge the records" not in text


@pytest.mark.parametrize("reason", EVERY_REASON)
def test_no_text_asks_to_send_the_event_under_the_id_that_is_answered(reason: Reason) -> None:
    for contract in SOURCES:
        assert not re.search(r"send the event(?! under a new event_id)", words_for(full(contract, reason)).todo)


def test_a_record_that_earlier_events_wrote_is_not_said_to_be_linked() -> None:
    outcome = replace(error("record_deleted", contract="booking"), rule_ids=("OW-7",))
    message, text, _ = read(compose(outcome, "o@example.com", SETTINGS))
    assert "link" not in f"{message['Subject']} {text}".casefold()


def test_the_page_and_the_words_tell_the_same_reasons() -> None:
    page = Path("docs/sales-operations.md").read_text(encoding="utf-8")
    table = page.partition("## The mails")[2].partition("`record_deleted` as a skip")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(REASONS)


@pytest.mark.parametrize("cause", [*CAUSES, "of a later version"])
@pytest.mark.parametrize("kind", ["connection_broken", "connection_mended"])
def test_a_mail_about_a_connection_names_the_org_and_leads_there(kind: NoticeKind, cause: str) -> None:
    notice = Notice("i-1", kind, "", "main", "", Person(), "seen", AT, cause=cause, integrations=("sales", "north"))
    message, text, html = read(compose_connection(notice, "ops@example.com", SETTINGS))
    assert "Salesforce org main" in message["Subject"]
    for part in (text, html):
        assert f"Org: main {ADDRESS}" in part
        assert "Integrations: sales, north" in part
        assert not any(re.search(rf"\b(?:{said})\b", part.casefold()) for said in WORDS.values())
