"""
Headers of the messages that we produce: CloudEvents in Kafka's binary mode, and the trace that came along.

Rule of this file: pure; header values are UTF-8 bytes, names are those of the specifications.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from schemas.change import Change
from schemas.identity import notice_id
from schemas.notice import Notice
from schemas.outcome import Outcome

Headers = list[tuple[str, bytes]]

TRACE = ("traceparent", "tracestate")
CONTENT_TYPE = "application/avro"


def outcome_headers(outcome: Outcome, traceparent: str | None = None) -> Headers:
    """Return the CloudEvents 1.0 headers of an outcome; `ce_id` is its ID, so that a copy can be told."""
    return cloud_event(
        event_id=outcome.outcome_id,
        event_type=f"crm.outcome.{outcome.kind}",
        source=f"/signalbox/{outcome.org}/{outcome.integration}",
        subject=outcome.source_id,
        time=outcome.settled_time,
        traceparent=traceparent,
    )


def notice_headers(notice: Notice) -> Headers:
    """Return the CloudEvents 1.0 headers of a notice; `ce_id` is the same for each copy of it."""
    return cloud_event(
        event_id=notice_id(notice.command_id, notice.kind),
        event_type=f"crm.notice.{notice.kind}",
        source=f"/signalbox/{notice.org}/{notice.integration}",
        subject=notice.command_id,
        time=notice.time,
    )


def change_headers(change: Change) -> Headers:
    """Return the CloudEvents 1.0 headers of a change in Salesforce; `ce_id` is the same whenever it is read."""
    return cloud_event(
        event_id=change.event_id,
        event_type=f"crm.change.{change.operation}",
        source=f"/signalbox/{change.org}/{change.integration}",
        subject=change.record_id,
        time=change.changed,
    )


def cloud_event(
    *, event_id: str, event_type: str, source: str, subject: str, time: datetime, traceparent: str | None = None
) -> Headers:
    """Return CloudEvents headers in Kafka's binary mode: the value of the message stays the bare event."""
    named = {
        "ce_specversion": "1.0",
        "ce_id": event_id,
        "ce_type": event_type,
        "ce_source": source,
        "ce_subject": subject,
        "ce_time": time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "content-type": CONTENT_TYPE,
    }
    if traceparent:
        named["traceparent"] = traceparent
    return [(name, value.encode()) for name, value in named.items()]


def trace_headers(headers: Iterable[tuple[str, bytes | str | None]] | None) -> Headers:
    """Return the trace headers among *headers*, to be passed on untouched."""
    return [
        (name, value.encode() if isinstance(value, str) else value)
        for name, value in headers or ()
        if name.lower() in TRACE and value is not None
    ]
