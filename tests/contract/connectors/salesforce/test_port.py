"""The port `Salesforce`, against an org: the simulator here, a real one where the environment names it."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from processors.model.errors import TooLate
from processors.model.requests import Conversion, In, Question, Write

pytestmark = pytest.mark.outside

HOSTILE = [
    "O'Brien \\' OR Name != '",
    'quo"te',
    "back\\slash",
    "50%_off",
    "{0} {x:literal}",
    "ümläut 東京",
    "a+b&c=d#e?f/g",
]


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=30)


def test_facts_name_the_org_its_user_and_what_a_create_needs(connect: Any) -> None:
    client = connect()
    facts = client.facts()
    assert re.fullmatch(r"00D\w{12}(\w{3})?", facts.organization_id)
    assert re.fullmatch(r"005\w{12}(\w{3})?", facts.user_id)
    assert facts.converted_status
    assert {name for name, field in facts.objects["Lead"].fields.items() if field.required} >= {"LastName", "Company"}
    assert {name for name, field in facts.objects["Opportunity"].fields.items() if field.required} >= {
        "Name",
        "StageName",
    }
    assert facts.objects["Lead"].fields["Email"].length == 80
    assert not facts.objects["Lead"].fields["IsConverted"].updateable
    assert client.facts().objects == facts.objects


def test_a_created_lead_is_found_by_its_address_whatever_its_case(bench: Any) -> None:
    lead = bench.lead("Ada")
    question = Question(
        "Lead", ("LastName", "Email", "IsConverted"), ((In("Email", (bench.address("ada").upper(),)),),)
    )
    found = bench.client.find([question])
    assert [row.id for row in found.rows[0]] == [lead]
    assert found.rows[0][0].fields == {"LastName": "Ada", "Email": bench.address("ada"), "IsConverted": False}
    assert found.api_calls == 1


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_finds_itself_and_nothing_else(bench: Any, text: str) -> None:
    bench.lead("Other")
    lead = bench.lead("Hostile", LastName=text)
    alternative = (In("LastName", (text,)), In("Email", (bench.address("hostile"), bench.address("other"))))
    found = bench.client.find([Question("Lead", ("LastName",), (alternative,))])
    assert [(row.id, row.fields["LastName"]) for row in found.rows[0]] == [(lead, text)]


def test_questions_are_answered_each_by_its_own_rows_in_one_call(bench: Any) -> None:
    lead = bench.lead("Bea")
    contact = bench.write(Write("create", "Contact", fields={"LastName": "Bea", "Email": bench.address("bea")}))[0].id
    keys = ((In("Email", (bench.address("bea"), bench.address("nobody"))),),)
    found = bench.client.find(
        [
            Question("Lead", (), keys),
            Question("Contact", ("AccountId",), keys),
            Question("Account", (), ()),
            Question("Lead", (), keys),
        ]
    )
    assert [[row.id for row in rows] for rows in found.rows] == [[lead], [contact], [], [lead]]
    assert found.api_calls == 1


def test_a_second_create_with_the_same_key_is_refused_and_writes_nothing(bench: Any) -> None:
    facts = bench.client.facts()
    if "Lead" not in facts.external_field:
        pytest.skip("this org has no effect key field: deploy deploy/salesforce")
    key = (facts.external_field["Lead"], bench.mark * 2)
    first = bench.write(Write("create", "Lead", external=key, fields={"LastName": "Key", "Company": "Example"}))[0]
    second = bench.write(Write("create", "Lead", external=key, fields={"LastName": "Other", "Company": "Example"}))[0]
    assert first.success
    assert first.created
    assert not second.success
    assert [error.code for error in second.errors] == ["DUPLICATE_VALUE"]
    assert first.id in second.errors[0].message
    assert bench.by_id("Lead", first.id, "LastName").fields["LastName"] == "Key"


def test_one_refused_record_holds_back_no_other(bench: Any) -> None:
    lead = bench.lead("Cy")
    written = bench.write(
        Write("update", "Lead", lead, fields={"Title": "Head"}),
        Write("create", "Lead", fields={"LastName": "NoCompany"}),
        Write("create", "Account", fields={"Name": f"Example {bench.mark}"}),
        Write("update", "Lead", "00Q00000000ZZZZAAA", fields={"Title": "x"}),
    )
    assert [item.success for item in written] == [True, False, True, False]
    assert [item.created for item in written] == [False, False, True, False]
    assert written[1].errors[0].code == "REQUIRED_FIELD_MISSING"
    assert not written[1].errors[0].transient
    row = bench.by_id("Lead", lead, "Title")
    assert row is not None
    assert row.fields == {"Title": "Head"}


def test_many_records_are_written_by_one_call_and_found_again(bench: Any) -> None:
    before = bench.client.api_calls()
    writes = [
        Write("create", "Lead", fields={"LastName": f"N{n}", "Company": "Example", "Email": bench.address(f"n{n}")})
        for n in range(250)
    ]
    written = bench.write(*writes)
    assert all(item.success for item in written)
    assert bench.client.api_calls() - before <= 2  # a login, and one composite
    values = tuple(bench.address(f"n{n}") for n in range(250))
    found = bench.client.find([Question("Lead", ("LastName",), ((In("Email", values),),))])
    assert {row.id: row.fields["LastName"] for row in found.rows[0]} == {
        item.id: f"N{n}" for n, item in enumerate(written)
    }


def test_a_deleted_record_is_found_only_where_deleted_ones_are_asked_for(bench: Any) -> None:
    lead = bench.lead("Gone")
    assert bench.client.write([Write("delete", "Lead", lead)], send_by=soon())[0].success
    bench.made.pop(lead)
    assert bench.by_id("Lead", lead) is None
    row = bench.by_id("Lead", lead, "IsDeleted", deleted=True)
    assert row is not None
    assert row.fields == {"IsDeleted": True}


def test_a_lead_is_converted_once_and_without_an_opportunity(bench: Any) -> None:
    status = bench.client.facts().converted_status
    lead, second = bench.lead("Dee"), bench.lead("Eve")
    first = bench.client.convert([Conversion(lead, status)], send_by=soon())[0]
    assert first.success, first.errors
    again, other = bench.client.convert(
        [Conversion(lead, status), Conversion(second, status, first.account_id)], send_by=soon()
    )
    bench.made |= {first.account_id: "Account", first.contact_id: "Contact", other.contact_id: "Contact"}
    assert not again.success
    assert again.errors
    assert other.success
    assert other.account_id == first.account_id
    fields = ("IsConverted", "ConvertedContactId", "ConvertedOpportunityId")
    row = bench.by_id("Lead", lead, *fields)
    assert row is not None
    assert row.fields == {"IsConverted": True, "ConvertedContactId": first.contact_id, "ConvertedOpportunityId": None}
    refused = bench.client.write([Write("update", "Lead", lead, fields={"Title": "x"})], send_by=soon())[0]
    assert [error.code for error in refused.errors] == ["CANNOT_UPDATE_CONVERTED_LEAD"]


def test_usage_is_known_after_the_first_answer_and_calls_are_counted(connect: Any) -> None:
    client = connect()
    assert client.usage() is None
    assert client.api_calls() == 0
    client.find([Question("Lead", (), ((In("Email", ("nobody@example.com",)),),))])
    used, limit = client.usage()
    assert 0 < used <= limit
    assert client.api_calls() == 2


def test_nothing_is_written_after_send_by(bench: Any) -> None:
    write = Write("create", "Lead", fields={"LastName": "Late", "Company": "Example", "Email": bench.address("late")})
    with pytest.raises(TooLate):
        bench.client.write([write], send_by=datetime.now(UTC) - timedelta(seconds=1))
    found = bench.client.find([Question("Lead", (), ((In("Email", (bench.address("late"),)),),))])
    assert found.rows == ((),)


def test_several_threads_share_one_client(bench: Any) -> None:
    leads = [bench.lead(f"T{n}") for n in range(4)]

    def work(lead: str) -> Any:
        bench.client.write([Write("update", "Lead", lead, fields={"Title": lead})], send_by=soon())
        row = bench.by_id("Lead", lead, "Title")
        return row.fields["Title"] if row else None

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, leads)) == leads


def test_a_number_is_searched_in_any_written_form_and_other_numbers_are_not_found(bench: Any) -> None:
    lead = bench.lead("Dialled", Phone="(415) 555.26-71")
    bench.lead("Other", Phone="+1 415 555 9999")
    found = bench.client.search(
        ["+14155552671", "(415) 555-2671", "+14155550000"], {"Lead": ("Id", "Phone"), "Contact": ("Id",)}
    )
    assert [row.fields["Phone"] for row in found.rows[0] if row.id == lead] == ["(415) 555.26-71"]
    assert found.rows[1] == ()
    assert found.api_calls == 1


def test_many_numbers_are_searched_in_texts_that_the_org_reads_whole(bench: Any) -> None:
    lead = bench.lead("Last", Phone="+1 415 555 2699")
    numbers = [f"+1415556{number:04}" for number in range(900)]
    found = bench.client.search([*numbers, "+14155552699"], {"Lead": ("Id",)})
    assert lead in {row.id for row in found.rows[0]}
    assert found.api_calls == 4
