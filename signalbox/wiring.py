"""
Wiring: settings become ports, and ports the processes; that of changes is in `changes_wiring.py`.

Rule of this file: the only place that knows both sides; it decides nothing.
"""

import random
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from confluent_kafka import Message, Producer
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine

from connectors.database.audit import DatabaseAudit
from connectors.database.engine import open_engine
from connectors.database.ledger import SqlLedger
from connectors.database.migrate import at_head
from connectors.database.notes import DatabaseNotes
from connectors.kafka.accepted import accepted_offsets
from connectors.kafka.admin import delete_below
from connectors.kafka.dead_letter_topics import original, produce
from connectors.kafka.dead_letters import dead_letter
from connectors.kafka.faust_options import faust_broker, faust_options
from connectors.kafka.headers import notice_headers, outcome_headers
from connectors.kafka.options import (
    KafkaSettings,
    consumer_config,
    producer_config,
    transactional_config,
)
from connectors.kafka.owners import unowned
from connectors.kafka.transactions import WatchedProducer
from connectors.mail.smtp import SmtpMailer, SmtpSettings
from connectors.prometheus.registry import PrometheusMetrics
from processors.audit import app as audit_app
from processors.consuming.sink import Handler, Sink, SinkSettings
from processors.executor.dependencies import Decider, OrgDependencies, SessionDependencies
from processors.executor.jobs.priority import Budget
from processors.executor.jobs.terms import Terms
from processors.executor.session.run import run_executor
from processors.intake import app as intake_app
from processors.model.backoff import Backoff
from processors.model.errors import Misconfigured
from processors.model.ports import Probe
from processors.notifier import app as notifier_app
from processors.notifier.compose import MailSettings
from processors.notifier.delivery import Delivery
from processors.notifier.faulty_file import FaultyFileMails
from processors.sources.last_good import FaultyFile, running
from processors.sources.load import integration_files
from schemas.notice import Notice
from schemas.outcome import Outcome
from schemas.topics import NOTICE, command_topic, dead_letter_topic
from signalbox.addresses import record_addresses
from signalbox.codec import open_codec
from signalbox.health import Heartbeat, serve_health
from signalbox.reload import leave
from signalbox.rotation import RotatingClient, Rotation
from signalbox.settings import GROUP_EXECUTOR, GROUP_INTAKE, Settings
from signalbox.waiting import PatientCodec, Process, open_database

T = TypeVar("T")


def no_probe(place: str) -> None:
    """Do nothing: production has no failpoints."""


def utc_now() -> datetime:
    """Return now, in UTC."""
    return datetime.now(UTC)


def open_process(settings: Settings, *, serve: bool = True, signals: bool = True) -> Process:
    """
    Return the common parts of a process; SIGTERM and SIGINT set its `stop`.

    A faulty integration file does not end it: `running` has what runs of the files, and what is wrong with the others.

    Raises:
        Misconfigured: There is no integration file, or the health server cannot listen.
    """
    registry = CollectorRegistry()
    heartbeat = Heartbeat()
    codec = open_codec(settings)
    process = Process(
        settings=settings,
        running=running(integration_files(settings.integrations)),
        codec=codec if settings.registry is None else PatientCodec(codec, lambda: process),
        registry=registry,
        metrics=PrometheusMetrics(registry),
        heartbeat=heartbeat,
        stop=threading.Event(),
    )
    process.metrics.follow("process_ready", lambda: float(heartbeat.ready()[0]))
    if signals:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: process.stop.set())
    if serve:
        try:
            serve_health(settings.metrics.host, settings.metrics.port, registry, heartbeat)
        except OSError as error:
            where = f"{settings.metrics.host}:{settings.metrics.port}"
            advice = "give each process of a host its own metrics.port (SIGNALBOX_METRICS__PORT; 0 takes a free one)"
            fault = f"settings: metrics: cannot listen on {where}: {error.strerror}; {advice}"
            raise Misconfigured([fault]) from None
    return process


def executor_context(process: Process, engine: Engine, probe: Probe = no_probe) -> Callable[[str], OrgDependencies]:
    """Return what makes the context of an org; clients and the engine are shared by all of a process."""
    settings = process.settings
    ledger = SqlLedger(engine)
    rotation = Rotation(settings.orgs)
    clients = {name: RotatingClient(name, org, rotation) for name, org in settings.orgs.items()}
    integrations = process.integrations
    deciders = {
        name: Decider(integration, integrations.digest(name)) for name, integration in integrations.by_name.items()
    }
    section = settings.executor

    def context(org: str) -> OrgDependencies:
        connection = settings.orgs.get(org)
        limit = connection.request_limit if connection else 600.0
        return OrgDependencies(
            org=org,
            ledger=ledger,
            codec=process.codec,
            deciders=deciders,
            clock=time.time,
            probe=probe,
            metrics=process.metrics,
            new_id=lambda: str(uuid.uuid4()),
            headers=lambda outcome: outcome_headers(outcome, outcome.trace_id),
            notice_headers=notice_headers,
            salesforce=clients.get(org),
            credential=clients.get(org),
            api_calls_needed=connection.api_calls_needed if connection else None,
            terms=Terms(section.max_rows, section.send_within, limit),
            looks=section.looks,
            look_every=section.look_every,
            max_due=section.max_due,
            region=section.region,
            linger=section.linger,
            max_in_flight=section.max_in_flight,
            hold_unknown=bool(integrations.unknown_sources),
            budget=Budget(section.bulk_until, section.retry_until),
        )

    return context


def run_executor_process(process: Process, probe: Probe = no_probe) -> None:
    """Run the executor until told to stop."""
    settings = process.settings
    engine = open_database(process)
    if engine is None:
        return
    kafka = settings.kafka.client(settings.instance)
    dead_letters = Producer(producer_config(kafka))
    run_executor(
        SessionDependencies(
            consumer_config=consumer_config(kafka, GROUP_EXECUTOR),
            producer=lambda: WatchedProducer(transactional_config(kafka, f"{GROUP_EXECUTOR}-{settings.instance}")),
            orgs=process.orgs,
            owner=settings.instance,
            org_deps=executor_context(process, engine, probe),
            codec=process.codec,
            dead_letter=dead_letter_sender(dead_letters, "command"),
            delete_below=lambda topic, offset: delete_below(kafka, topic, offset),
            clock=time.time,
            sleep=time.sleep,
            probe=probe,
            metrics=process.metrics,
            beat=process.heartbeat.beat,
            stopping=process.stop.is_set,
            unowned=_unowned(kafka, process.orgs, embedded=settings.kafka.embedded),
            embedded=settings.kafka.embedded,
        )
    )


def _unowned(kafka: KafkaSettings, orgs: Iterable[str], *, embedded: bool) -> Callable[[], frozenset[str]]:
    """Return what tells the orgs' topics that nobody owns; the embedded cluster does not say."""
    if embedded:
        return frozenset
    return unowned(kafka, GROUP_EXECUTOR, [command_topic(org) for org in orgs])


def dead_letter_sender(producer: Producer, source: str) -> Callable[[Message, str, Exception], None]:
    """Return what sends a message that can never be read to its dead letter topic, and waits until it is there."""
    topic = dead_letter_topic(source)

    def send(message: Message, stage: str, error: Exception) -> None:
        produce(producer, topic, dead_letter(original(message), stage=stage, error=error, now=utc_now()))

    return send


def run_intake_process(process: Process) -> None:
    """Run the intake until told to stop (Faust handles the signals itself)."""
    kafka = process.settings.kafka
    options: dict[str, Any] = {"broker": faust_broker(kafka.bootstrap), **faust_options(kafka.options)}
    instance = None if kafka.embedded else f"{GROUP_INTAKE}-{process.settings.instance}"
    intake_app.run(
        intake_app.IntakeSettings(
            faust=options, group=GROUP_INTAKE, instance=instance, **process.settings.intake.model_dump()
        ),
        process.integrations,
        process.codec,
        clock=utc_now,
        metrics=process.metrics,
        alive=process.heartbeat.beat,
        accepted=accepted_offsets(kafka.client(None)),
        leave=lambda: leave(process),
    )


def run_audit_process(process: Process) -> None:
    """Run the audit sink until told to stop."""
    engine = open_database(process)
    if engine is None:
        return
    store = DatabaseAudit(engine)
    handler = audit_app.Audit(store, metrics=process.metrics)
    _run_sink(process, audit_app.GROUP, audit_app.TOPICS, handler, lambda _topic, data: _outcome(process, data))


def run_notifier_process(process: Process) -> None:
    """Run the notifier until told to stop."""
    engine = open_database(process)
    if engine is None:
        return
    recipients = {name: integration.recipients for name, integration in process.integrations.by_name.items()}
    with SmtpMailer(_mail_server(process.settings)) as mailer:
        notifier = notifier_app.Notifier(
            _mail_settings(process.settings),
            recipients,
            mailer=mailer,
            notes=DatabaseNotes(engine),
            metrics=process.metrics,
            clock=utc_now,
            stop=process.stop,
            owners={name: org.owners for name, org in process.settings.orgs.items() if org.owners is not None},
        )
        _run_sink(process, notifier_app.GROUP, notifier_app.TOPICS, notifier, lambda *entry: _told(process, *entry))


def faulty_file_mails(process: Process) -> Callable[[Sequence[FaultyFile]], None]:
    """Return what mails the recipients of faulty integration files; it has a connection to the server of its own."""
    settings = _mail_settings(process.settings)
    engine = open_engine(process.settings.database.get_secret_value())
    mailer = SmtpMailer(_mail_server(process.settings))
    delivery = Delivery(settings.sender, mailer, DatabaseNotes(engine), process.metrics, utc_now, no_probe)
    return FaultyFileMails(settings, delivery, Backoff(5.0, 300.0, random.random), lambda: at_head(engine))


def _mail_server(settings: Settings) -> SmtpSettings:
    section = settings.mail
    return SmtpSettings(
        host=section.host,
        port=section.port,
        security=section.security,
        username=section.username,
        password=section.password.get_secret_value() if section.password else None,
        ca_file=section.ca_file,
        proxy=section.proxy.get_secret_value() if section.proxy else None,
    )


def _mail_settings(settings: Settings) -> MailSettings:
    addresses = record_addresses(settings)
    return MailSettings(sender=settings.mail.sender, domain=settings.mail.domain, instance_urls=addresses)


def _outcome(process: Process, data: bytes) -> Outcome:
    return Outcome.from_avro(process.codec.decode("outcome", data))


def _told(process: Process, topic: str, data: bytes) -> Outcome | Notice:
    if topic == NOTICE:
        return Notice.from_avro(process.codec.decode("notice", data))
    return _outcome(process, data)


def _run_sink(
    process: Process, group: str, topics: tuple[str, ...], handle: Handler[T], read: Callable[[str, bytes], T]
) -> None:
    kafka = process.settings.kafka.client(process.settings.instance)
    dead_letters = dead_letter_sender(Producer(producer_config(kafka)), "outcome")
    config = consumer_config(kafka, group)

    def unreadable(message: Message, error: Exception) -> None:
        dead_letters(message, "decode", error)
        process.metrics.count("dead_letters_total", topic=message.topic() or "", reason=type(error).__name__)

    sink = Sink(
        SinkSettings(group=group, topics=topics, kafka=config),
        handle,
        read=read,
        dead_letter=unreadable,
        metrics=process.metrics,
        stop=process.stop,
        random=random.Random(),
        beat=process.heartbeat.beat,
    )
    sink.run()
