"""Killed at every place, with several steps and several calls: nothing is done twice, nobody is forgotten."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from processors.executor.pipeline.pack import pack
from processors.matching.match import person_keys
from tests.fakes.org import Fault
from tests.fakes.scheduler import Rig, command, integration
from tests.integration.executor.conftest import Begin

FULL = integration(
    "full",
    action="update_and_convert_lead_or_create_contact",
    account={"enabled": True},
    opportunity={"enabled": True},
)
PLACES = ("after_claim", "after_match", "after_ledger", "after_intents", "after_write", "after_settle")


class Killed(BaseException):
    """The process ends here."""


def kill_at(rig: Rig, place: str, number: int = 1) -> None:
    """End the executor when it reaches a place for the *number*-th time, as a crash does."""
    seen = 0

    def probe(reached: str) -> None:
        nonlocal seen
        seen += reached == place
        if reached == place and seen == number:
            raise Killed(place)

    rig.on_place = probe


def died(rig: Rig, bound: float = 5.0) -> bool:
    """Wait until the executor has died, or has settled all; return whether it died."""
    deadline = time.monotonic() + bound
    while rig.executor.failure is None and time.monotonic() < deadline:
        if rig.outcomes() and rig.executor.ended() and not rig.executor.scheduler.counts(rig.clock())["due"]:
            break
        time.sleep(0.002)
    return isinstance(rig.executor.failure, Killed)


def full(email: str = "ann@example.com", **more: Any) -> Any:
    """Return a command that makes or converts a person with an account and an opportunity."""
    return command(
        email,
        integration="full",
        Title="Boss",
        account={"Name": f"Acme of {email}"},
        opportunity={"Name": "Deal", "StageName": "New", "CloseDate": "2026-02-01"},
        **more,
    )


@pytest.mark.parametrize("number", [1, 2, 3, 4])
@pytest.mark.parametrize("place", PLACES)
def test_a_conversion_with_account_and_opportunity_killed_anywhere_is_done_once(
    begin: Begin, place: str, number: int
) -> None:
    rig = begin(FULL)
    lead = rig.org.add("Lead", LastName="Doe", Company="Acme", Email="ann@example.com")
    kill_at(rig, place, number)
    rig.send(full())
    was_killed = died(rig)
    rig.on_place = lambda _place: None
    rig.restart()
    (outcome,) = rig.settle(1)

    assert was_killed or rig.places.count(place) < number
    assert outcome.kind == "converted", outcome
    assert [rig.org.created(name) for name in ("Account", "Contact", "Lead", "Opportunity")] == [1, 0, 0, 1]
    assert sum(effect.operation == "convert" for effect in rig.org.effects) == 1
    assert rig.org.records[lead]["IsConverted"]
    touched = {(record.object, record.operation) for record in outcome.records}
    assert {("Account", "created"), ("Lead", "converted"), ("Opportunity", "created")} <= touched or place in (
        "after_intents",
        "after_write",
    )
    assert {"Account", "Lead", "Contact", "Opportunity"} <= {record.object for record in outcome.records}
    (opportunity,) = rig.org.of("Opportunity")
    assert opportunity["ContactId"] == rig.org.records[lead]["ConvertedContactId"]


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("place", PLACES)
def test_a_new_contact_with_account_and_opportunity_killed_anywhere_is_made_once(
    begin: Begin, place: str, number: int
) -> None:
    rig = begin(FULL)
    kill_at(rig, place, number)
    rig.send(full())
    died(rig)
    rig.on_place = lambda _place: None
    rig.restart()
    (outcome,) = rig.settle(1)

    assert outcome.kind == "created"
    assert [rig.org.created(name) for name in ("Account", "Contact", "Opportunity")] == [1, 1, 1]
    assert [len(rig.org.of(name)) for name in ("Account", "Contact", "Opportunity", "Lead")] == [1, 1, 1, 0]


def test_what_a_shared_call_did_is_kept_where_its_commands_go_on_in_different_calls(begin: Begin) -> None:
    rig = begin(FULL, external=False)
    rig.org.add("Lead", LastName="Doe", Company="Acme", Email="lead@example.com")
    # The second call makes a contact and an account; then one makes an opportunity and the other converts: two calls.
    kill_at(rig, "after_intents", 3)
    rig.send(full("new@example.com"), full("lead@example.com"))
    assert died(rig)
    rig.on_place = lambda _place: None
    rig.restart()
    rig.hour_later()
    rig.wait(lambda: len(rig.outcomes()) >= 1)
    rig.hour_later()
    rig.settle(2)

    assert rig.org.created("Account") == 2, [effect for effect in rig.org.effects if effect.object == "Account"]
    assert len(rig.org.of("Contact")) == 2


def test_a_batch_that_was_split_goes_on_although_its_other_half_met_an_org_that_is_down(begin: Begin) -> None:
    rig = begin(FULL)
    rig.org.add("Lead", LastName="Doe", Company="Acme", Email="lead@example.com")
    # While one half makes its opportunity, the other half converts.
    rig.org.faults.append(Fault("down", lambda rows: getattr(rows[0], "object", "") == "Opportunity"))
    rig.send(full("new@example.com"), full("lead@example.com"))

    assert sorted(rig.kinds(rig.settle(2, 5.0))) == ["converted", "created"]
    assert [rig.org.created(name) for name in ("Account", "Contact", "Opportunity")] == [2, 1, 2]
    rig.wait(rig.executor.scheduler.idle, 2.0, "an idle scheduler")
    assert rig.executor.scheduler.counts(rig.clock())["claims"] == 0


def test_a_command_that_crashes_the_executor_is_given_up_after_three_deaths_alone(begin: Begin) -> None:
    rig = begin()
    poison = command("poison@example.com")
    guilty = _deadly(rig, poison.command_id)
    rig.send(poison)
    deaths = 0
    while died(rig) and deaths < 12:
        deaths += 1
        rig.restart()
    (outcome,) = rig.settle(1)

    assert rig.kinds([outcome]) == ["error.internal"]
    assert guilty() == deaths <= 7
    assert rig.org.created("Lead") == 0


def test_d20_bystanders_of_a_crashing_command_are_not_blamed(begin: Begin) -> None:
    rig = begin()
    poison = command("poison@example.com")
    others = [command(f"p{n}@example.com") for n in range(5)]
    _deadly(rig, poison.command_id)
    rig.send(*others[:3], poison, *others[3:])
    for _ in range(12):
        deadline = time.monotonic() + 5
        while rig.executor.failure is None and len(rig.outcomes()) < 6 and time.monotonic() < deadline:
            time.sleep(0.002)
        if rig.executor.failure is None:
            break
        rig.restart()
    outcomes = {outcome.person.email: outcome for outcome in rig.settle(6)}

    assert rig.kinds([outcomes["poison@example.com"]]) == ["error.internal"]
    assert {outcome.kind for email, outcome in outcomes.items() if email != "poison@example.com"} == {"created"}


def test_d20_a_lone_command_and_kills_by_something_else_are_no_internal_error_while_its_effect_may_land(
    begin: Begin,
) -> None:
    rig = begin()
    rig.org.faults.append(Fault("late"))
    rig.send(command("slow@example.com"))
    rig.wait(lambda: bool(rig.org.late))
    for _ in range(5):
        rig.executor.failure = Killed("by something else")
        rig.restart()
    rig.org.land()
    (outcome,) = rig.settle(1)

    assert outcome.kind == "created"
    assert rig.org.created("Lead") == 1


def test_a_command_once_suspected_is_not_blamed_for_rows_that_are_locked(begin: Begin) -> None:
    rig = begin()
    record = rig.org.add("Lead", LastName="Doe", Company="Acme", Email="ann@example.com")
    rig.org.locked.add(record)
    kill_at(rig, "after_claim")
    rig.send(command("ann@example.com", Title="Boss"))
    for _ in range(4):
        assert died(rig)
        kill_at(rig, "after_claim")
        rig.restart()
    assert died(rig)
    rig.on_place = lambda _place: None
    rig.restart()
    tries = rig.org.log.count("Write")
    rig.wait(lambda: rig.org.log.count("Write") >= tries + 6, 10.0, "six tries")
    rig.org.locked.clear()

    assert rig.kinds(rig.settle(1)) == ["updated"]


def _deadly(rig: Rig, command_id: str) -> Callable[[], int]:
    """Let deciding one command end the process; return how often it did."""
    deaths = 0

    def probe(place: str) -> None:
        nonlocal deaths
        if place != "after_claim":
            return
        at_work = [job.id for jobs in rig.executor.scheduler._batches.working.values() for job in jobs]
        if command_id in at_work:
            deaths += 1
            raise Killed("decided the deadly one")

    rig.on_place = probe
    return lambda: deaths


def settled_over_restarts(rig: Rig, count: int, restarts: int = 8) -> dict[str, str]:
    """Load the org anew whenever it fails, as the session does; return kind and reason by event in the end."""
    for _ in range(restarts):
        with suppress(ValueError):
            rig.settle(count)
            return {outcome.event_ids[0]: f"{outcome.kind}.{outcome.reason}" for outcome in rig.outcomes()}
        rig.restart()
    raise AssertionError(f"{len(rig.outcomes())} outcomes after {restarts} restarts")


def test_a_command_that_our_own_code_fails_at_after_its_decision_ends_alone(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = begin()

    def failing(jobs: Any, *rest: Any) -> Any:
        if any(job.command.event_id == "bad" for job in jobs):
            raise ValueError("a planted fault")
        return pack(jobs, *rest)

    monkeypatch.setattr("processors.executor.pipeline.batch_pipeline.pack", failing)
    names = ["one", "bad", "two"]
    rig.send(*(command(f"{name}@example.com", event_id=name) for name in names))
    told = settled_over_restarts(rig, 3)
    assert told == {"one": "created.none", "bad": "error.internal", "two": "created.none"}


def test_a_command_that_our_own_code_cannot_read_ends_and_the_others_go_on(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = begin()

    def failing(command: Any, region: str) -> Any:
        if command.event_id == "bad":
            raise OverflowError("date value out of range")
        return person_keys(command, region)

    monkeypatch.setattr("processors.executor.org_queue.loading.person_keys", failing)
    rig.send(*(command(f"{name}@example.com", event_id=name) for name in ("one", "bad", "two")))
    outcomes = {outcome.event_ids[0]: outcome for outcome in rig.settle(3)}
    assert [(name, outcomes[name].reason) for name in sorted(outcomes)] == [
        ("bad", "internal"),
        ("one", "none"),
        ("two", "none"),
    ]
    assert (outcomes["bad"].detail or "").startswith("OverflowError at processors/executor/org_queue/loading.py:")
