"""Outcomes travel as CloudEvents in Kafka's binary mode."""

from datetime import UTC, datetime, timedelta, timezone

from connectors.kafka.headers import outcome_headers, trace_headers
from schemas.outcome import Outcome
from schemas.values import Person

EAST = timezone(timedelta(hours=2))
SETTLED = datetime(2026, 1, 2, 5, 4, 5, 678_000, tzinfo=EAST)


def _outcome() -> Outcome:
    return Outcome(
        outcome_id="8a1b",
        kind="created",
        reason="none",
        integration="north-calls",
        org="north",
        contract="call_result",
        event_ids=("e1",),
        source_id="call-1",
        event_time=SETTLED,
        command_time=SETTLED,
        settled_time=SETTLED,
        intake_digest="a",
        executor_digest="b",
        person=Person(),
    )


def test_an_outcome_names_itself_its_kind_and_its_source() -> None:
    assert dict(outcome_headers(_outcome())) == {
        "ce_specversion": b"1.0",
        "ce_id": b"8a1b",
        "ce_type": b"crm.outcome.created",
        "ce_source": b"/signalbox/north/north-calls",
        "ce_subject": b"call-1",
        "ce_time": b"2026-01-02T03:04:05.678Z",
        "content-type": b"application/avro",
    }


def test_a_trace_that_came_along_goes_on() -> None:
    assert dict(outcome_headers(_outcome(), "00-a-b-01"))["traceparent"] == b"00-a-b-01"


def test_only_trace_headers_are_passed_on() -> None:
    found = trace_headers([("traceparent", "00-a-b-01"), ("cookie", b"x"), ("tracestate", None)])
    assert found == [("traceparent", b"00-a-b-01")]
    assert trace_headers(None) == []


def test_utc_is_written_as_z() -> None:
    assert _outcome().settled_time.astimezone(UTC).isoformat().startswith("2026-01-02T03:04:05")
