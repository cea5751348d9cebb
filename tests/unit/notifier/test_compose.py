"""What a mail about an error says, and that nobody's data can make it say more."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.headerregistry import AddressHeader
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.model.errors import Misconfigured
from processors.notifier.clean import address, clean
from processors.notifier.compose import MailSettings, compose, plan
from processors.notifier.ports import Mail
from processors.notifier.words import REASONS
from processors.sources.registry import SOURCES
from schemas.outcome import Candidate, Outcome, Reason, Refusal, Touched
from schemas.values import Agent, Person

AT = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
SETTINGS = MailSettings("signalbox@example.com", "mail.example.com", instance_urls={"main": "https://main.example.com"})
HEADERS = {"Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"}
ATTACKS = [
    "x\r\nBcc: evil@example.org",
    "x\nBcc: evil@example.org",
    "x\u0085Bcc: evil@example.org",
    "x\u2028Bcc: evil@example.org",
    "=?utf-8?q?x=0D=0ABcc:_evil@example.org?=",
    "=?utf-8?b?eA0KQmNjOiBldmlsQGV4YW1wbGUub3Jn?=",
    "x =?utf-8?q?=0ABcc:_evil@example.org?= =?utf-8?q?=0ABcc:_evil@example.org?=",
    "=\u200b?utf-8?q?x=0ABcc:_evil@example.org?=",
    "a, evil@example.org",
    '" <evil@example.org>, "',
    "\x1b]0;owned\x07\x1b[2J",
]


def error(reason: Reason = "no_match", number: int = 1, **changes: Any) -> Outcome:
    """Return an error outcome."""
    outcome = Outcome(
        outcome_id=f"00000000-0000-5000-8000-{number:012}",
        kind="error",
        reason=reason,
        integration="example-sales",
        org="main",
        contract="call_result",
        event_ids=(f"event-{number}",),
        source_id="call-1",
        event_time=AT,
        command_time=AT,
        settled_time=AT,
        intake_digest="",
        executor_digest="",
        person=Person("Ada", "Example", "ada@example.org", ("+49301234567",), "Example GmbH"),
        agent=Agent("agent@example.com", "Agent One"),
        action="update_only",
        rule_ids=("VS-11",),
    )
    return replace(outcome, **changes)


def read(mail: Mail) -> tuple[EmailMessage, str, str]:
    """Return the mail as a reader's program sees it: headers, plain text, HTML."""
    message = message_from_bytes(mail.content, policy=default)
    assert isinstance(message, EmailMessage)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert isinstance(text, EmailMessage)
    assert isinstance(html, EmailMessage)
    return message, *(part.get_content().replace("\r\n", "\n") for part in (text, html))


def test_no_match_reads_as_sales_operations_need_it_vs_11() -> None:
    message, text, _ = read(compose(error(), "ops@example.com", SETTINGS))
    assert message["Subject"] == "Ada Example: no matching record (example-sales)"
    assert text == (
        "Not written to Salesforce: Ada Example\n"
        "\n"
        "What happened\n"
        "A call result of Agent One about Ada Example, 2026-03-02 09:15 UTC, could not be written to Salesforce by the "
        "integration example-sales. It was meant to update the lead or contact.\n"
        "\n"
        "Why\n"
        "No lead or contact in Salesforce matches this person, and this integration only updates records that exist.\n"
        "\n"
        "Person\n"
        "  Name: Ada Example\n"
        "  E-mail: ada@example.org\n"
        "  Phone: +49301234567\n"
        "  Company: Example GmbH\n"
        "\n"
        "What to do next\n"
        "Create the lead or contact in Salesforce, or correct its e-mail address or phone number there, "
        "then send the event under a new event_id.\n"
        "\n"
        "-- \n"
        "Outcome: 00000000-0000-5000-8000-000000000001\n"
        "Reason: no_match\n"
        "Rules: VS-11\n"
        "Integration: example-sales\n"
        "Org: main\n"
        "Event: event-1\n"
        "Settled: 2026-03-02 09:15 UTC\n"
    )


def test_several_matches_are_listed_with_links_vs_12() -> None:
    candidates = (
        Candidate("Lead", "00Q000000000001AAA", "Ada Example", AT, AT, "Owner One"),
        Candidate("Contact", "003000000000001AAA", "A. Example"),
    )
    outcome = error("multiple_match", candidates=candidates)
    _, text, html = read(compose(outcome, "ops@example.com", SETTINGS))
    assert "Lead Ada Example, owner Owner One, created 2026-03-02 09:15 UTC" in text
    for record_id, name in (("00Q000000000001AAA", "Ada Example"), ("003000000000001AAA", "A. Example")):
        assert f"    https://main.example.com/{record_id}\n" in text
        assert f'<a href="https://main.example.com/{record_id}">{name}</a>' in html
    _, text, html = read(compose(replace(outcome, org="other"), "ops@example.com", SETTINGS))
    assert "https://" not in text
    assert "<a " not in html
    assert "Contact A. Example (003000000000001AAA)" in text


def test_each_reason_names_what_the_reader_needs_vs_30() -> None:
    refusal = Refusal("Lead", "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Budget is too small", ("Budget__c",))
    _, text, html = read(compose(error("salesforce_refused", refusals=(refusal,)), "ops@example.com", SETTINGS))
    for part in (text, html):
        assert "FIELD_CUSTOM_VALIDATION_EXCEPTION" in part
        assert "Budget is too small (fields: Budget__c)" in part
    _, text, html = read(compose(error("mandatory_unmapped", missing_fields=("LastName",)), "o@example.com", SETTINGS))
    assert "  - LastName\n" in text
    assert "<li>LastName</li>" in html
    reused = error("id_reused", event_ids=(), reused_event_id="event-9")
    _, text, _ = read(compose(reused, "ops@example.com", SETTINGS))
    assert "Event: event-9\n" in text
    done = (Touched("Lead", "00Q000000000001AAA", "converted"), Touched("Opportunity", None, "failed"))
    _, text, _ = read(compose(error("salesforce_refused", records=done), "ops@example.com", SETTINGS))
    assert "  - Lead 00Q000000000001AAA: converted\n" in text
    assert "Opportunity" not in text
    _, text, _ = read(compose(error("internal"), "ops@example.com", SETTINGS))
    assert "It is not a fault of your data." in text
    detail = "record 00Q000000000001AAA, which it was linked with, is deleted"
    _, text, _ = read(compose(error("record_deleted", detail=detail), "ops@example.com", SETTINGS))
    assert "The link is dropped" in text
    assert detail in text
    _, text, _ = read(compose(error("picklist_unmapped", detail="Lead.Status=Lost"), "ops@example.com", SETTINGS))
    assert "add the values that are named here" in text
    assert "Lead.Status=Lost" in text


def test_the_same_error_is_the_same_mail_byte_by_byte() -> None:
    first, again = (compose(error(), "ops@example.com", SETTINGS) for _ in range(2))
    assert first == again
    other = compose(error(), "two@example.com", SETTINGS)
    assert other.message_id != first.message_id
    assert first.message_id.endswith("@mail.example.com>")
    assert b"\nDate: Mon, 02 Mar 2026 09:15:00 +0000\r\n" in first.content


@pytest.mark.parametrize("attack", ATTACKS)
def test_data_of_others_adds_neither_header_nor_address(attack: str) -> None:
    person = Person(attack, attack, attack, (attack,), attack)
    outcome = error(
        "salesforce_refused",
        person=person,
        integration=attack,
        agent=Agent(attack, attack),
        detail=attack,
        refusals=(Refusal(attack, attack, attack, (attack,)),),
        missing_fields=(attack,),
        candidates=(Candidate("Lead", attack, attack, None, None, attack),),
    )
    _only_what_is_configured(compose(outcome, "ops@example.com", SETTINGS))
    _only_what_is_configured(plan([(outcome, "ops@example.com")] * 3, replace(SETTINGS, group_above=1))[0])


@given(st.text(max_size=120))
def test_no_text_at_all_adds_a_header(text: str) -> None:
    person = Person(text, f"=?utf-8?q?{text}?=", None, (), None)
    _only_what_is_configured(compose(error(person=person), "ops@example.com", SETTINGS))


def _only_what_is_configured(mail: Mail) -> None:
    raw = mail.content.split(b"\r\n\r\n", 1)[0]
    names = [line.split(b":")[0].decode() for line in raw.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert sorted(names) == sorted(HEADERS)
    assert b"\n" not in raw.replace(b"\r\n", b"")
    message, text, _ = read(mail)
    assert set(message.keys()) == HEADERS
    for name, addresses in (("To", ["ops@example.com"]), ("From", ["signalbox@example.com"])):
        header = message[name]
        assert isinstance(header, AddressHeader)
        assert [each.addr_spec for each in header.addresses] == addresses
    assert "\x1b" not in text


def test_markup_and_template_code_stay_text() -> None:
    markup = "<script>alert(1)</script><img src=x> {{7*7}} {% raw %} ${7*7}"
    _, text, html = read(compose(error(person=Person(markup, None), detail=markup), "ops@example.com", SETTINGS))
    assert "<script" not in html
    assert "<img" not in html
    assert "{{7*7}}" in html
    assert markup in text
    assert "49" not in html.replace("4d5866", "")


def test_links_lead_to_the_org_alone() -> None:
    strange = Candidate("Lead", "/../evil.example", "x")
    _, text, html = read(compose(error("multiple_match", candidates=(strange,)), "ops@example.com", SETTINGS))
    assert "<a " not in html
    assert "main.example.com" not in text
    script = replace(SETTINGS, instance_urls={"main": "javascript:alert(1)//"})
    plain = Candidate("Lead", "00Q000000000001AAA", "x")
    _, _, html = read(compose(error("multiple_match", candidates=(plain,)), "ops@example.com", script))
    assert "javascript" not in html


def test_long_texts_are_cut() -> None:
    huge = "A" * 1_000_000
    many = tuple(Candidate("Lead", f"00Q{i:012}", huge) for i in range(5_000))
    mail = compose(
        error("multiple_match", person=Person(huge, huge), detail=huge, candidates=many), "o@example.com", SETTINGS
    )
    assert len(mail.content) < 100_000
    _, text, _ = read(mail)
    assert "and 4950 more" in text


def test_a_storm_of_like_errors_shares_mails_that_list_every_outcome() -> None:
    like = [(error(number=i), "ops@example.com") for i in range(450)]
    refusal = Refusal("Lead", "CODE", "text")
    other = [(error("salesforce_refused", 1_000 + i, refusals=(refusal,)), "ops@example.com") for i in range(20)]
    mails = plan(like + other, SETTINGS)
    assert [len(mail.outcome_ids) for mail in mails] == [200, 200, 50] + [1] * 20
    for mail in mails:
        _, text, html = read(mail)
        for outcome_id in mail.outcome_ids:
            assert outcome_id in text
            assert outcome_id in html
    told = [outcome_id for mail in mails for outcome_id in mail.outcome_ids]
    assert sorted(told) == sorted(outcome.outcome_id for outcome, _ in like + other)
    assert len({mail.message_id for mail in mails}) == len(mails)


@pytest.mark.parametrize(
    "text", ["a@b@c", "a,b@example.org", "a@x, b@y", "a b@x", "a@x\r\nBcc:c@d", "@x", "a@", '"a"@x', "a@=?x?="]
)
def test_an_address_is_one_plain_address_or_a_fault(text: str) -> None:
    with pytest.raises(Misconfigured):
        address(text)


def test_clean_keeps_what_people_write() -> None:
    assert clean("  Zoë\tO'Brien–Ødegård 山田 ") == "Zoë O'Brien–Ødegård 山田"
    assert clean("a" * 20, 10) == "a" * 9 + "…"


def test_records_and_owners_are_named_and_linked() -> None:
    several = (Candidate("Lead", LEAD, "Ada Example", AT, AT, "Rep One", USER),)
    done = (Touched("Contact", "003000000000001AAA", "updated", name="A. Example", owner="Rep Two"),)
    outcome = error("multiple_match", candidates=several, records=done)
    _, text, html = read(compose(outcome, "ops@example.com", SETTINGS))
    assert "  - Lead Ada Example, owner Rep One, created 2026-03-02 09:15 UTC" in text
    assert "  - Contact A. Example, owner Rep Two: updated\n" in text
    assert f'<a href="https://main.example.com/{LEAD}">Ada Example</a>' in html
    assert f'<a href="https://main.example.com/{USER}">Rep One</a>' in html
    for part in (text, re.sub(r'href="[^"]*"', "", html)):
        assert USER not in part
        assert f"Lead {LEAD}" not in part
        assert f">{LEAD}<" not in part


@pytest.mark.parametrize("said", ["00Q000000000001AAA", "00Q000000000001"])
def test_a_record_id_in_a_detail_is_the_records_name_with_its_link(said: str) -> None:
    several = (Candidate("Lead", LEAD, "Ada <b>", AT, AT, "Rep One", USER),)
    detail = f"Lead {said} is linked with 'p-0', and 003000000000009AAA with nobody"
    outcome = error("link_taken", candidates=several, detail=detail)
    _, text, html = read(compose(outcome, "ops@example.com", SETTINGS))
    address = f"https://main.example.com/{LEAD}"
    assert f"\nLead Ada <b> ({address}) is linked with 'p-0', and 003000000000009AAA with nobody\n" in text
    assert f'Lead <a href="{address}">Ada &lt;b&gt;</a> is linked with' in html
    assert said not in re.sub(r'href="[^"]*"', "", html)


def test_a_record_that_was_made_is_named_in_a_detail_and_keeps_its_id_without_an_address() -> None:
    made = (Touched("Account", "001000000000001AAA", "created", name="Acme"),)
    outcome = error("salesforce_refused", records=made, detail="Account 001000000000001AAA was made and stands")
    _, text, _ = read(compose(outcome, "ops@example.com", replace(SETTINGS, instance_urls={})))
    assert "\nAccount Acme (001000000000001AAA) was made and stands\n" in text


def test_a_detail_without_an_id_stays_as_it_is() -> None:
    outcome = error(detail="no lead and no contact matches 123456789012345")
    assert "\nno lead and no contact matches 123456789012345\n" in read(compose(outcome, "a@example.com", SETTINGS))[1]


LEAD, USER = "00Q000000000001AAA", "005000000000001AAA"
CALLS = ("call_result", "pbx_call_event")


@pytest.mark.parametrize("contract", sorted(SOURCES))
@pytest.mark.parametrize("reason", sorted(REASONS))
def test_a_mail_speaks_of_what_came_in_and_of_nothing_else(contract: str, reason: Reason) -> None:
    outcome = error(reason, contract=contract, agent=None, action=None)
    for mail in (compose(outcome, "ops@example.com", SETTINGS), *plan([(outcome, "ops@example.com")] * 21, SETTINGS)):
        message, text, html = read(mail)
        for part in (message["Subject"], text, html):
            said = part.casefold().replace("style", "")
            assert contract == "call_result" or "result" not in said
            assert contract in CALLS or not re.search(r"\bcalls?\b", said)
            assert contract == "booking" or "booking" not in said
            assert contract == "prospect" or "prospect" not in said
    _, text, _ = read(compose(outcome, "ops@example.com", SETTINGS))
    assert f"\n{SOURCES[contract].words.happened('Ada Example')}, " in text


def test_every_source_has_words_of_its_own() -> None:
    facts = [source.words.fact for source in SOURCES.values()]
    assert "an event" not in facts
    assert len(set(facts)) == len(facts)


@pytest.mark.parametrize(
    ("contract", "reason", "subject"),
    [
        ("prospect", "source_deleted", "prospect deleted"),
        ("prospect", "source_merged", "prospect merged"),
        ("prospect", "none", "prospect"),
        ("field_record", "source_merged", "field lead merged"),
    ],
)
def test_a_log_line_says_how_a_record_ended_at_the_source(contract: str, reason: Reason, subject: str) -> None:
    assert SOURCES[contract].words.subject(error(reason, contract=contract, kind="skipped")) == subject
