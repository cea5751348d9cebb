"""What `signalbox check` says of references by an external ID."""

from dataclasses import replace

import pytest

from processors.integration.check_org import targets
from processors.integration.references import mapped_names
from processors.model.org_facts import FieldFacts, ObjectFacts, OrgFacts
from processors.sources.settings import integration_of
from tests.fakes.org import FakeOrg


def text(name: str, *, key: bool = False) -> FieldFacts:
    return FieldFacts(name, "string", 80, True, True, True, False, key, key, False)


def reference(name: str, relationship: str, *objects: str, writable: bool = True) -> FieldFacts:
    kind = FieldFacts(name, "reference", 18, writable, writable, True, False, False, False, False)
    return replace(kind, references=objects, relationship=relationship)


def an_object(name: str, *fields: FieldFacts) -> ObjectFacts:
    return ObjectFacts(name, {field.name: field for field in fields})


OBJECTS = [
    an_object(
        "Task",
        reference("WhatId", "What", "Account", "Case"),
        reference("AccountId", "Account", "Account", writable=False),
        reference("OwnerId", "Owner", "Group", "User"),
        text("Subject"),
    ),
    an_object("Account", text("Number__c", key=True), text("Site")),
    an_object("Case", text("Number__c", key=True)),
    an_object("User", replace(text("Username"), lookup=True)),
    an_object("Twice__c", text("Code__c", key=True)),
]


def facts(*more: FieldFacts) -> OrgFacts:
    known = FakeOrg(lambda: 0.0).facts()
    contact = known.objects["Contact"]
    own = (reference("AccountId", "Account", "Account"), *more)
    contact = replace(contact, fields={**contact.fields, **{field.name: field for field in own}})
    return replace(
        known, objects={**known.objects, **{sobject.name: sobject for sobject in OBJECTS}, "Contact": contact}
    )


def told(kind: str, *names: str, known: OrgFacts | None = None) -> list[tuple[bool, str]]:
    """Return (absent, text) of each error of an integration that maps these names."""
    settings = {"name": "one", "org": "main", "source": "prospect", "workspace": "a", "action": "update_or_create_lead"}
    fields = dict.fromkeys(names, "fields.number")
    activity = {"enabled": True, "object": "Task", "owner": "a@example.com"}
    integration = integration_of({**settings, "map": {kind: fields}, "activity": activity})
    return [(found.absent, found.text) for found in targets(integration, known or facts()) if found.level == "error"]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("contact", "Account.Number__c"),
        ("activity", "Account.Number__c"),
        ("activity", "Case.Number__c"),
        ("activity", "User.Username"),
    ],
)
def test_a_reference_that_the_org_has_is_no_fault(kind: str, name: str) -> None:
    assert told(kind, name) == []


@pytest.mark.parametrize(
    ("kind", "name", "wrong"),
    [
        ("contact", "Acount.Number__c", "no reference of Contact that can be written is called Acount or takes it"),
        ("contact", "Account.", "is no reference; write it as Account.Number__c"),
        ("contact", "Account.Owner.Name", "is no reference; write it as Account.Number__c"),
        ("contact", "Account.Site", "Account.Site is no External ID; mark it as one in Setup, or map another field"),
        (
            "activity",
            "What.Number__c",
            "What may be one of several objects; name the object, for instance Account.Numb",
        ),
        ("activity", "Lead.Number__c", "no reference of Task that can be written is called Lead or takes it"),
    ],
)
def test_a_reference_that_can_never_work_is_an_error(kind: str, name: str, wrong: str) -> None:
    ((absent, found),) = told(kind, name)
    assert wrong in found
    assert not absent


def test_a_field_of_the_parent_that_is_not_there_holds_the_integration() -> None:
    ((absent, found),) = told("contact", "Account.Nr__c")
    assert "Account.Nr__c does not exist or is hidden from the integration user" in found
    assert absent


def test_two_names_of_one_reference_are_an_error() -> None:
    assert "both give AccountId a value; keep one of them" in told("contact", "AccountId", "Account.Number__c")[0][1]


def test_an_object_that_several_references_take_needs_the_name_of_one() -> None:
    twice = [reference(f"{item}__c", f"{item}__r", "Twice__c") for item in ("First", "Second")]
    ((_, found),) = told("contact", "Twice__c.Code__c", known=facts(*twice))
    assert "several references of Contact take Twice__c; name one of First__r, Second__r" in found
    assert told("contact", "First__r.Code__c", known=facts(*twice)) == []


def test_what_is_mapped_for_activities_is_asked_of_tasks_and_events() -> None:
    activity, lead = {"Case.Number__c": "fields.a", "Subject": "fields.b"}, {"User.Username": "fields.c"}
    settings = {"name": "one", "org": "main", "source": "prospect", "workspace": "a", "action": "update_or_create_lead"}
    integration = integration_of({**settings, "map": {"activity": activity, "lead": lead}})
    assert set(mapped_names([integration, integration])) == {
        ("Lead", "User.Username"),
        ("Task", "Case.Number__c"),
        ("Event", "Case.Number__c"),
    }
