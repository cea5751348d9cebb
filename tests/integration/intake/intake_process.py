"""The intake as its own process, for tests: `intake_process.py SETTINGS.json`. It can name a fault to plant."""

import json
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.kafka.accepted import accepted_offsets
from connectors.kafka.options import KafkaSettings
from processors.intake import app as intake
from processors.intake import forward
from processors.sources.load import load_integrations
from schemas.codec import SingleObject


class Counters:
    """Metrics as lines in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        with self.path.open("a") as file:
            file.write(json.dumps([name, amount, labels]) + "\n")

    def gauge(self, name: str, value: float, **labels: str) -> None:
        with self.path.with_name("gauges.jsonl").open("a") as file:
            file.write(json.dumps([name, value, labels]) + "\n")

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        raise AssertionError(name)


def main(told: dict[str, Any]) -> None:
    logging.basicConfig(level="INFO", stream=sys.stderr)
    folder = Path(told["folder"])
    if told.get("fault"):

        def broken(*_: object, **__: object) -> object:
            raise RuntimeError(told["fault"])

        setattr(forward, "route", broken)  # noqa: B010  a plant: the name is what is replaced
    settings = intake.IntakeSettings(**told["settings"])
    intake.run(
        settings,
        load_integrations(folder / "integrations"),
        SingleObject(),
        clock=lambda: datetime.now(UTC),
        metrics=Counters(folder / "metrics.jsonl"),
        alive=(folder / "alive").touch,
        accepted=accepted_offsets(KafkaSettings(told["kafka"])),
    )


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
