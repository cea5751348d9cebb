"""
Command *run*: one of the five processes, until it is told to stop.

Rule of this file: exit 0 after a good end, 2 for wrong settings, 1 for all else. The processes are loaded when one is
started, so that help is fast.
"""


def intake() -> None:
    """Read events, decide which integration wants them, hand commands over. Example: `signalbox run intake`."""
    _run("intake")


def executor() -> None:
    """Carry commands out in Salesforce and publish outcomes. Example: `signalbox run executor`."""
    _run("executor")


def notifier() -> None:
    """Mail errors to the recipients of their integration. Example: `signalbox run notifier`."""
    _run("notifier")


def audit() -> None:
    """Keep every outcome where `signalbox log` finds it. Example: `signalbox run audit`."""
    _run("audit")


def changes() -> None:
    """Tell the sources what changes in Salesforce. Example: `signalbox run changes`."""
    _run("changes")


def _run(name: str) -> None:
    from signalbox.processes import run_process

    run_process(name)
