"""
The five processes by name.

Rule of this file: settings, log and Kafka first, then the process; a system that cannot be reached does not end it.
"""

from signalbox import changes_wiring, wiring
from signalbox.logs import configure_logs
from signalbox.settings import load_settings
from signalbox.waiting import wait_for_kafka

STARTS = {
    "intake": wiring.run_intake_process,
    "executor": wiring.run_executor_process,
    "notifier": wiring.run_notifier_process,
    "audit": wiring.run_audit_process,
    "changes": changes_wiring.run_changes_process,
}


def run_process(name: str) -> None:
    """Run one of `STARTS` until it is told to stop; raise `Misconfigured` where settings are wrong."""
    settings = load_settings()
    configure_logs(settings.log_level)
    process = wiring.open_process(settings)
    if wait_for_kafka(process):
        STARTS[name](process)
