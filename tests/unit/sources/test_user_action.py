"""What an activity that a user logs takes of the fields that are mapped for activities."""

from dataclasses import replace

import pytest

from processors.model.match import Match
from processors.model.org_facts import ObjectFacts
from processors.sources.decide import decide
from processors.sources.settings import integration_of
from tests.unit.deciding.rules.cases_by_hand import SETTINGS, command, facts
from tests.unit.deciding.rules.scenarios import NOW, fact, lead


@pytest.mark.parametrize(("field", "written"), [("ShowAs", False), ("Status", True), ("Hidden__c", True)])
def test_a_field_of_the_other_object_is_left_out_and_one_of_neither_is_not(field: str, written: bool) -> None:
    """What nobody has is mistyped or hidden from us: Salesforce refuses it, so that it does not vanish in silence."""
    plain = facts()
    event = ObjectFacts("Event", {text: fact(text) for text in ("Subject", "ShowAs", "StartDateTime", "EndDateTime")})
    org = replace(plain, objects={**plain.objects, "Event": event})
    asked = replace(command("log_activity"), activity={"Subject": "Talk", field: "Free"})
    decision = decide(asked, Match(leads=(lead(),)), integration_of(SETTINGS), org, NOW)
    [step] = decision.steps
    assert (step.object, field in step.fields) == ("Task", written)
