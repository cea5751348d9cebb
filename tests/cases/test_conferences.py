"""
Kind *one-task-for-two-customers*: each known person outside who was in a call has a Task of it.

Rule of this file: every call is published as its network tells it, on the simulated org.
"""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.cases.conftest import Play
from tests.cases.runner import Run, Step, case
from tests.cases.test_pbx_calls import AGENT, ANN, BOB, CALLS, CID, DESK, IN, OUT, calls, known, outside, pbx, told

ONE: dict[str, Any] = {"direction": "outbound", "user": AGENT}
REFUSING = CALLS.format(more="") + "match: { several: error }\n"


def joined(*numbers: str, until: float = 100) -> list[dict[str, Any]]:
    """Return the steps of a conference into which an agent dials these numbers, a leg each."""
    steps = []
    for place, number in enumerate(numbers, start=1):
        leg = str(place)
        steps += [
            told("started", 30 * place - 30, leg, **OUT, callee=outside(number)),
            told("answered", 30 * place - 25, leg, **ONE),
            told("conference_joined", 30 * place - 20, leg, **ONE),
            told("ended", until, leg, **ONE),
        ]
    return steps


def recorded(at: float = 300) -> dict[str, Any]:
    """Return the recording of the call, which is told when it is over."""
    return told("recorded", at, recording="https://pbx.example.com/r/1")


def whom(run: Run) -> dict[str, Mapping[str, Any]]:
    """Return the Tasks by the number of the contact that each hangs on."""
    numbers = {row["Id"]: row["Phone"] for row in run.rows("Contact")}
    tasks = run.rows("Task")
    found = {numbers[task["WhoId"]]: task for task in tasks}
    assert len(found) == len(tasks)
    return found


def accounts(*numbers: str) -> Step:
    """Return a step that gives the org an account for each number."""
    return {"org has": "Account", "records": [{"Name": f"Of {number[-3:]}", "Phone": number} for number in numbers]}


def test_k14_conference_each_known_customer_has_the_call(play: Play) -> None:
    run = play(case("k14_conference"))
    tasks = whom(run)
    assert {number: task["Subject"] for number, task in tasks.items()} == {
        "+14155550235": "Outbound call to +14155550235",
        "+14155550236": "Outbound call to +14155550236",
    }
    assert {task["CallDurationInSeconds"] for task in tasks.values()} == {95}
    assert len(run.outcomes()) == 1


def test_three_known_customers_have_three_tasks(play: Play) -> None:
    run = play([known(ANN, BOB, CID), pbx(*joined(ANN, BOB, CID))])
    assert set(whom(run)) == {ANN, BOB, CID}


def test_a_late_step_amends_the_task_of_each(play: Play) -> None:
    run = play([known(ANN, BOB), pbx(*joined(ANN, BOB))])
    run.play([pbx(recorded())])
    tasks = whom(run)
    assert set(tasks) == {ANN, BOB}
    assert all("https://pbx.example.com/r/1" in task["Description"] for task in tasks.values())
    assert run.outcomes()[-1].reason == "activity_updated"


@pytest.mark.parametrize(
    ("people", "late"), [((ANN, BOB), 0), ((ANN, BOB), 1), ((ANN, BOB, CID), 0), ((ANN, BOB, CID), 1)]
)
def test_a_leg_that_comes_late_adds_its_person_and_doubles_nobody(
    play: Play, people: tuple[str, ...], late: int
) -> None:
    """Whoever is told of first has the call's own key, also where an earlier leg puts somebody else first."""
    steps = joined(*people)
    legs = [steps[place : place + 4] for place in range(0, len(steps), 4)]
    run = play([known(*people), *(pbx(*leg) for place, leg in enumerate(legs) if place != late)])
    assert len(whom(run)) == len(people) - 1
    run.play([pbx(*legs[late])])
    assert set(whom(run)) == set(people)
    run.play([pbx(recorded())])
    assert all("https://pbx.example.com/r/1" in row["Description"] for row in whom(run).values())


def test_the_same_number_twice_is_one_task(play: Play) -> None:
    run = play([known(ANN), pbx(*joined(ANN, "(415) 555-0101"))])
    assert set(whom(run)) == {ANN}


def test_two_numbers_of_one_contact_are_one_task(play: Play) -> None:
    both = {"org has": "Contact", "records": [{"LastName": "Both", "Phone": ANN, "MobilePhone": BOB}]}
    run = play([both, pbx(*joined(ANN, BOB))])
    assert set(whom(run)) == {ANN}
    run.play([pbx(recorded())])
    assert set(whom(run)) == {ANN}


def test_an_unknown_number_makes_no_further_task(play: Play) -> None:
    run = play([known(ANN), pbx(*joined(ANN, BOB))])
    assert set(whom(run)) == {ANN}


def test_the_known_one_has_the_task_whoever_the_call_began_with(play: Play) -> None:
    run = play([known(BOB), pbx(*joined(ANN, BOB))])
    assert whom(run)[BOB]["Subject"] == f"Outbound call to {BOB}"
    run.play([pbx(recorded())])
    assert whom(run)[BOB]["Subject"] == f"Outbound call to {BOB}"


def test_nobody_known_is_skipped_as_ever(play: Play) -> None:
    run = play([pbx(*joined(ANN, BOB))])
    assert run.told() == ["skipped.unknown_number"]


def test_a_number_that_becomes_known_later_has_its_task_then(play: Play) -> None:
    run = play([known(BOB), pbx(*joined(ANN, BOB))])
    first = whom(run)[BOB]["Id"]
    run.play([known(ANN), pbx(recorded())])
    tasks = whom(run)
    assert set(tasks) == {ANN, BOB}
    assert tasks[BOB]["Id"] == first
    assert (tasks[ANN]["Subject"], tasks[BOB]["Subject"]) == (f"Outbound call to {ANN}", f"Outbound call to {BOB}")
    assert all("https://pbx.example.com/r/1" in task["Description"] for task in tasks.values())


def test_somebody_who_joins_late_has_a_task_too(play: Play) -> None:
    run = play([known(ANN, BOB), pbx(*joined(ANN))])
    late = [row | {"leg": "2"} for row in joined(ANN, BOB)[4:]]
    run.play([pbx(*late)])
    assert set(whom(run)) == {ANN, BOB}


def test_who_was_only_rung_was_not_in_the_call(play: Play) -> None:
    rung = [told("started", 30, "2", **OUT, callee=outside(BOB)), told("ended", 50, "2", **ONE, cause="no_answer")]
    run = play([known(ANN, BOB), pbx(*joined(ANN), *rung)])
    assert set(whom(run)) == {ANN}


def test_whom_a_call_is_passed_on_to_has_it_as_an_outbound_one(play: Play) -> None:
    steps = [
        told("started", 0, **IN, callee=DESK, user=AGENT),
        told("answered", 5, user=AGENT),
        told("transferred_blind", 60, user=AGENT, transfer_to=outside(BOB)),
        told("ended", 90),
    ]
    tasks = whom(play([known(ANN, BOB), pbx(*steps)]))
    assert (tasks[ANN]["CallType"], tasks[BOB]["CallType"]) == ("Inbound", "Outbound")


def test_our_own_number_at_the_end_of_a_leg_is_nobody(play: Play) -> None:
    steps = [told("started", 0, **IN, callee=outside(CID), user=AGENT), told("answered", 5), told("ended", 65)]
    run = play([known(ANN), accounts(CID), pbx(*steps)])
    assert set(whom(run)) == {ANN}


def test_an_account_has_its_own_task_beside_a_person(play: Play) -> None:
    run = play([known(ANN), accounts(BOB), pbx(*joined(ANN, BOB))])
    account = run.row("Account")["Id"]
    assert sorted(row.get("WhatId") == account for row in run.rows("Task")) == [False, True]


def test_several_of_a_further_number_leave_the_others_their_tasks(play: Play) -> None:
    run = play([known(ANN, BOB, BOB), pbx(*joined(ANN, BOB))], calls=REFUSING)
    assert set(whom(run)) == {ANN}
    (outcome,) = run.outcomes()
    assert (outcome.kind, outcome.reason) == ("activity", "activity_created")
    assert "person_left_out" in outcome.flags
    assert {candidate.id for candidate in outcome.candidates} == {
        row["Id"] for row in run.rows("Contact") if row["Phone"] == BOB
    }


def test_several_of_a_further_number_are_chosen_among_as_ever(play: Play) -> None:
    newest = calls("objects: [Lead]")
    leads = {
        "org has": "Lead",
        "records": [{"LastName": "L", "Company": "C", "Phone": text} for text in (ANN, BOB, BOB)],
    }
    run = play([leads, pbx(*joined(ANN, BOB))], calls=newest)
    last = max(row["Id"] for row in run.rows("Lead") if row["Phone"] == BOB)
    assert {row["WhoId"] for row in run.rows("Task")} == {run.row("Lead", Phone=ANN)["Id"], last}


def test_several_of_the_first_number_refuse_the_call(play: Play) -> None:
    run = play([known(ANN, ANN, BOB), pbx(*joined(ANN, BOB))], calls=REFUSING)
    assert run.told() == ["error.multiple_match"]
    assert run.rows("Task") == []


def test_further_numbers_are_searched_for_in_any_writing(play: Play) -> None:
    held = {"org has": "Contact", "records": [{"LastName": "Odd", "Phone": "(415) 555/0102 x9"}]}
    run = play([known(ANN), held, pbx(*joined(ANN, BOB))])
    assert len(run.rows("Task")) == 2
