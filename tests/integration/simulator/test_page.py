"""The simulator's page is true line by line: what is done has a test, what is not done is refused by its name."""

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import simulator
from simulator import control, router
from simulator.faults import ACTIONS
from simulator.pace import MODELS
from simulator.rest import discovery

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "simulator.md").read_text("utf-8")
_TEST = re.compile(r"^def (test_\w+)\(", re.MULTILINE)


def section(title: str) -> str:
    """Return the text under a heading."""
    return PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]


def rows(title: str, head: str) -> Iterator[list[str]]:
    """Yield the cells of each row of the table whose head begins with *head*."""
    lines = section(title).split("\n")
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {head} |"))
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.strip("|").split(" | ")]


def names(cells: list[str]) -> set[str]:
    return set(re.findall(r"`([\w_]+)`", cells[0]))


def known_tests() -> set[str]:
    found: set[str] = set()
    for file in (ROOT / "tests").rglob("test_*.py"):
        found |= set(_TEST.findall(file.read_text("utf-8")))
    return found


DONE = list(rows("Done", "what"))
NOT_DONE = [(*re.findall(r"`(\w+) ([^`]+)`", cells[0])[0], cells[1]) for cells in rows("Not done", "request")]


def test_every_row_of_what_is_done_names_tests_that_exist() -> None:
    existing = known_tests()
    assert len(DONE) > 20
    for what, _, proof in (cells if len(cells) == 3 else [cells[0], "", cells[-1]] for cells in DONE):
        named = set(re.findall(r"`(test_\w+)`", proof))
        assert named, f"{what}: no test is named"
        assert named <= existing, f"{what}: {sorted(named - existing)} do not exist"


@pytest.mark.parametrize(("method", "path", "feature"), NOT_DONE)
def test_what_is_not_done_is_answered_with_501_and_its_name(api: Any, method: str, path: str, feature: str) -> None:
    where = f"{api.origin}{path}" if path.startswith("/") else f"{api.base}/{path}"
    body = "<a/>" if "/Soap/" in path else "{}"
    headers = {"Content-Type": "application/json"}
    answer = api.session.request(method, where, data=body if method == "POST" else None, headers=headers, timeout=20)
    assert answer.status_code == 501, answer.text
    assert f"does not implement {feature}" in answer.text


def test_no_version_resource_is_left_out_of_the_page() -> None:
    told = {path.partition("?")[0].split("/")[0] for _, path, _ in NOT_DONE}
    assert set(router.NOT_DONE) <= told
    assert router.NOT_DONE.keys().isdisjoint(discovery.RESOURCES)
    assert told.isdisjoint(set(discovery.RESOURCES) - {"composite", "query", "search", "sobjects"})


def test_every_key_of_an_org_file_is_on_the_page_and_no_other() -> None:
    told: set[str] = set().union(*(names(cells) for cells in rows("The org file (YAML or JSON)", "key")))
    assert told == {field.name for field in fields(simulator.OrgFile)}


def test_every_fault_and_every_request_of_the_control_endpoint_is_on_the_page() -> None:
    told = set(re.findall(r"`(\w+)`", " ".join(cells[0] + cells[1] for cells in rows("The control endpoint", "fault"))))
    assert set(ACTIONS) <= told
    text = section("The control endpoint")
    for request in control._HANDLERS:
        method, _, what = request.partition(" ")
        assert re.search(rf"{method}[^|\n]*\b{what}\b|{what}`", text), request
    assert set(MODELS) <= set(re.findall(r"`(\w+)`", PAGE))
