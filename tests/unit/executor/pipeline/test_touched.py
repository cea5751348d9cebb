"""What a decision touches: every record that it reads, writes or makes, by each name by which others look for it."""

from datetime import UTC, datetime

import pytest

from processors.executor.jobs.job import Job
from processors.executor.pipeline.touched import after_step, touched_keys
from processors.matching.lookup import Lookup
from processors.model.decision import Decision, Step
from processors.model.match import Match
from processors.model.org_facts import OrgFacts
from processors.model.record import Record
from tests.fakes.org import KEY
from tests.fakes.scheduler import command, integration

LEAD, CONTACT = "00Q000000000001AAA", "003000000000001AAA"
FACTS = OrgFacts("main", "00D", "005", {}, {"Lead": KEY, "Task": KEY}, "Closed", datetime(2026, 1, 5, tzinfo=UTC))
LOOKUP = Lookup.of([integration()], "US")


def touched(*steps: Step, people: tuple[Record, ...] = (), **more: object) -> frozenset[str]:
    job = Job(command("a@example.com"), integration(), 1, 0, 0.0, frozenset())
    decision = Decision("updated", steps=steps, **more)  # type: ignore[arg-type]  # a decision's own fields
    return touched_keys(job, decision, Match(leads=people), FACTS, LOOKUP)


def test_a_record_that_is_read_is_claimed_by_its_ids_and_by_what_it_holds() -> None:
    record = Record("Lead", LEAD, {"Email": "Ann@Example.com", "Phone": "+1 212 555 0100", KEY: "made-by-a-call"})
    keys = touched(people=(record,))
    assert {f"rec:{LEAD}", f"sfid:{LEAD}", "email:ann@example.com", "thing:made-by-a-call"} <= keys
    assert any(key.startswith("phone:") for key in keys)


def test_a_record_that_is_written_is_claimed_by_its_names_before_and_after_the_write() -> None:
    record = Record("Lead", LEAD, {"Email": "old@example.com"})
    step = Step("lead", "update", "Lead", record_id=LEAD, fields={"Email": "new@example.com"})
    assert {"email:old@example.com", "email:new@example.com"} <= touched(step, people=(record,))


def test_a_record_that_is_made_is_claimed_by_its_key_and_its_names() -> None:
    step = Step("lead", "create", "Lead", fields={"Email": "new@example.com"}, effect="key")
    assert {"thing:key", "email:new@example.com"} <= touched(step)


def test_an_activity_claims_whom_it_hangs_on_though_no_match_found_them() -> None:
    step = Step("activity", "create", "Event", fields={"WhoId": CONTACT}, effect="chain")
    assert {f"rec:{CONTACT}", f"sfid:{CONTACT}", "thing:chain"} <= touched(step)


def test_a_linked_record_is_claimed_without_a_step() -> None:
    assert {f"rec:{CONTACT}", f"sfid:{CONTACT}"} <= touched(linked=(Record("Contact", CONTACT),))


@pytest.mark.parametrize(
    ("record", "after"),
    [(None, {"Email": "new"}), (Record("Lead", LEAD, {"Email": "old", "Phone": "1"}), {"Email": "new", "Phone": "1"})],
)
def test_after_a_step_a_record_holds_what_was_written_over_what_it_held(
    record: Record | None, after: dict[str, str]
) -> None:
    assert after_step(record, Step("lead", "update", "Lead", record_id=LEAD, fields={"Email": "new"})) == after
