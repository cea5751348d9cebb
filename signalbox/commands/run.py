"""
Command *run*: one of the five processes, until it is told to stop.

Rule of this file: exit 0 after a good end, 2 for wrong settings, 1 for all else; an unreachable other side is no end.
"""

from collections.abc import Callable

from signalbox import changes_wiring, wiring
from signalbox.commands.common import group
from signalbox.logs import configure_logs
from signalbox.settings import load_settings
from signalbox.waiting import Process, wait_for_kafka

app = group("Run one process of Signalbox. Example: signalbox run executor")


def _run(start: Callable[[Process], None]) -> None:
    settings = load_settings()
    configure_logs(settings.log_level)
    process = wiring.open_process(settings)
    if wait_for_kafka(process):
        start(process)


@app.command()
def intake() -> None:
    """Read events, decide which integration wants them, hand commands over. Example: `signalbox run intake`."""
    _run(wiring.run_intake_process)


@app.command()
def executor() -> None:
    """Carry commands out in Salesforce and publish outcomes. Example: `signalbox run executor`."""
    _run(wiring.run_executor_process)


@app.command()
def notifier() -> None:
    """Mail errors to the recipients of their integration. Example: `signalbox run notifier`."""
    _run(wiring.run_notifier_process)


@app.command()
def audit() -> None:
    """Keep every outcome where `signalbox log` finds it. Example: `signalbox run audit`."""
    _run(wiring.run_audit_process)


@app.command()
def changes() -> None:
    """Tell the sources what changes in Salesforce. Example: `signalbox run changes`."""
    _run(changes_wiring.run_changes_process)
