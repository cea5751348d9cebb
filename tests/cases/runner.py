"""
Plays cases: what an org has, what is published, what people change and merge, step by step.

In: a case of `tests/cases/inputs`, or steps of a test's own.  Out: a `Run` that tells what the org holds afterwards.
Rule of this file: events are JSON, as publishers write it; they pass the product's own contract, route and map.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from processors.intake.decode import decode
from processors.integration.model import Integration
from processors.sources.load import read_integrations
from processors.sources.source import Event
from schemas.outcome import Outcome
from schemas.topics import SOURCES, TOPICS
from signalbox.commands.publish import message
from simulator.orgfile import OrgFile, load
from tests.fakes.scheduler import CODEC
from tests.fakes.simulated import SimulatedRig

FOLDER = Path(__file__).parent
AGENTS = ("agent1@example.com", "agent2@example.com")
"""Active users of the org, beside the integration user."""

Step = Mapping[str, Any]


def case(name: str) -> list[Step]:
    """Return the steps of a case of `inputs/`, by its file's name without the ending."""
    steps: list[Step] = json.loads((FOLDER / "inputs" / f"{name}.json").read_text(encoding="utf-8"))["steps"]
    return steps


def kinds() -> Mapping[str, str]:
    """Return the kind of every case by its name."""
    files = sorted((FOLDER / "inputs").glob("*.json"))
    return {file.stem: json.loads(file.read_text(encoding="utf-8"))["kind"] for file in files}


def integrations(**changed: str) -> tuple[Integration, ...]:
    """Return those of `integrations/`; *changed* holds other texts of files, or further ones, by name (`-` as `_`)."""
    files = {path.name: path.read_bytes() for path in sorted((FOLDER / "integrations").glob("*.yaml"))}
    files |= {f"{name.replace('_', '-')}.yaml": text.encode() for name, text in changed.items()}
    loaded = read_integrations(files)
    return tuple(loaded.by_name.values())


class Run(SimulatedRig):
    """An executor on the simulated org, and the case that is played on it."""

    ids: dict[str, str]
    published: list[str]

    def play(self, steps: Iterable[Step]) -> "Run":
        """Play the steps in order; each `publish` ends when every event of it is answered or parked."""
        self.ids, self.published = getattr(self, "ids", {}), getattr(self, "published", [])
        for step in steps:
            self._play(step)
        return self

    def _play(self, step: Step) -> None:
        if "org has" in step:
            made = self.control().seed(step["org has"], [self._own(item) for item in step["records"]])
            self.ids |= dict(zip(step.get("ids", ()), made, strict=False))
        elif "a person changes" in step:
            name = step["a person changes"]
            self.control().change(name, self.id(step["id"], name), **self._own(step["fields"]))
        elif "a person merges" in step:
            name = step["a person merges"]
            self.control().merge(name, self.id(step["winner"], name), self.id(step["loser"], name))
        else:
            self.publish(step["publish"], *step["events"])

    def publish(self, topic: str, *events: Mapping[str, Any]) -> list[Outcome]:
        """Publish JSON events on a topic, and wait until each is answered or parked; return all outcomes so far."""
        read = [event(topic, self._own(item)) for item in events]
        self.deliver(*read)
        self.published += [item.event_id for item in read]
        self.wait(self._answered, what="an answer to every event")
        return self.outcomes()

    def _answered(self) -> bool:
        told = {id_ for outcome in self.outcomes() for id_ in (*outcome.event_ids, outcome.reused_event_id)}
        parked = {notice.event_id for notice in self.notices()}
        return told | parked >= set(self.published)

    def id(self, said: str, name: str = "") -> str:
        """Return this run's ID for one of the case; of a record that the product made, the last of that object."""
        if said in self.ids:
            return self.ids[said]
        made = [row for outcome in self.outcomes() for row in outcome.records if row.object == name and row.id]
        assert made, f"nothing in this run is {said}"
        self.ids[said] = str(made[-1].id)
        return self.ids[said]

    def _own(self, value: Any) -> Any:
        """Return *value* with the IDs of the case replaced by those of this run."""
        text = json.dumps(value)
        for said, own in self.ids.items():
            text = text.replace(said, own)
        return json.loads(text)

    def row(self, name: str, **fields: Any) -> Mapping[str, Any]:
        """Return the one record of an object (with those *fields*) that is not deleted; days and moments as text."""
        rows = [row for row in self.rows(name) if all(row.get(field) == value for field, value in fields.items())]
        assert len(rows) == 1, f"{len(rows)} {name} with {fields}: {rows}; {self.told()}"
        return {field: value.isoformat() if isinstance(value, date) else value for field, value in rows[0].items()}

    def told(self) -> list[str]:
        """Return kind and reason of each outcome, with what Salesforce said."""
        outcomes = self.outcomes()
        refusals = [
            "; ".join(f"{refusal.code}: {refusal.message}" for refusal in outcome.refusals) for outcome in outcomes
        ]
        return [f"{kind} {said}".strip() for kind, said in zip(self.kinds(outcomes), refusals, strict=True)]


def event(topic: str, value: Mapping[str, Any]) -> Event:
    """Return the event that a publisher's JSON object is, through the contract of its topic."""
    row = next(item for item in TOPICS if item.name == topic)
    return decode(message(row, CODEC, json.dumps(value))[1], CODEC, SOURCES[topic])


def org_file() -> OrgFile:
    """Return the org of the cases."""
    return load(FOLDER / "org.yaml")


def user(email: str) -> Mapping[str, Any]:
    """Return the fields of an active user."""
    return {
        "Username": email,
        "LastName": email.partition("@")[0],
        "Email": email,
        "Alias": email[:6],
        "IsActive": True,
        "TimeZoneSidKey": "GMT",
        "LocaleSidKey": "en_US",
        "EmailEncodingKey": "UTF-8",
        "LanguageLocaleKey": "en_US",
        "ProfileId": "00e000000000001AAA",
    }
