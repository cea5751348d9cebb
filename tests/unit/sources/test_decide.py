"""What a decision carries beside its steps' fields."""

from processors.model.match import Match
from processors.sources.decide import decide
from processors.sources.settings import integration_of
from schemas.identity import create_key
from tests.unit.deciding.rules.scenarios import ACCOUNT, NOW, account, command, contact, integration, lead, org_facts

FACTS = org_facts()


def test_a_missing_integration_is_an_error_that_says_what_to_do() -> None:
    """Settings may be gone while a command waits."""
    decision = decide(command(rule_ids=("VS-1",)), Match(), None, FACTS, NOW)
    assert (decision.kind, decision.reason, decision.rule_ids) == ("error", "settings_missing", ("VS-1",))
    assert (
        decision.detail
        == "integration calls is not configured here: restore its file, then send the event under a new event_id"
    )


def test_a_command_whose_integration_has_another_source_by_now_is_an_error_that_says_what_to_do() -> None:
    """A file may change while a command waits: what one source says is nothing to another."""
    told = {"name": "calls", "org": "main", "source": "booking", "workspace": "Roofs"}
    decision = decide(command(rule_ids=("VS-1",)), Match(), integration_of(told), FACTS, NOW)
    assert (decision.kind, decision.reason, decision.rule_ids) == ("error", "settings_missing", ("VS-1",))
    assert (
        decision.detail
        == "integration calls is of source 'booking' by now: restore its file, then send the event under a new event_id"
    )


def test_a_decision_names_the_rules_that_led_to_it_each_once_with_those_of_the_command_first() -> None:
    """The outcome can be explained row by row."""
    decision = decide(command(rule_ids=("VS-1",)), Match(leads=(lead(),)), integration("convert"), FACTS, NOW)
    assert decision.rule_ids == ("VS-1", "VS-23", "VS-26", "1F-overwrite", "VS-21")


def test_a_decision_names_the_rules_by_which_its_record_was_found() -> None:
    """How the record was found is part of why."""
    match = Match(step="key_set:1", contacts=(contact(),), followed="00Q000000000001EAA")
    assert decide(command(), match, integration("only"), FACTS, NOW).rule_ids[:3] == ("VS-8", "VS-7", "VS-9")


def test_created_records_carry_the_key_of_their_event_and_role() -> None:
    """However often it is decided, it is the same create; another event of the same call is another one."""
    settings = integration("contact", account={"enabled": True})
    decision = decide(command(account={"Name": "Acme"}), Match(), settings, FACTS, NOW)
    keys = [create_key("calls", "call_result", "e-1", role) for role in ("account", "contact")]
    assert [step.effect for step in decision.steps] == keys


def test_an_update_keeps_the_values_before() -> None:
    """Audit and undo need what was there."""
    match = Match(contacts=(contact(Title="Chief"),), accounts=(account(),))
    settings = integration("contact", account={"enabled": True, "update": False})
    (step,) = decide(command(account={"Name": "Acme"}), match, settings, FACTS, NOW).steps
    assert step.fields == {"Title": "Boss", "AccountId": ACCOUNT}
    assert step.before == {"Title": "Chief", "AccountId": None}


def test_the_status_of_a_conversion_is_the_setting_before_the_org_default() -> None:
    """Orgs may have several converted statuses (VS-23)."""
    settings = integration("convert", convert={"status": "Won"})
    steps = decide(command(), Match(leads=(lead(),)), settings, FACTS, NOW).steps
    assert [step.status for step in steps if step.operation == "convert"] == ["Won"]


def test_a_contact_after_conversion_is_filled_only_where_the_lead_left_it_blank() -> None:
    """The contact takes over the lead's fields, so that filling blanks looks at those."""
    settings = integration("convert", write={"default": "fill_blank"})
    mapped = {"LastName": "New", "FirstName": "Ann"}
    steps = decide(command(lead={}, contact=mapped), Match(leads=(lead(),)), settings, FACTS, NOW).steps
    assert [step.fields for step in steps if step.object == "Contact"] == [{"FirstName": "Ann"}]
