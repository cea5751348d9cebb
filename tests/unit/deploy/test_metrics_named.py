import re
from collections.abc import Iterator

import pytest

from connectors.prometheus.registry import DEFINITIONS, PREFIX
from tests.unit.deploy import files

# What Prometheus itself adds, and what prometheus.yml gives every process.
OUTSIDE = {"job", "instance", "process", "le"}
NAMED = re.compile(r"\bsignalbox_[a-z_]+")
SELECTED = re.compile(r"\b(signalbox_[a-z_]+)\{([^}]*)\}")
GROUPED = re.compile(r"\bby \(([^)]*)\)")
LABEL = re.compile(r"([a-z_]+)\s*(?:=~|!~|!=|=)")


def expressions() -> Iterator[tuple[str, str]]:
    for alert in files.alerts():
        yield alert["alert"], alert["expr"]
    for name, dashboard in files.dashboards().items():
        for panel in dashboard["panels"]:
            for target in panel.get("targets", ()):
                yield f"{name}: {panel['title']}", target["expr"]


def exported() -> dict[str, tuple[str, ...]]:
    known: dict[str, tuple[str, ...]] = {}
    for name, definition in DEFINITIONS.items():
        ends = ("_bucket", "_sum", "_count") if definition.kind == "histogram" else ("",)
        known |= {PREFIX + name + end: definition.labels for end in ends}
    return known


@pytest.mark.parametrize(("where", "expression"), list(expressions()))
def test_every_metric_and_label_that_is_asked_for_is_exported(where: str, expression: str) -> None:
    known = exported()
    labels: set[str] = set()
    for metric in NAMED.findall(expression):
        assert metric in known, f"{where} asks for {metric}, which no process exports"
        labels |= set(known[metric])
    for metric, selector in SELECTED.findall(expression):
        unknown = set(LABEL.findall(selector)) - set(known[metric]) - OUTSIDE
        assert not unknown, f"{where}: {metric} has no label {unknown}"
    for group in GROUPED.findall(expression):
        unknown = {label.strip() for label in group.split(",")} - labels - OUTSIDE
        assert not unknown, f"{where}: groups by {unknown}, which nothing there has"


def test_all_metrics_of_the_promise_are_looked_at_somewhere() -> None:
    asked = {metric for _, expression in expressions() for metric in NAMED.findall(expression)}
    bare = {re.sub(r"_(bucket|sum|count)$", "", metric).removeprefix(PREFIX) for metric in asked}
    assert set(DEFINITIONS) - bare <= {"last_success_timestamp_seconds"}


def test_the_dashboard_keeps_its_address_and_takes_any_data_source() -> None:
    (dashboard,) = files.dashboards().values()
    assert dashboard["uid"] == "signalbox"
    rows = [panel["title"] for panel in dashboard["panels"] if panel["type"] == "row"]
    assert rows == ["Overview", "Integration", "Salesforce", "Kafka", "Changes"]
    for panel in dashboard["panels"]:
        if panel["type"] != "row":
            assert panel["datasource"]["uid"] == "${datasource}"
            assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
