"""Errors by what they mean: what passes is tried again, what is too much is halved, a full org waits."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import simulator
from tests.fakes.scheduler import command, integration
from tests.fakes.simulated import SimulatedRig

Opened = Callable[..., SimulatedRig]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    with ExitStack() as stack:
        running = stack.enter_context(simulator.serve())

        def make(**options: Any) -> SimulatedRig:
            rig = SimulatedRig(tmp_path, running, [integration("upsert")], **options)
            stack.callback(rig.executor.close)
            stack.callback(rig.executor.stop)
            return rig

        yield make


def people(count: int, **more: Any) -> list[Any]:
    return [command(f"p{n}@example.com", LastName=f"P{n}", **more) for n in range(count)]


def writes(rig: SimulatedRig) -> list[int]:
    """Return how many records each API call wrote."""
    return [int(item.get("written") or 0) for item in rig.control().log() if item["path"].endswith("/composite")]


@pytest.mark.parametrize("error", ["apex_lock", "flow_lock", "unknown", "soql_limit", "dml_limit", "cpu"])
def test_what_passes_by_itself_is_tried_again(opened: Opened, error: str) -> None:
    rig = opened()
    rig.control().fault("rows", error=error, match={"body_regex": '"POST"'}, count=2)
    rig.send(*people(3))
    assert rig.kinds(rig.settle(3)) == ["created"] * 3
    assert len(rig.rows("Lead")) == 3


def test_a_trigger_that_fails_for_good_is_a_refusal_at_once(opened: Opened) -> None:
    rig = opened()
    rig.control().fault("rows", error="apex", count=None)
    rig.send(*people(1))
    (outcome,) = rig.settle(1)
    assert rig.kinds([outcome]) == ["error.salesforce_refused"]
    assert "NullPointerException" in outcome.refusals[0].message


@pytest.mark.parametrize("error", ["unknown", "soql_limit"])
def test_what_may_pass_and_never_does_ends_as_a_refusal(opened: Opened, error: str) -> None:
    rig = opened()
    rig.control().fault("rows", error=error, share=1, count=None)
    rig.send(*people(1))
    assert rig.kinds(rig.settle(1)) == ["error.salesforce_refused"]


@pytest.mark.parametrize("error", ["soql_limit", "dml_limit", "cpu"])
def test_a_collection_that_is_too_much_is_halved_until_it_passes(opened: Opened, error: str) -> None:
    rig = opened()
    rig.control().fault("rows", error=error, object="Lead", over=30, count=None)
    rig.send(*people(150))
    assert rig.kinds(rig.settle(150)) == ["created"] * 150
    assert len(rig.rows("Lead")) == 150
    sizes = rig.executor._pipeline.sizes
    assert 15 <= sizes("Lead") <= 30
    assert sizes("Contact") == 200


def test_the_size_that_was_learnt_is_used_at_once_by_those_who_come_next(opened: Opened) -> None:
    rig = opened()
    rig.control().fault("rows", error="soql_limit", object="Lead", over=30, count=None)
    rig.send(*people(80))
    rig.settle(80)
    struck = rig.control().clear_faults()[0]["struck"]
    rig.control().fault("rows", error="soql_limit", object="Lead", over=30, count=None)
    before = len(rig.control().log())
    rig.send(*(command(f"q{n}@example.com", LastName=f"Q{n}") for n in range(80)))
    rig.settle(160)
    assert struck >= 2
    assert len(rig.control().log()) - before <= 6
    assert not [outcome for outcome in rig.outcomes() if outcome.kind == "error"]


def test_one_record_that_spoils_a_request_stands_alone_and_costs_nobody_else_anything(opened: Opened) -> None:
    rig = opened()
    rig.control().fault(
        "status", match={"body_regex": '"POST".*Spoiler'}, status=413, code="REQUEST_TOO_LARGE", message="m", count=None
    )
    rig.send(*people(60), command("bad@example.com", LastName="Spoiler"))
    outcomes = rig.settle(61)
    assert [outcome.person.email for outcome in outcomes if outcome.kind == "error"] == ["bad@example.com"]
    assert len(rig.rows("Lead")) == 60
    assert len(writes(rig)) < 40


@pytest.mark.parametrize("status", [400, 413, 414, 431])
def test_a_request_that_is_too_large_is_sent_in_parts(opened: Opened, status: int) -> None:
    rig = opened()
    rig.control().fault(
        "status", match={"records_over": 20}, status=status, code="REQUEST_TOO_LARGE", message="m", count=None
    )
    rig.send(*people(70))
    assert rig.kinds(rig.settle(70)) == ["created"] * 70


@pytest.mark.parametrize("status", [400, 413, 414, 431])
def test_one_person_who_spoils_the_reads_of_others_ends_alone(opened: Opened, status: int) -> None:
    rig = opened()
    rig.control().fault(
        "status", match={"body_regex": "query.*spoiler"}, status=status, code="BAD_REQUEST", message="m", count=None
    )
    rig.send(*people(40), command("spoiler@example.com"), *(command(f"q{n}@example.com") for n in range(40)))
    outcomes = rig.settle(81)
    assert [outcome.person.email for outcome in outcomes if outcome.kind != "created"] == ["spoiler@example.com"]
    assert len(rig.rows("Lead")) == 80
    reads = [item for item in rig.control().log() if item["path"].endswith("composite") and item["status"] == status]
    assert 0 < len(reads) < 60


def test_a_query_that_is_too_large_for_the_org_is_asked_in_smaller_ones(opened: Opened) -> None:
    rig = opened()
    rig.control().fault(
        "sub",
        match={"body_regex": "query.{9000}"},
        status=400,
        code="OPERATION_TOO_LARGE",
        count=None,
    )
    rig.send(*(command(f"somebody-with-a-long-address-{n:05d}@example.com") for n in range(300)))
    assert rig.kinds(rig.settle(300)) == ["created"] * 300


def test_full_storage_pauses_the_org_tells_it_once_and_refuses_nothing(opened: Opened) -> None:
    rig = opened(check_every=0.2)
    rig.control().fault("rows", error="storage", count=None)
    rig.send(*people(5))
    rig.wait(lambda: any(notice.cause == "storage_full" for notice in rig.notices()), what="the notice")
    rig.wait(lambda: sum("/limits" in item["path"] for item in rig.control().log()) >= 3, what="three looks")
    assert rig.outcomes() == []
    rig.control().clear_faults()
    assert rig.kinds(rig.settle(5)) == ["created"] * 5
    assert [notice.kind for notice in rig.notices()] == ["connection_broken", "connection_mended"]


@pytest.mark.parametrize("rights", [["read", "edit"], ["read"]])
def test_a_right_to_a_whole_object_pauses_the_org_tells_it_once_and_refuses_nothing(
    opened: Opened, rights: list[str]
) -> None:
    rig = opened(check_every=0.2)
    rig.send(*people(2))
    rig.settle(2)
    rig.control().ask("POST", "rights", {"object": "Lead", "rights": rights})
    rig.send(*(command(f"q{n}@example.com") for n in range(5)))
    rig.wait(lambda: any(notice.cause == "no_rights" for notice in rig.notices()), what="the notice")
    rig.wait(lambda: sum("Lead/describe" in item["path"] for item in rig.control().log()) >= 5, what="further looks")
    assert rig.kinds(rig.outcomes()) == ["created"] * 2
    rig.control().ask("POST", "rights", {"object": "Lead", "rights": ["read", "create", "edit"]})
    assert rig.kinds(rig.settle(7)) == ["created"] * 7
    assert [(notice.kind, notice.cause) for notice in rig.notices()] == [
        ("connection_broken", "no_rights"),
        ("connection_mended", "no_rights"),
    ]


def test_a_licence_that_is_lost_while_records_are_written_waits_is_told_once_and_refuses_nothing(
    opened: Opened,
) -> None:
    """The object is hidden by then: from describe, from queries and from what is written."""
    rig = opened(check_every=0.2)
    rig.send(*people(2))
    rig.settle(2)
    rig.control().ask("POST", "rights", {"object": "Lead", "rights": []})
    rig.send(*(command(f"q{n}@example.com") for n in range(5)))
    rig.wait(lambda: any(notice.kind == "connection_broken" for notice in rig.notices()), what="the notice")
    rig.wait(lambda: sum("Lead/describe" in item["path"] for item in rig.control().log()) >= 5, what="further looks")
    assert rig.kinds(rig.outcomes()) == ["created"] * 2
    rig.control().ask("POST", "rights", {"object": "Lead", "rights": ["read", "create", "edit"]})
    assert rig.kinds(rig.settle(7)) == ["created"] * 7
    rig.wait(lambda: len(rig.notices()) >= 2, what="the notice that it is mended")
    assert [notice.kind for notice in rig.notices()] == ["connection_broken", "connection_mended"]


def test_a_right_that_is_missing_for_one_record_alone_is_a_refusal(opened: Opened) -> None:
    rig = opened()
    rig.control().fault(
        "rows", code="INSUFFICIENT_ACCESS_OR_READONLY", message="insufficient access rights on object id", count=None
    )
    rig.send(*people(1))
    assert rig.kinds(rig.settle(1)) == ["error.salesforce_refused"]
    assert rig.notices() == []


@pytest.mark.parametrize("what", ["query", "POST"])
def test_a_session_that_ends_inside_a_composite_is_renewed(opened: Opened, what: str) -> None:
    """HTTP 200 outside, 401 inside."""
    rig = opened()
    rig.control().fault("sub", match={"path_regex": "composite", "body_regex": what})
    rig.send(*people(2))
    assert rig.kinds(rig.settle(2)) == ["created"] * 2
    assert rig.notices() == []
    logins = [item for item in rig.control().log() if "oauth2/token" in item["path"]]
    assert len(logins) >= 2
