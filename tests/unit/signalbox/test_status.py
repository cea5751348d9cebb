"""The screen of `signalbox status`: each state has its words, and each that needs somebody its command or page."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.database.org_status import OrgStatus
from connectors.kafka.group_status import Waiting
from processors.sources.last_good import FaultyFile
from signalbox.status import Installation, OrgView, Stage, as_value, screen, what_to_do

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
SECONDS = NOW.timestamp()


def _org(**more: Any) -> OrgView:
    status = OrgStatus(
        org="acme", owner="one", epoch=3, states={"settled": 40}, oldest_due=None, parked=0, held=0, broken=(),
        last_sequence=40, calls_in_doubt=0, last_settled=SECONDS - 3, unclean_starts=0, resume_from=None,
    )  # fmt: skip
    unpublished, since = more.pop("unpublished", 0), more.pop("since", None)
    return OrgView(replace(status, **more), unpublished, since)


def _well(**more: Any) -> Installation:
    stages = tuple(Stage(name, True, ("one",), ()) for name in ("intake", "executor", "notifier", "audit"))
    found = Installation(
        "1.2.3", NOW, (*stages, Stage("changes", False, (), ())), (_org(),), ("acme-lead",), (), (), {"crm.dead": 0}
    )
    return replace(found, **more)


def test_where_all_is_well_there_is_nothing_to_do() -> None:
    lines = list(screen(_well()))

    assert lines[0] == "Signalbox 1.2.3, 2026-03-04 12:00:00Z"
    assert lines[-2:] == ["What to do", "  Nothing."]
    assert "  changes   none runs (no integration needs it)" in lines
    assert "  intake    1 runs: one" in lines
    assert "  1 run: acme-lead" in lines
    assert "  acme: 0 commands unfinished; last outcome 3 s ago" in lines


NEEDS = {
    "a process that is needed runs nowhere": (
        _well(stages=(Stage("audit", True, (), ()),)),
        "No audit runs: start `signalbox run audit`.",
    ),
    "a topic is missing": (
        _well(missing_topics=("crm.notice",)),
        "Topics are missing (crm.notice): `signalbox topics create`.",
    ),
    "messages wait too long": (
        _well(stages=(Stage("intake", True, ("a", "b"), (Waiting("crm.event.booking", 7, SECONDS - 301),)),)),
        "The intake is behind in crm.event.booking: see the runbook SignalboxLagSecondsHigh.",
    ),
    "the connection is broken": (
        _well(orgs=(_org(broken=("field_removed",), held=4),)),
        "acme: Give the integration user the right to the field, make the field again, or take it out of the map.",
    ),
    "a choice is awaited": (
        _well(orgs=(_org(parked=2, states={"waiting": 2}),)),
        "acme: 2 commands wait for somebody's choice: `signalbox match list`.",
    ),
    "a command is due for long": (
        _well(orgs=(_org(states={"new": 1}, oldest_due=SECONDS - 7_200),)),
        "acme: the oldest command is due for 2 h: see the runbook SignalboxNoProgress.",
    ),
    "outcomes are not published": (
        _well(orgs=(_org(unpublished=5, since=SECONDS - 900),)),
        "acme: 5 outcomes are not published: see the runbook SignalboxOrgStopped.",
    ),
    "a file is faulty": (
        _well(faulty=(FaultyFile("a.yaml", ("a.yaml:3: no such field",), True),)),
        "Mend a.yaml (`signalbox check --offline` shows its faults): every process takes it up by itself.",
    ),
    "something could not be read": (
        _well(dead_letters={"crm.dead-letter.booking": 3}),
        "Messages could not be read: `signalbox dead-letters list`; see the runbook SignalboxDeadLetters.",
    ),
    "Kafka is away": (_well(unasked=("Kafka did not answer.",)), "Kafka did not answer."),
}


@pytest.mark.parametrize("case", NEEDS)
def test_what_needs_somebody_is_told_with_what_to_do(case: str) -> None:
    found, line = NEEDS[case]

    assert list(what_to_do(found)) == [line]
    assert f"  1. {line}" in list(screen(found))


@pytest.mark.parametrize(
    "found",
    [
        _well(stages=(Stage("intake", True, ("a",), (Waiting("crm.event.booking", 7, SECONDS - 299),)),)),
        _well(orgs=(_org(states={"new": 1}, oldest_due=SECONDS - 299),)),
        _well(orgs=(_org(last_settled=SECONDS - 900, unpublished=5, since=SECONDS - 299),)),
        _well(orgs=(_org(broken=(), last_settled=None, unpublished=None),)),
    ],
    ids=["messages on their way", "a command just due", "outcomes on their way", "an org without an outcome"],
)
def test_what_is_on_its_way_needs_nobody(found: Installation) -> None:
    assert list(what_to_do(found)) == []


def test_an_org_shows_what_it_has_and_nothing_else() -> None:
    view = _org(
        states={"waiting": 4, "settled": 9}, oldest_due=SECONDS - 700, parked=2, unpublished=3, calls_in_doubt=1
    )
    lines = list(screen(_well(orgs=(view,))))

    at = lines.index("  acme: 4 commands unfinished, the oldest due for 11 min; last outcome 3 s ago")
    assert lines[at + 1 : at + 4] == [
        "    2 commands wait for a choice",
        "    1 API calls without an answer",
        "    3 outcomes to publish",
    ]


def test_a_part_that_gave_no_answer_is_never_shown_as_empty() -> None:
    stages = (Stage("intake", True, None, None),)
    lines = list(screen(_well(stages=stages, orgs=None, dead_letters=None)))

    assert "  intake    not known: Kafka gave no answer" in lines
    assert "  not known: the database gave no answer" in lines
    assert "  not known: Kafka gave no answer" in lines
    assert not any("none runs" in line or line == "  none" for line in lines)


def test_a_faulty_file_shows_its_first_faults_and_how_many_there_are() -> None:
    faults = tuple(f"a.yaml:{line}: wrong" for line in range(1, 9))
    lines = list(screen(_well(faulty=(FaultyFile("a.yaml", faults, False),))))

    at = lines.index("  a.yaml is faulty; no good text of it is known: its source waits")
    assert lines[at + 1] == "    a.yaml:1: wrong"
    assert lines[at + 6] == "    and 3 more; `signalbox check --offline` shows all"


def test_the_value_for_json_has_the_same_and_can_be_read_again() -> None:
    found = _well(orgs=(_org(parked=1, states={"waiting": 1}),))
    value = json.loads(json.dumps(as_value(found), default=str))

    assert value["at"] == "2026-03-04T12:00:00+00:00"
    assert value["orgs"][0]["org"]["parked"] == 1
    assert value["what_to_do"] == list(what_to_do(found))
