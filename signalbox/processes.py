"""
The five processes by name.

Rule of this file: settings, log, own name and Kafka first, then the process; a system that cannot be reached does not
end it, and neither does a faulty integration file.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version

import structlog

from connectors.kafka.last_good_texts import LastGoodTexts
from processors.model.errors import Fenced
from processors.sources.last_good import FaultyFile
from signalbox import changes_wiring, wiring
from signalbox.first_values import begin_metrics
from signalbox.groups import GROUPS
from signalbox.instance import InstanceName, take_name
from signalbox.logs import configure_logs
from signalbox.reload import Reload, start_anew, with_last_good
from signalbox.settings import load_settings
from signalbox.waiting import Process, wait_for_kafka, wait_for_own_name

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Start:
    """How a process is run, and who is told of faulty files by it."""

    run: Callable[[Process], None]
    on_faulty: Callable[[Process], Callable[[Sequence[FaultyFile]], None]] = lambda _process: lambda _faulty: None


STARTS = {
    "intake": Start(wiring.run_intake_process),
    "executor": Start(wiring.run_executor_process),
    "notifier": Start(wiring.run_notifier_process, wiring.faulty_file_mails),
    "audit": Start(wiring.run_audit_process),
    "changes": Start(changes_wiring.run_changes_process),
}


def run_process(name: str) -> None:
    """
    Run one of `STARTS` until it is told to stop; start it anew where its integration files have changed.

    Raises:
        Misconfigured: Settings are wrong, there is no integration file, or a process of this name runs already.
        Fenced: Another process has this one's name, and Kafka serves that one.
    """
    settings = load_settings()
    configure_logs(settings.log_level)
    instance = take_name(settings.state, name, settings.instance, lambda: secrets.token_hex(4))
    process = wiring.open_process(settings.model_copy(update={"instance": instance.name}))
    store = LastGoodTexts(settings.kafka.client(None))
    process = with_last_good(process, store)
    instance.runs(process.integrations.whole_digest())
    begin_metrics(process, name)
    _tell(process, name)
    Reload(process, store, told=STARTS[name].on_faulty(process)).start()
    try:
        _run(name, process, instance)
    except SystemExit as end:  # Faust ends the intake by it
        if end.code or not process.anew.is_set():
            raise
    finally:
        instance.release()
    if process.anew.is_set():
        start_anew()


def _run(name: str, process: Process, instance: InstanceName) -> None:
    """Run the process once Kafka has what it needs and nobody else has its name."""
    if not wait_for_kafka(process):
        return
    known = instance.proven or process.settings.kafka.embedded
    if not known and not wait_for_own_name(process, GROUPS[name]):
        return
    instance.prove()
    try:
        STARTS[name].run(process)
    except Fenced:
        instance.fenced()
        raise


def _tell(process: Process, name: str) -> None:
    """Say what begins: the release, and the integrations with a digest of all their settings."""
    known = process.integrations
    log.info(
        "process begins",
        process=name,
        instance=process.settings.instance,
        version=version("signalbox"),
        integrations=sorted(integration.name for integration in known.by_name.values() if integration.enabled),
        digest=known.whole_digest(),
    )
