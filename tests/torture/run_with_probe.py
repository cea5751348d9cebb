"""
An executor as its own process, with a probe: `run_with_probe.py FOLDER '[{"place": …, "nth": 1, "do": "kill"}]'`.

Rule of this file: what a probe does, it does once a test, however often the process is started again; FOLDER remembers.
"""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from signalbox import wiring
from signalbox.logs import configure_logs
from signalbox.settings import load_settings
from signalbox.waiting import wait_for_kafka


class Probe:
    """Counts the reaches of named places, and ends, stops or delays this process at the n-th."""

    def __init__(self, folder: Path, plans: list[dict[str, Any]]) -> None:
        self._folder, self._plans = folder, plans
        self._reached: dict[str, int] = {}
        self._turn = threading.Lock()

    def __call__(self, place: str) -> None:
        """Note that a place was reached; do what is planned there."""
        with self._turn:
            self._reached[place] = self._reached.get(place, 0) + 1
            for number, plan in enumerate(self._plans):
                done = self._folder / f"probe-{number}"
                if plan["place"] == place and self._reached[place] >= plan.get("nth", 1) and not done.exists():
                    done.touch()
                    self._do(plan)

    def _do(self, plan: dict[str, Any]) -> None:
        if plan["do"] == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif plan["do"] == "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        else:
            time.sleep(plan["seconds"])


def main(folder: Path, plans: list[dict[str, Any]]) -> None:
    """Run the executor as `signalbox run executor` does."""
    settings = load_settings()
    configure_logs(settings.log_level)
    process = wiring.open_process(settings)
    if wait_for_kafka(process):
        wiring.run_executor_process(process, Probe(folder, plans))


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))
