"""What an integration needs of an org, and what of it is gone."""

from dataclasses import replace

import pytest

from processors.integration.check_org import targets
from processors.integration.model import Integration
from processors.model.values import OrgFacts
from processors.sources.settings import integration_of
from tests.fakes.org import FakeOrg


def facts(*hidden: str) -> OrgFacts:
    org = FakeOrg(lambda: 0.0)
    org.hidden.update(hidden)
    return org.facts()


def integration(**more: object) -> Integration:
    told = {"name": "one", "org": "main", "source": "prospect", "workspace": "acme", "action": "update_or_create_lead"}
    return integration_of({**told, **more})


LINKED = integration(link={"id_field": "Description", "synced_field": "Title"})
MAPPED = integration(map={"lead": {"Title": "person.company"}})
KEYED = integration(
    match={"key_sets": [[{"from": "person.email", "kind": "email", "lead": "Email", "contact": "Email"}]]}
)


@pytest.mark.parametrize(
    ("one", "hidden", "named"),
    [
        (MAPPED, "Lead.Title", "Lead.Title"),
        (LINKED, "Lead.Description", "Lead.Description (link.id_field)"),
        (LINKED, "Contact.Title", "Contact.Title (link.synced_field)"),
        (KEYED, "Contact.Email", "Contact.Email"),
    ],
)
def test_ll_18_whatever_an_integration_names_is_gone_when_it_is_not_there(
    one: Integration, hidden: str, named: str
) -> None:
    assert [found for found in targets(one, facts()) if found.absent] == []
    (found,) = (found for found in targets(one, facts(hidden)) if found.absent)
    assert named in found.text
    assert found.level == "error"


def test_an_object_that_is_not_visible_is_gone_for_who_writes_it() -> None:
    known = facts()
    without = replace(known, objects={name: one for name, one in known.objects.items() if name != "Lead"})
    assert [found.absent for found in targets(MAPPED, without) if found.level == "error"] == [True]


def test_a_field_that_is_read_only_is_an_error_and_not_gone() -> None:
    org = FakeOrg(lambda: 0.0)
    org.read_only.add("Lead.Title")
    assert [(found.level, found.absent) for found in targets(MAPPED, org.facts()) if found.level == "error"] == [
        ("error", False)
    ]
