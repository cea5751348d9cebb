"""What commands leave in the ledger: only what the org took, in the order in which it happened."""

from dataclasses import replace

from processors.executor.jobs.job import Job
from processors.executor.pipeline.ledger_facts import LedgerFacts
from processors.model.decision import EVERY_NAME, Decision, Link, Step
from processors.model.plan import Plan
from processors.model.requests import Written
from tests.fakes.scheduler import command, integration
from tests.unit.executor.pipeline.plans import update

LEAD, CONTACT = "00Q000000000001AAA", "003000000000001AAA"
OPPORTUNITY, TASK = "006000000000001AAA", "00T000000000001AAA"
AT = "2026-01-05T09:00:00.000000Z"


def job() -> Job:
    return Job(command("a@example.com", event_id="e1"), integration(), 1, 0, 0.0, frozenset({"email:a@example.com"}))


def plan(*steps: Step, **more: object) -> Plan:
    return Plan(replace(Decision("updated", steps=steps, at=AT), **more))  # type: ignore[arg-type]  # a decision's own


def test_a_written_update_is_in_the_history_of_its_record_with_the_event_that_wrote_it() -> None:
    facts = LedgerFacts()
    facts.step_done(job(), plan(update(LEAD, Title="Head", Rating=None)), Written(True, LEAD))
    assert set(facts.field_history[LEAD]) == {"Title", "Rating"}
    entry = facts.field_history[LEAD]["Title"]
    assert (entry["value"], entry["event"], entry["at"], entry["integration"]) == ("Head", "e1", AT, "upsert")


def test_a_new_record_is_the_events_own_and_its_history_begins_with_its_id() -> None:
    facts = LedgerFacts()
    step = Step("lead", "create", "Lead", fields={"LastName": "Doe"}, effect="key")
    facts.step_done(job(), plan(step), Written(True, LEAD, created=True))
    assert [(record.record_id, record.role, record.made) for record in facts.own_records] == [(LEAD, "lead", True)]
    assert set(facts.field_history) == {LEAD}


def test_an_opportunity_is_kept_for_its_contact_and_an_activity_by_its_key() -> None:
    facts = LedgerFacts()
    steps = (
        Step("opportunity", "create", "Opportunity", fields={"ContactId": CONTACT, "Name": "New"}),
        Step("activity", "create", "Task", fields={"Subject": "Call"}, effect="thing"),
    )
    going = plan(*steps)
    facts.step_done(job(), going, Written(True, OPPORTUNITY, created=True))
    facts.step_done(job(), going.answered(Written(True, OPPORTUNITY, created=True)), Written(True, TASK, created=True))
    assert facts.links == {("opportunity", CONTACT): OPPORTUNITY, ("activity", "thing"): TASK}


def test_a_plan_without_a_step_left_leaves_nothing() -> None:
    facts = LedgerFacts()
    facts.step_done(job(), plan(), Written(True, LEAD))
    facts.made_before(job(), plan(), Written(True, LEAD))
    assert facts == LedgerFacts()


def test_a_record_that_was_made_before_is_kept_so_that_the_next_match_finds_it() -> None:
    facts = LedgerFacts()
    step = Step("activity", "create", "Task", fields={}, effect="thing")
    facts.made_before(job(), plan(step), Written(True, TASK))
    assert facts.links == {("activity", "thing"): TASK}
    assert facts.field_history == {}, "this event wrote nothing to it"


def test_a_decision_that_was_carried_out_keeps_its_links_states_and_what_it_saw() -> None:
    facts = LedgerFacts()
    carried = plan(
        source_states={"t-1": b"state"},
        links=(Link("record", "lists/p-1", LEAD), Link("assignment", EVERY_NAME, CONTACT)),
        unlinked=(Link("record", "lists/p-0"),),
        seen={LEAD: ("Title",)},
        disowned=("00Q000000000009AAA",),
    )
    facts.carried_out(job(), carried)
    assert facts.source_states == {("upsert", "t-1"): b"state"}
    assert facts.links == {("record", "lists/p-1"): LEAD, ("assignment", "email:a@example.com"): CONTACT}
    assert facts.unlinked == [("record", "lists/p-0")]
    assert facts.disowned == [("upsert", "00Q000000000009AAA")]
    assert facts.field_history == {LEAD: {"seen:Title": {"at": AT, "event": "e1"}}}


def test_an_event_whose_time_is_that_of_its_receipt_says_of_no_value_that_it_is_the_newest() -> None:
    facts = LedgerFacts()
    facts.carried_out(job(), plan(seen={LEAD: ("Title",)}, received={}))
    assert facts.field_history == {LEAD: {}}
    facts.step_done(job(), plan(update(LEAD, City="Bern"), received={LEAD: {"City": "before"}}), Written(True, LEAD))
    assert facts.field_history[LEAD]["City"]["order"] == "before"
