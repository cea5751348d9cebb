"""
The last resort of a command: an outcome that can be told whatever happens, and stored and published whatever it holds.

In: how a job ended, the codec.  Out: its outcome, and the bytes of it in at most as many as a topic takes.
Rule of this file: nothing here raises for what a command holds; what cannot be told whole is shortened and flagged.
"""

from datetime import datetime

import structlog

from processors.executor.jobs.progress import Ended
from processors.executor.pipeline.settle import reused, settle
from processors.model.errors import Transient, Unprocessable
from processors.model.plan import Ending
from schemas.codec import Codec
from schemas.outcome import Outcome, Touched
from schemas.shorten import OUTCOME_BYTES, fit_outcome
from schemas.values import Person

log = structlog.get_logger()


def outcome_of(end: Ended, digest: str, now: datetime) -> Outcome:
    """Return the outcome of a job that ended; one that our own code fails at is `error.internal`."""
    job = end.job
    try:
        if job.command.skip_reason == "id_reused":
            return reused(job, digest, now)
        return settle(job, end.plan, digest, now, end.ending)
    except Exception as fault:  # noqa: BLE001  a command must come to its end, whatever our code makes of it
        why = Unprocessable(fault).reason
        log.error("outcome cannot be told as it was decided", command=job.id, why=why)
        return settle(job, None, digest, now, Ending("error", "internal", why))


def outcome_bytes(outcome: Outcome, codec: Codec) -> tuple[Outcome, bytes]:
    """Return *outcome* as it is told, and its bytes. Raises `Transient` where a registry does not answer."""
    try:
        body = codec.encode("outcome", outcome.to_avro())
        if len(body) <= OUTCOME_BYTES:
            return outcome, body
        outcome = fit_outcome(outcome, lambda item: len(codec.encode("outcome", item.to_avro())))
        return outcome, codec.encode("outcome", outcome.to_avro())
    except Transient:
        raise
    except Exception as fault:  # noqa: BLE001  as above
        log.error("outcome cannot be written whole", command=outcome.outcome_id, why=Unprocessable(fault).reason)
        outcome = identity_alone(outcome)
        return outcome, codec.encode("outcome", outcome.to_avro())


def identity_alone(outcome: Outcome) -> Outcome:
    """Return *outcome* with what identifies it, and what became of it, alone."""
    return Outcome(
        **{name: getattr(outcome, name) for name in _IDENTITY},
        person=Person(),
        records=tuple(Touched(record.object, record.id, record.operation) for record in outcome.records),
        detail="the rest of this outcome cannot be written; please report it",
        flags=("shortened_unwritable",),
    )


_IDENTITY = (
    *("outcome_id", "kind", "reason", "integration", "org", "contract", "event_ids", "source_id", "event_time"),
    *("command_time", "settled_time", "intake_digest", "executor_digest", "attempt", "rule_ids", "reused_event_id"),
    "trace_id",
)


def fitting(body: bytes, codec: Codec) -> bytes:
    """Return the bytes of a stored outcome as a topic takes them: release 0.1.0 stored some that are too large."""
    if len(body) <= OUTCOME_BYTES:
        return body
    return outcome_bytes(Outcome.from_avro(codec.decode("outcome", body)), codec)[1]
