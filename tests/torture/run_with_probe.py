"""
An executor as its own process, with a probe: `run_with_probe.py FOLDER '[{"place": …, "nth": 1, "do": "kill"}]'`.

In: plans, each with a place, what to do there, and the places that must be passed `first`. Out: FOLDER/probe-N as plan
N is carried out, FOLDER/returned as soon as a call to the org has come back (or was not sent) after that.

Rule of this file: what a probe does, it does once a test, however often the process is started again; FOLDER remembers.
"""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

from processors.executor.pipeline import execute
from signalbox import wiring
from signalbox.logs import configure_logs
from signalbox.settings import load_settings
from signalbox.waiting import wait_for_kafka


class Probe:
    """Counts the reaches of named places, and ends, stops or delays this process at the n-th."""

    def __init__(self, folder: Path, plans: list[dict[str, Any]]) -> None:
        self._folder, self._plans = folder, plans
        self._first = [list(plan.get("first", ())) for plan in plans]
        self._reached = [0] * len(plans)
        self._turn = threading.Lock()

    def __call__(self, place: str) -> None:
        """Note that a place was reached; do what is planned there."""
        with self._turn:
            for number, plan in enumerate(self._plans):
                done = self._folder / f"probe-{number}"
                if self._is_due(number, plan, place) and not done.exists():
                    done.touch()
                    self._do(plan)

    def _is_due(self, number: int, plan: dict[str, Any], place: str) -> bool:
        first = self._first[number]
        if first:
            if first[0] == place:
                del first[0]
            return False
        self._reached[number] += plan["place"] == place
        return bool(plan["place"] == place and self._reached[number] >= plan.get("nth", 1))

    def _do(self, plan: dict[str, Any]) -> None:
        if plan["do"] == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif plan["do"] == "stop":
            # Sent to the process, the signal may reach another thread first, and this one would go on for a while.
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
        else:
            time.sleep(plan["seconds"])


def noting(folder: Path) -> Callable[..., Any]:
    """Return what sends a call and notes that it came back, if plan 0 was carried out before."""

    def noted(*given: Any) -> Any:
        try:
            return execute.execute(*given)
        finally:
            if (folder / "probe-0").exists():
                (folder / "returned").touch()

    return noted


def main(folder: Path, plans: list[dict[str, Any]]) -> None:
    """Run the executor as `signalbox run executor` does."""
    settings = load_settings()
    configure_logs(settings.log_level)
    process = wiring.open_process(settings)
    if wait_for_kafka(process):
        with patch("processors.executor.pipeline.batch_pipeline.execute", noting(folder)):
            wiring.run_executor_process(process, Probe(folder, plans))


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))
