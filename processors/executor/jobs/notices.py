"""
Notices: what is told before the end of a command, or of an org's connection.

In: a job or a notice, what is said.  Out: the row that the ledger keeps until it is published.  Pure.
Rule of this file: every notice of the executor is built here; its ID makes it one for each command and kind.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import orjson

from processors.executor.jobs.job import Job
from processors.model.connection import SENTENCES
from processors.model.incidents import Incident
from processors.model.ledger import Noticed
from schemas.codec import Codec
from schemas.identity import notice_id
from schemas.notice import Notice, NoticeKind
from schemas.outcome import Candidate
from schemas.shorten import OUTCOME_BYTES, fit_notice
from schemas.values import Person

LONGEST_SENTENCE = 500


def job_notice(
    job: Job,
    kind: NoticeKind,
    reason: str,
    now: datetime,
    candidates: tuple[Candidate, ...] = (),
    until: datetime | None = None,
) -> Notice:
    """Return the notice about a waiting command."""
    command = job.command
    return Notice(
        command_id=job.id,
        kind=kind,
        integration=command.integration,
        org=command.org,
        event_id=command.event_id,
        person=command.person,
        reason=reason,
        time=now,
        candidates=candidates,
        until=until,
        trace_id=command.trace_id,
    )


def incident_notice(org: str, incident: Incident, kind: NoticeKind, now: datetime) -> Notice:
    """Return the notice about an org's connection: when it broke, or that it is mended at *now*."""
    sentence, broken = SENTENCES[incident.cause], kind == "connection_broken"
    reason = f"{sentence.what}: {incident.detail}" if broken else f"no longer: {sentence.what}"
    return Notice(
        command_id=incident.id(org),
        kind=kind,
        integration="",
        org=org,
        event_id="",
        person=Person(),
        reason=reason[:LONGEST_SENTENCE],
        time=datetime.fromtimestamp(incident.began, UTC) if broken else now,
        cause=incident.cause,
        integrations=incident.integrations,
    )


def ledger_row(notice: Notice, codec: Codec, headers: Callable[[Notice], Iterable[tuple[str, bytes]]]) -> Noticed:
    """Return the notice as the ledger keeps it: encoded, with its Kafka key and headers."""
    body = codec.encode("notice", notice.to_avro())
    if len(body) > OUTCOME_BYTES:
        notice = fit_notice(notice, lambda item: len(codec.encode("notice", item.to_avro())))
        body = codec.encode("notice", notice.to_avro())
    return Noticed(
        notice_id=notice_id(notice.command_id, notice.kind),
        command_id=notice.command_id,
        notice=body,
        key=notice.command_id,
        headers=orjson.dumps({name: value.decode() for name, value in headers(notice)}),
    )
