"""
The intake's process: a Faust agent that hands batches over and passes their offsets only then.

In: source topics. Out: `crm.command.<org>`, `crm.dead-letter.<source>`. At least once: what it sends may come twice.
Rule of this file: no state, no decision. Faust's `take()` passes the offsets of a batch however its body is left, by an
exception too; so the body is never left before the batch is safe: whatever goes wrong ends the process inside it.
"""

import asyncio
import logging
import os
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn

import faust
from aiokafka.errors import MessageSizeTooLargeError, RecordListTooLargeError
from faust.exceptions import ProducerSendError

from processors.consuming.share_limit import ShareLimit
from processors.intake import broker_wait
from processors.intake.consumer_lag import IntakeLag
from processors.intake.forward import Forwarder, Message, ProducerRecord
from processors.intake.pause import AcceptedOffsets, PausingForwarder
from processors.integration.catalog import Integrations
from processors.model.dead_letter import Coordinates
from processors.model.errors import TooLarge
from processors.model.ports import Clock, Metrics
from schemas.codec import Codec
from schemas.topics import SOURCES

log = logging.getLogger("signalbox.intake")

CRASHED = 70
"""The exit code of a process that ended itself with a batch unpassed (sysexits: internal software error)."""
DRAIN_SECONDS = 5.0
"""How long a batch under way may take when the process is told to stop."""
TICK_SECONDS = 1.0
_TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)


@dataclass(frozen=True, slots=True)
class IntakeSettings:
    """
    What the process needs to know. `instance` names this process for static membership; None: a new member each start.

    `faust` holds Faust's own options (broker, broker_credentials, ssl_context, ...) and wins over what is set here.
    `dead_letter_shares` are the shares of topics (without the prefix) that have one of their own.
    """

    faust: Mapping[str, Any]
    topics: tuple[str, ...] = tuple(SOURCES)
    group: str = "signalbox-intake"
    instance: str | None = None
    topic_prefix: str = ""
    batch: int = 500
    within: float = 0.01
    dead_letter_share: float = 0.5
    dead_letter_shares: Mapping[str, float] = field(default_factory=dict)
    dead_letter_window: int = 1000
    dead_letter_least: int = 20
    log_level: str = "WARNING"

    def limit(self, topic: str) -> ShareLimit:
        """Return the limit on dead letters of a topic (without the prefix), with nothing counted."""
        share = self.dead_letter_shares.get(topic, self.dead_letter_share)
        return ShareLimit(share, self.dead_letter_window, self.dead_letter_least)


def build_app(
    settings: IntakeSettings,
    integrations: Integrations,
    codec: Codec,
    *,
    clock: Clock,
    metrics: Metrics,
    alive: Callable[[], None],
    accepted: AcceptedOffsets,
    leave: Callable[[], NoReturn],
) -> Any:
    """
    Return the Faust app; *alive* is called once a second while its event loop turns.

    *accepted* tells which dead letters of a topic an operator has accepted; *leave* ends the process in good order
    while a topic is paused.
    """
    app = faust.App(**_options(settings))
    lag = IntakeLag(metrics, settings.topic_prefix)

    async def send(record: ProducerRecord) -> Awaitable[object]:
        producer = await app.maybe_start_producer()
        said = list(record.headers)
        with _sized(record):
            queued = await producer.send(record.topic, record.key, record.value, record.partition, None, said)
        return _answer(record, queued)

    def read(name: str) -> None:
        """Add the agent of one topic: each has its own, so that one that waits holds no other."""
        topic, limit = settings.topic_prefix + name, settings.limit(name)
        forwarder = Forwarder(integrations, codec, clock, metrics, limit, settings.topic_prefix)
        own = PausingForwarder(
            forwarder, accepted, metrics, leave_if_told=lambda: _leave(leave) if app.should_stop else None
        )
        # No serializers: bytes in, bytes out; what they are is the codec's business.
        source = app.topic(topic, key_serializer="raw", value_serializer="raw", allow_empty=True, internal=False)

        @app.agent(source, concurrency=1, name=f"events of {topic}")
        async def events_of_source(stream: Any) -> None:
            async for events in stream.take_events(settings.batch, within=settings.within):
                lag.begin(events)
                await _safely(own.batch([_message(event) for event in events], send), leave, lambda: own.paused)
                lag.end(events)

    for name in settings.topics:
        read(name)

    @app.timer(TICK_SECONDS)  # type: ignore[untyped-decorator]  # Faust types no timers
    async def tick() -> None:
        alive()
        await lag.tell(app.consumer, clock().timestamp())

    return app


def run(
    settings: IntakeSettings,
    integrations: Integrations,
    codec: Codec,
    *,
    clock: Clock,
    metrics: Metrics,
    alive: Callable[[], None],
    accepted: AcceptedOffsets,
    leave: Callable[[], NoReturn] = lambda: os._exit(0),
) -> NoReturn:
    """Run until SIGTERM or SIGINT, then exit 0 (*leave* if a topic is paused); exit 70 if a batch was not forwarded."""
    broker_wait.for_broker(settings.faust["broker"], alive)
    app = build_app(
        settings, integrations, codec, clock=clock, metrics=metrics, alive=alive, accepted=accepted, leave=leave
    )
    worker = faust.Worker(app, loglevel=settings.log_level, redirect_stdouts=False, override_logging=False)
    worker.execute_from_commandline()
    raise SystemExit(0)


async def _safely(batch: Any, leave: Callable[[], NoReturn], paused: Callable[[], bool]) -> None:
    """
    Await the batch to its end; where that fails, or a stop does not leave it the time, end the process in here.

    A stop while the topic is *paused* is in good order: its batch is read again at the next start.
    """
    task = asyncio.ensure_future(batch)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        if paused():
            _leave(leave)
        try:
            await asyncio.wait_for(task, DRAIN_SECONDS)
        except BaseException as error:  # noqa: BLE001  any way out of here but the good one would pass the offsets
            _end(error)
        raise
    except BaseException as error:  # noqa: BLE001  as above
        _end(error)


@contextmanager
def _sized(record: ProducerRecord) -> Iterator[None]:
    """Raise `TooLarge` where Kafka refuses *record*, or the batch that it is in, for its size."""
    try:
        yield
    except (*_TOO_LARGE, ProducerSendError) as error:
        if not isinstance(error, _TOO_LARGE) and not isinstance(error.__cause__, _TOO_LARGE):
            raise
        raise TooLarge(f"{record.topic} takes no message of {record.size():,} bytes") from error


async def _answer(record: ProducerRecord, queued: Awaitable[object]) -> object:
    with _sized(record):
        return await queued


def _leave(leave: Callable[[], NoReturn]) -> NoReturn:
    log.warning("intake stops; the batch of a paused topic will be read again")
    logging.shutdown()
    leave()


def _end(error: BaseException) -> NoReturn:
    reason = f"{type(error).__name__}: {error}"
    log.critical("intake stops, its last batch will be read again: %s", reason, exc_info=error)
    logging.shutdown()
    os._exit(CRASHED)


def _message(event: Any) -> Message:
    raw = event.message
    where = Coordinates(raw.topic, raw.partition, raw.offset)
    return Message(where, _bytes(raw.key), _bytes(raw.value), _headers(raw.headers))


def _headers(found: Any) -> tuple[tuple[str, bytes], ...]:
    pairs: Sequence[tuple[str, bytes | None]] = list(found.items() if isinstance(found, Mapping) else found or ())
    return tuple((name, value or b"") for name, value in pairs)


def _bytes(value: Any) -> bytes | None:
    return None if value is None else bytes(value)


def _options(settings: IntakeSettings) -> dict[str, Any]:
    return {
        "id": settings.topic_prefix + settings.group,
        "store": "memory://",
        "web_enabled": False,
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "consumer_auto_offset_reset": "earliest",
        "consumer_group_instance_id": settings.instance,
        "broker_session_timeout": 10.0,
        "broker_heartbeat_interval": 3.0,
        "broker_commit_interval": 1.0,
        "broker_max_poll_records": settings.batch,
        "producer_acks": -1,
        # A batch is awaited as a whole anyway: a moment of gathering makes few requests of many.
        "producer_linger_ms": 2,
        # A batch goes to few partitions, each with one request under way: at the usual 16 kB it would go in twenty
        # rounds, each awaiting all replicas. The broker's own limit on a batch (1 MB) stays far off.
        "producer_max_batch_size": 256 * 1024,
        # Nothing is kept on the disk, but Faust wants a folder that it may make.
        "datadir": tempfile.gettempdir(),
        **settings.faust,
    }
