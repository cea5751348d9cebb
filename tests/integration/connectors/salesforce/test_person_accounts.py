"""The connector on an org with person accounts: what is written to a contact goes to its account."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

import simulator
from connectors.salesforce.check import missing
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.settings import SalesforceSettings
from processors.model.errors import InDoubt
from processors.model.requests import Conversion, In, Question, Write, Written

KEY = "Signalbox_Key__c"


@pytest.fixture(scope="module")
def running() -> Iterator[simulator.Running]:
    with simulator.serve([simulator.OrgFile(person_accounts=True)]) as item:
        yield item


class Org:
    """A client that knows the org, and the control of it."""

    def __init__(self, running: simulator.Running, **more: Any) -> None:
        self.control = simulator.Control(running.control_url)
        self.control.wipe()
        self.client = SalesforceClient(
            "main",
            SalesforceSettings(
                login_url=running.url, client_id="signalbox", client_secret=SecretStr("simulated-secret"), **more
            ),
        )
        self.facts = self.client.facts()

    def write(self, *writes: Write) -> list[Written]:
        return list(self.client.write(writes, send_by=datetime.now(UTC) + timedelta(seconds=60)))

    def person(self, **fields: Any) -> str:
        """Make a person account and return its contact."""
        given = {
            "LastName": "Lee",
            "RecordTypeId": self.facts.objects["Account"].record_types["PersonAccount"],
            **fields,
        }
        (made,) = self.write(Write("create", "Account", fields=given))
        assert made.id
        (row,) = self.rows("Account", ("PersonContactId",), made.id)
        return str(row["PersonContactId"])

    def rows(self, name: str, fields: tuple[str, ...], *ids: str) -> list[Any]:
        asked = Question(name, fields, ((In("Id", ids),),))
        return [record.fields for record in self.client.find([asked]).rows[0]]


@pytest.fixture
def org(running: simulator.Running) -> Iterator[Org]:
    found = Org(running, person_account_type="PersonAccount")
    yield found
    found.client.close()


def contact(**fields: Any) -> Write:
    return Write("create", "Contact", external=(KEY, fields.pop("key", "k1")), fields=fields)


def test_a_contact_without_account_becomes_a_person_and_its_answer_names_the_contact(org: Org) -> None:
    (made,) = org.write(contact(LastName="Lee", Email="Ann@Example.com", MailingCity="Bern", Title="CFO"))
    assert (made.success, made.created, str(made.id)[:3]) == (True, True, "003")
    names = ("Email", "MailingCity", "Title", KEY, "IsPersonAccount")
    (row,) = org.rows("Contact", names, str(made.id))
    assert [row[name] for name in names] == ["ann@example.com", "Bern", "CFO", "k1", True]
    (again,) = org.write(contact(LastName="Lee"))
    assert again.errors[0].code == "DUPLICATE_VALUE"


def test_a_contact_with_an_account_stays_a_contact(org: Org) -> None:
    (account,) = org.write(Write("create", "Account", fields={"Name": "Real AG"}))
    (made,) = org.write(contact(LastName="Lee", AccountId=account.id))
    (row,) = org.rows("Contact", ("IsPersonAccount", "AccountId"), str(made.id))
    assert (row["IsPersonAccount"], row["AccountId"]) == (False, account.id)


def test_without_the_setting_a_contact_without_account_stays_one(running: simulator.Running) -> None:
    org = Org(running)
    (made,) = org.write(contact(LastName="Lee"))
    (row,) = org.rows("Contact", ("IsPersonAccount",), str(made.id))
    assert row["IsPersonAccount"] is False


def test_updates_go_to_the_account_beside_others_and_answers_stand_in_order(org: Org) -> None:
    person = org.person(PersonEmail="a@example.com")
    (other,) = org.write(
        contact(LastName="Li", AccountId=org.write(Write("create", "Account", fields={"Name": "R"}))[0].id)
    )
    writes = [
        Write("update", "Contact", item, fields={"Title": "CFO", "Phone": "1"}) for item in (str(other.id), person) * 1
    ]
    answers = org.write(*writes)
    assert [(answer.success, answer.id) for answer in answers] == [(True, other.id), (True, person)]
    for text in (str(other.id), person):
        (row,) = org.rows("Contact", ("Title", "Phone"), text)
        assert (row["Title"], row["Phone"]) == ("CFO", "1")


def test_a_person_that_was_read_costs_no_further_call(org: Org) -> None:
    person = org.person()
    org.rows("Contact", ("IsPersonAccount", "AccountId"), person)
    before = org.client.api_calls()
    org.write(Write("update", "Contact", person, fields={"Title": "CFO"}))
    assert org.client.api_calls() == before + 1


def test_a_refusal_names_the_contacts_field(org: Org) -> None:
    (written,) = org.write(Write("update", "Contact", org.person(), fields={"Email": "none"}))
    assert (written.errors[0].code, written.errors[0].fields) == ("INVALID_EMAIL_ADDRESS", ("Email",))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"fields": {"AccountId": "001000000000001AAA"}}, "has no AccountId to write"),
        ({"fields": {"ReportsToId": "003000000000001AAA"}}, "has no ReportsToId to write"),
        ({"operation": "delete"}, "delete the account"),
    ],
)
def test_what_a_person_cannot_do_is_refused_and_nothing_is_sent(org: Org, change: dict[str, Any], words: str) -> None:
    person = org.person()
    org.rows("Contact", ("IsPersonAccount", "AccountId"), person)
    before = org.client.api_calls()
    (written,) = org.write(Write(**{"operation": "update", "object": "Contact", "record_id": person, **change}))
    assert (written.success, written.id, written.errors[0].code, written.errors[0].transient) == (
        False,
        person,
        "PERSON_ACCOUNT",
        False,
    )
    assert words in written.errors[0].message
    assert org.client.api_calls() == before


def test_more_collections_than_a_call_takes_go_in_two(org: Org) -> None:
    persons = [org.person() for _ in range(3)]
    (account,) = org.write(Write("create", "Account", fields={"Name": "Real AG"}))
    others = [org.write(contact(LastName="Li", AccountId=account.id, key=f"o{n}"))[0].id for n in range(3)]
    mixed = [text for pair in zip(others, persons, strict=True) for text in pair]
    writes = [
        Write("update", "Contact", text, fields={"Title": "CFO"}, collection=n // 2) for n, text in enumerate(mixed)
    ]
    before = org.client.api_calls()
    answers = org.write(*writes)
    assert [(answer.success, answer.id) for answer in answers] == [(True, text) for text in mixed]
    assert org.client.api_calls() - before <= 3


def test_a_conversion_into_a_person_is_followed_by_an_update_of_it(org: Org) -> None:
    (lead,) = org.write(Write("create", "Lead", fields={"LastName": "Lee"}))
    (done,) = org.client.convert(
        [Conversion(str(lead.id), org.facts.converted_status)], send_by=datetime.now(UTC) + timedelta(seconds=60)
    )
    assert done.success
    (written,) = org.write(Write("update", "Contact", done.contact_id, fields={"Title": "CFO"}))
    assert (written.success, written.id) == (True, done.contact_id)


def test_a_new_person_whose_contact_cannot_be_read_is_in_doubt(org: Org) -> None:
    org.control.fault("status", match={"body_regex": "PersonContactId"}, status=503, count=None)
    with pytest.raises(InDoubt):
        org.write(contact(LastName="Lee"))
    org.control.clear_faults()
    assert len(org.client.find([Question("Contact", (KEY,), ((In(KEY, ("k1",)),),))]).rows[0]) == 1


def test_a_record_type_that_is_not_there_is_told_by_check_and_refuses_new_persons(running: simulator.Running) -> None:
    org = Org(running, person_account_type="Patient")
    (written,) = org.write(contact(LastName="Lee"))
    assert written.errors[0].code == "PERSON_ACCOUNT"
    assert any("no record type Patient" in line for line in missing(org.facts, "Patient"))
    assert not any("record type" in line for line in missing(org.facts, "PersonAccount"))
