"""The client against an org that loses answers: every loss is named for what the caller must do (simulator alone)."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import simulator
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.settings import SalesforceSettings
from processors.model.errors import InDoubt, OrgDown, Transient
from processors.model.requests import Conversion, In, Question, Write, Written

pytestmark = pytest.mark.outside

STATUS = "Closed - Converted"
COMPOSITE, SOAP = {"path_regex": "/composite$"}, {"path_regex": "/services/Soap/"}
KEYS = ((In("Email", ("ada@example.com",)),),)


@dataclass
class Lossy:
    """A client, the control endpoint of its org, and one lead that was there before."""

    client: SalesforceClient
    control: simulator.Control
    lead: str

    def write(self, name: str = "Ada") -> Any:
        fields = {"LastName": name, "Company": "Example", "Email": f"{name.lower()}@example.com"}
        return self.client.write([Write("create", "Lead", fields=fields)], send_by=soon())

    def convert(self) -> Any:
        return self.client.convert([Conversion(self.lead, STATUS)], send_by=soon())

    def find(self) -> Any:
        return self.client.find([Question("Lead", ("LastName",), KEYS)])

    def applied(self) -> int:
        """Return how many leads were created or converted."""
        return sum(1 for effect in self.control.effects() if effect["object"] == "Lead")


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=30)


def wait_until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the condition did not come true in time"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def running() -> Iterator[simulator.Running]:
    with simulator.serve() as item:
        yield item


@pytest.fixture
def lossy(running: simulator.Running) -> Iterator[Lossy]:
    control = simulator.Control(running.control_url)
    control.clear_faults()
    control.ask("POST", "calls", {"used": 0})
    control.wipe()
    lead = control.seed("Lead", [{"LastName": "Old", "Company": "Example"}])[0]
    values = {"login_url": running.url, "client_id": "signalbox", "client_secret": "simulated-secret"}
    client = SalesforceClient("main", SalesforceSettings.model_validate({**values, "read_timeout": 5}))
    client.find([])  # nothing is asked
    yield Lossy(client, control, lead)
    client.close()
    control.clear_faults()


LOSSES: list[tuple[str, dict[str, Any], int]] = [
    ("reset_after", {}, 1),
    ("reset_before", {}, 0),
    ("cut_body", {}, 1),
    ("html200", {}, 0),
    ("status", {"status": 502, "body": "Bad Gateway"}, 0),
    ("status", {"status": 502, "body": "Bad Gateway", "applied": True}, 1),
    ("status", {"status": 500}, 0),
    ("charset", {"charset": "utf-16"}, 1),
]


@pytest.mark.parametrize(("action", "params", "applied"), LOSSES)
def test_a_lost_answer_to_a_write_is_in_doubt_whether_it_was_applied_or_not(
    lossy: Lossy, action: str, params: dict[str, Any], applied: int
) -> None:
    lossy.control.fault(action, match=COMPOSITE, **params)
    with pytest.raises(InDoubt):
        lossy.write()
    assert lossy.applied() == applied
    assert len(lossy.find().rows[0]) == applied


@pytest.mark.parametrize(("action", "params", "applied"), LOSSES)
def test_a_lost_answer_to_a_conversion_is_in_doubt_whether_it_was_applied_or_not(
    lossy: Lossy, action: str, params: dict[str, Any], applied: int
) -> None:
    lossy.control.fault(action, match=SOAP, **params)
    with pytest.raises(InDoubt):
        lossy.convert()
    assert lossy.applied() == applied
    again: Written = lossy.convert()[0]
    assert again.success is (applied == 0)
    if applied:
        assert [error.code for error in again.errors] == ["CANNOT_UPDATE_CONVERTED_LEAD"]


@pytest.mark.parametrize(("action", "params", "applied"), LOSSES)
def test_a_lost_answer_to_a_question_is_no_doubt_but_asked_again(
    lossy: Lossy, action: str, params: dict[str, Any], applied: int
) -> None:
    lossy.control.fault(action, match=COMPOSITE, **params)
    with pytest.raises(Transient) as caught:
        lossy.find()
    assert not isinstance(caught.value, InDoubt | OrgDown)
    assert lossy.find().rows == ((),)


@pytest.mark.parametrize(("match", "act"), [(COMPOSITE, Lossy.write), (SOAP, Lossy.convert)])
def test_a_write_that_is_applied_after_its_connection_is_gone_is_in_doubt_all_along(
    lossy: Lossy, match: dict[str, str], act: Callable[[Lossy], Any]
) -> None:
    lossy.control.fault("late_apply", match=match, seconds=0.2)
    with pytest.raises(InDoubt):
        act(lossy)
    assert lossy.applied() == 0
    wait_until(lambda: lossy.applied() == 1)


ACTS = [(COMPOSITE, Lossy.write), (COMPOSITE, Lossy.find), (SOAP, Lossy.convert)]


@pytest.mark.parametrize(("match", "act"), ACTS)
@pytest.mark.parametrize(
    ("action", "code"), [("limit", "REQUEST_LIMIT_EXCEEDED"), ("maintenance", "SERVER_UNAVAILABLE")]
)
def test_a_limit_and_maintenance_put_the_whole_org_down_and_nothing_is_in_doubt(
    lossy: Lossy, action: str, code: str, match: dict[str, str], act: Callable[[Lossy], Any]
) -> None:
    lossy.control.fault(action, match=match)
    with pytest.raises(OrgDown) as caught:
        act(lossy)
    assert caught.value.code == code
    assert lossy.applied() == 0


def test_the_real_daily_limit_puts_the_org_down_and_the_client_then_asks_no_more(lossy: Lossy) -> None:
    lossy.find()
    lossy.control.ask("POST", "calls", {"used": 100_000})
    with pytest.raises(OrgDown, match="REQUEST_LIMIT_EXCEEDED"):
        lossy.write()
    calls = lossy.client.api_calls()
    with pytest.raises(OrgDown) as caught:
        lossy.write()
    assert caught.value.code == "API_SOFT_LIMIT"
    assert lossy.client.api_calls() == calls


@pytest.mark.parametrize("act", [Lossy.write, Lossy.find, Lossy.convert])
def test_eight_calls_on_an_expired_session_make_one_login_and_are_all_answered(
    lossy: Lossy, act: Callable[[Lossy], Any]
) -> None:
    lossy.find()
    lossy.control.revoke()
    mark = lossy.control.log()[-1]["seq"]
    barrier = threading.Barrier(8)

    def work(_: int) -> Any:
        barrier.wait(10)
        return act(lossy)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(work, range(8)))
    assert len(answers) == 8
    paths = [item["path"] for item in lossy.control.log(mark)]
    assert sum(1 for path in paths if path == "/services/oauth2/token") == 1
    assert 8 < len(paths) <= 17


def test_a_locked_row_is_refused_alone_and_may_be_sent_again(lossy: Lossy) -> None:
    free = lossy.control.seed("Lead", [{"LastName": "Free", "Company": "Example"}])[0]
    lossy.control.lock(lossy.lead, 60)
    writes = [Write("update", "Lead", text, fields={"Title": "Head"}) for text in (lossy.lead, free)]
    held, other = lossy.client.write(writes, send_by=soon())
    assert (held.success, other.success) == (False, True)
    assert [(error.code, error.transient) for error in held.errors] == [("UNABLE_TO_LOCK_ROW", True)]
    converted = lossy.convert()[0]
    assert [(error.code, error.transient) for error in converted.errors] == [("UNABLE_TO_LOCK_ROW", True)]
    lossy.control.shift(61)
    assert lossy.client.write(writes[:1], send_by=soon())[0].success
    lossy.control.shift(-61)


def test_a_dead_credential_is_tried_three_times_and_then_no_more(running: simulator.Running) -> None:
    values = {"login_url": running.url, "client_id": "signalbox", "client_secret": "wrong"}
    client = SalesforceClient("main", SalesforceSettings.model_validate(values))
    for _ in range(6):
        with pytest.raises(OrgDown):
            client.find([Question("Lead", (), KEYS)])
    assert client.api_calls() == 3
    client.close()
