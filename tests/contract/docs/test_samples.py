import ast
import importlib
import json
import re

from processors.intake.decode import decode
from processors.intake.route import route
from processors.sources.load import load_integrations
from processors.sources.source import Event
from schemas.codec import SingleObject
from schemas.topics import (
    SOURCE_CALL_RESULT,
    SOURCE_FIELD_ACTIVITY,
    SOURCE_FIELD_RECORD,
    SOURCE_PROSPECT,
    SOURCE_USER_ACTION,
    SOURCES,
    TOPICS,
)
from signalbox.commands.publish import message
from tests.contract.docs import pages

EVENT = re.compile(r"^.*?(\{\"event_id\".*\})", re.MULTILINE)


def events(page: str) -> list[str]:
    return EVENT.findall((pages.ROOT / page).read_text("utf-8"))


def published(line: str, name: str = SOURCE_CALL_RESULT) -> Event:
    (topic,) = (item for item in TOPICS if item.name == name)
    codec = SingleObject()
    key, value = message(topic, codec, line)
    assert key.decode() == json.loads(line)[topic.key]
    return decode(value, codec, SOURCES[name])


def test_the_events_in_the_pages_can_be_published_as_they_stand() -> None:
    (readme,) = events("README.md")
    lines = events("docs/publishers.md")
    topics = [
        SOURCE_CALL_RESULT,
        *(SOURCE_PROSPECT,) * 2,
        SOURCE_FIELD_RECORD,
        SOURCE_FIELD_ACTIVITY,
        SOURCE_USER_ACTION,
    ]
    for line, topic in zip([readme, *lines], [SOURCE_CALL_RESULT, *topics], strict=True):
        assert published(line, topic).event_id == json.loads(line)["event_id"]


def test_the_event_of_the_readme_fires_the_integration_that_the_containers_start_with() -> None:
    integrations = load_integrations(pages.ROOT / "deploy/settings/integrations")
    (line,) = events("README.md")
    wanted = route(published(line), integrations)
    assert (wanted.name, wanted.skip_reason) == ("yes-to-contact", None)
    nobody = route(published(json.dumps({**json.loads(line), "result_code": "XX"})), integrations)
    assert (nobody.name, nobody.skip_reason) == ("none", "no_integration")


def test_the_sample_subscriber_uses_what_exists() -> None:
    text = (pages.DOCS / "subscribers.md").read_text("utf-8")
    (sample,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    names = [
        (node.module or "", alias.name)
        for node in ast.walk(ast.parse(sample))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    assert ("schemas.outcome", "Outcome") in names
    for module, name in names:
        assert hasattr(importlib.import_module(module), name), f"{module} has no {name}"
    assert '"isolation.level": "read_committed"' in sample
