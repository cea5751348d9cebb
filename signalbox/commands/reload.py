"""
Command *reload*: the processes of this machine take up their integration files, and say that they have.

In: the integration files, the state folder.  Out: faults, and one line a process.
Rule of this file: it changes no file but its own request; a faulty file is told and changes nothing.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from connectors.kafka.last_good_texts import LastGoodTexts
from processors.sources.last_good import Running, running
from processors.sources.load import integration_files
from signalbox.commands.common import FAILED, say
from signalbox.instance import RunningProcess, running_processes
from signalbox.reload import request_reload
from signalbox.settings import Settings, load_settings

PAUSE_SECONDS = 0.2
START_SECONDS = 10.0
"""How long a process that starts anew may hold no name."""


def reload(
    timeout: Annotated[float, typer.Option(min=0, help="Seconds to wait for the processes.")] = 60.0,
) -> None:
    """
    Let every process that runs from the state folder take up its integration files, and wait until it has.

    Exit 1: a file is faulty, or a process has not taken them up in time. Example: `signalbox reload`.
    """
    settings = load_settings()
    wanted = _wanted(settings)
    for file in wanted.faulty:
        say(f"{file.name} is faulty; {file.meanwhile}")
        for fault in file.faults:
            say(f"  {fault}")
    digest = wanted.integrations.whole_digest()
    request_reload(settings.state)
    found = _taken_up(settings.state, digest, time.monotonic() + timeout, time.sleep)
    if not found:
        say(f"no process runs from the state folder {settings.state}; run this where the processes run")
    late = [each for each in found if each.digest != digest]
    for each in found:
        typer.echo(f"{each.process} {each.name}: " + ("not yet" if each in late else f"runs {digest}"))
    if late:
        say("not yet: the process's log says what it waits for")
    if late or wanted.faulty or not found:
        raise typer.Exit(FAILED)


def _wanted(settings: Settings) -> Running:
    """Return what is to run: the files, and the last good text of those that are faulty."""
    files = integration_files(settings.integrations)
    found = running(files)
    if not found.faulty:
        return found
    return running(files, LastGoodTexts(settings.kafka.client(None)).read())


def _taken_up(folder: Path, digest: str, until: float, sleep: Callable[[float], None]) -> Sequence[RunningProcess]:
    """
    Return the processes of the folder once all run *digest*, or as they are when the time is over.

    Where none is seen, all may be starting anew with files that changed just now: they are looked for `START_SECONDS`.
    """
    none_until = min(until, time.monotonic() + START_SECONDS)
    seen: dict[tuple[str, str], RunningProcess] = {}
    while True:
        # One that starts anew lets its name go for a moment: it is still waited for.
        seen |= {(each.process, each.name): replace(each, digest="") for each in seen.values()}
        seen |= {(each.process, each.name): each for each in running_processes(folder)}
        over = time.monotonic() >= (until if seen else none_until)
        if over or (seen and all(each.digest == digest for each in seen.values())):
            return list(seen.values())
        sleep(PAUSE_SECONDS)
