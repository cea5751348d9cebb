import re
from pathlib import Path
from typing import Any

import pytest
import typer

from signalbox.cli import app
from tests.contract.docs import pages

OPTION = re.compile(r"(?<!\S)(--[a-z][a-z-]*)")
WORD = re.compile(r"[a-z][a-z-]*\Z")


def find(said: str) -> tuple[Any, str]:
    """Return the command that *said* begins with, and the rest of it; raise KeyError with what does not exist."""
    command: Any = typer.main.get_command(app)
    words = said.split()
    while words and hasattr(command, "commands") and WORD.match(words[0]):
        command = command.commands[words.pop(0)]
    return command, " ".join(words)


@pytest.mark.parametrize("page", pages.PAGES, ids=pages.name)
def test_every_link_leads_to_something_in_the_repository(page: Path) -> None:
    gone = [target for target in pages.links(page) if not (page.parent / target.partition("#")[0]).exists()]
    assert gone == []


@pytest.mark.parametrize("page", pages.PAGES, ids=pages.name)
def test_every_command_that_is_told_exists_with_its_options(page: Path) -> None:
    for said in pages.commands(page):
        if "intake|" in said:
            continue
        try:
            command, rest = find(said)
        except KeyError as missing:
            pytest.fail(f"{pages.name(page)} says `signalbox {said}`: there is no {missing}")
        options = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        unknown = set(OPTION.findall(rest)) - options
        assert not unknown, f"{pages.name(page)} says `signalbox {said}`: it has no {unknown}"


def test_commands_are_found_in_pages_at_all() -> None:
    told = [said for page in pages.PAGES for said in pages.commands(page)]
    assert len(told) > 30
    assert {"run executor", "migrate"} <= {" ".join(said.split()[:2]) for said in told} | set(told)


def test_every_target_of_make_that_is_told_exists() -> None:
    made = set(re.findall(r"^([a-z]+):", (pages.ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for page in pages.PAGES:
        told = set(re.findall(r"(?:^|`)make ([a-z]+)\b", page.read_text("utf-8"), re.MULTILINE))
        assert told <= made, f"{pages.name(page)} says make {told - made}"
