"""Kind *machine-counts-as-person*: each kind of machine, by kind and by extension, before a person and alone."""

import pytest

from tests.cases.conftest import Play
from tests.cases.test_pbx_calls import AGENT, ANN, DESK, IN, a, calls, into, known, pbx, task, told

SUBJECTS = {
    "queue": "Missed call (gave up in the queue) from",
    "ivr": "Missed call (gave up in the menu) from",
    "ring_group": "Missed call from",
    "voicemail": "Voicemail from",
}
KINDS = pytest.mark.parametrize("kind", SUBJECTS)


@KINDS
def test_a_machine_that_answers_is_no_talk(play: Play, kind: str) -> None:
    row = task(play([known(ANN), pbx(*into(a(kind), 40))]))
    assert (row["Subject"], row["CallDurationInSeconds"]) == (f"{SUBJECTS[kind]} {ANN}", 0)


@KINDS
def test_the_talk_begins_with_the_person_who_answers_after_it(play: Play, kind: str) -> None:
    person = [
        told("ringing", 50, **IN, callee=DESK, user=AGENT),
        told("answered", 60, **IN, callee=DESK, user=AGENT),
        told("ended", 90, **IN),
    ]
    row = task(play([known(ANN), pbx(*into(a(kind), 90), *person)]))
    assert (row["Subject"], row["CallDurationInSeconds"]) == (f"Inbound call from {ANN}", 30)


@KINDS
def test_a_machine_is_known_by_its_extension(play: Play, kind: str) -> None:
    run = play([known(ANN), pbx(*into(DESK | {"extension": "900"}, 40))], calls=calls(f"machines: {{'900': {kind}}}"))
    assert (task(run)["Subject"], task(run)["CallDurationInSeconds"]) == (f"{SUBJECTS[kind]} {ANN}", 0)


@KINDS
def test_a_lone_final_record_that_names_a_machine_is_no_talk(play: Play, kind: str) -> None:
    final = told("ended", 95, **IN, callee=a(kind), duration=95.0)
    row = task(play([known(ANN), pbx(final)]))
    assert (row["Subject"], row["CallDurationInSeconds"]) == (f"{SUBJECTS[kind]} {ANN}", 0)
