"""
Wiring of reverse sync: settings become ports, and ports the process *changes*.

Rule of this file: as of `wiring.py`: it knows both sides and decides nothing.
"""

from collections.abc import Callable

from sqlalchemy import Engine

from connectors.database.linked import DatabaseLinks
from connectors.database.own_writes import DatabaseOwnWrites
from connectors.kafka.change_log import KafkaChangeLog
from connectors.kafka.headers import change_headers
from connectors.kafka.options import consumer_config, transactional_config
from connectors.kafka.transactions import WatchedProducer
from processors.changes.app import GROUP, ChangesDependencies, run_changes
from processors.changes.org import PollerDependencies
from processors.changes.plan import PollPace
from processors.model.errors import Misconfigured
from processors.model.ports import Probe
from schemas.topics import change_state_topic
from signalbox.rotating_feed import RotatingFeed
from signalbox.rotation import Rotation
from signalbox.waiting import Process, changes_wanted, open_database
from signalbox.wiring import no_probe, utc_now


def run_changes_process(process: Process, probe: Probe = no_probe) -> None:
    """Poll the orgs for changes until told to stop."""
    engine = open_database(process)
    if engine is None:
        return
    settings = process.settings
    orgs = sorted(set(changes_wanted(process.integrations).values()))
    unknown = [f"settings: orgs.{org} is missing, but an integration is told of its changes; add it" for org in orgs
               if org not in settings.orgs]  # fmt: skip
    if unknown:
        raise Misconfigured(unknown)
    run_changes(
        ChangesDependencies(
            consumer_config=consumer_config(settings.kafka.client(settings.instance), GROUP),
            contexts={org: _context(process, engine, org, probe) for org in orgs},
            beat=process.heartbeat.beat,
            stopping=process.stop.is_set,
        )
    )


def _context(process: Process, engine: Engine, org: str, probe: Probe) -> Callable[[], PollerDependencies]:
    settings = process.settings
    kafka = settings.kafka.client(None)
    told = changes_wanted(process.integrations)
    feed = RotatingFeed(org, settings.orgs[org], Rotation(settings.orgs))
    section = settings.changes

    def make() -> PollerDependencies:
        return PollerDependencies(
            org=org,
            integrations=tuple(process.integrations.by_name[name] for name in sorted(told) if told[name] == org),
            feed=feed,
            log=KafkaChangeLog(
                change_state_topic(org),
                lambda: WatchedProducer(transactional_config(kafka, f"{GROUP}-{org}")),
                consumer_config(kafka, f"{GROUP}-read"),
                probe,
            ),
            writes=DatabaseOwnWrites(engine),
            links=DatabaseLinks(engine),
            codec=process.codec,
            headers=change_headers,
            clock=utc_now,
            probe=probe,
            metrics=process.metrics,
            digests={
                integration.name: process.integrations.digest(integration.name)
                for integration in process.integrations.by_name.values()
                if integration.org == org
            },
            pace=PollPace(**section.model_dump()),
        )

    return make
