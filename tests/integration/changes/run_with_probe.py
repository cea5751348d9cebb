"""
The process *changes* with a probe: `run_with_probe.py FOLDER '[{"place": …, "nth": 1, "do": "kill"}]'`.

Rule of this file: as `signalbox run changes` in all else; what a probe does is in `tests/torture/run_with_probe.py`.
"""

import json
import sys
from pathlib import Path

from signalbox import wiring
from signalbox.changes_wiring import run_changes_process
from signalbox.logs import configure_logs
from signalbox.settings import load_settings
from signalbox.waiting import wait_for_kafka
from tests.torture.run_with_probe import Probe

if __name__ == "__main__":
    settings = load_settings()
    configure_logs(settings.log_level)
    process = wiring.open_process(settings)
    if wait_for_kafka(process):
        run_changes_process(process, Probe(Path(sys.argv[1]), json.loads(sys.argv[2])))
