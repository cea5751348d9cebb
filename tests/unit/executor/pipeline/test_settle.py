"""What an outcome says of a command that ended before all of it was written."""

from datetime import UTC, datetime

from processors.executor.jobs.job import Job
from processors.executor.pipeline.settle import settle
from processors.model.decision import Decision, Step
from processors.model.plan import Ending, Plan
from processors.model.requests import RowError, Written
from tests.fakes.scheduler import command


def test_an_account_that_stands_although_its_contact_was_refused_is_named() -> None:
    """Nobody belongs to it yet: the event that is sent again finds it."""
    steps = (Step("account", "create", "Account", effect="a"), Step("contact", "create", "Contact", effect="c"))
    plan = Plan(Decision("created", steps=steps), results=(Written(True, "A", created=True),))
    job = Job(command("a@example.com"), None, 1, 0, 0.0, frozenset({"k"}))
    ending = Ending("error", "salesforce_refused", errors=(RowError("INVALID_EMAIL_ADDRESS", "no address"),))
    outcome = settle(job, plan, "digest", datetime(2026, 1, 2, tzinfo=UTC), ending)
    stands = "Account A was made before the refusal and stands: the event, sent under a new event_id, uses it"
    assert outcome.detail == stands
    assert [(record.object, record.operation) for record in outcome.records] == [
        ("Account", "created"),
        ("Contact", "failed"),
    ]


def test_a_flag_that_several_steps_have_is_listed_once() -> None:
    """The owner of the contact and of its activity, for one, may both be unknown."""
    plan = Plan(Decision("created", flags=("owner_unknown", "merged_record", "owner_unknown")))
    job = Job(command("a@example.com"), None, 1, 0, 0.0, frozenset({"k"}))
    outcome = settle(job, plan, "digest", datetime(2026, 1, 2, tzinfo=UTC), Ending("created", "none"))
    assert outcome.flags == ("owner_unknown", "merged_record")
