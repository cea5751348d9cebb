"""`signalbox lookup`: by link first, else by e-mail for display only; it links nothing and writes nothing."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from connectors.database.engine import open_engine
from connectors.database.migrate import migrate
from connectors.database.tables import link
from signalbox.cli import app
from simulator import Control, OrgFile, Running, serve
from tests.integration.signalbox.tool import Said

FILE = """
name: prospects
org: acme
enabled: false
source: prospect
workspace: acme
action: update_or_create_lead
"""


class Box:
    """Settings, two integrations, a migrated ledger and one simulated org."""

    def __init__(self, folder: Path, running: Running) -> None:
        self.folder, self.running = folder, running
        (folder / "integrations").mkdir()
        for name in ("prospects", "others"):
            (folder / "integrations" / f"{name}.yaml").write_text(
                FILE.replace("name: prospects", f"name: {name}").replace("workspace: acme", f"workspace: {name}")
            )
        self.database = f"sqlite:///{folder / 'ledger.db'}"
        org = {"login_url": running.origin("acme"), "client_id": "signalbox", "client_secret": "simulated-secret"}
        settings = {"database": self.database, "integrations": str(folder / "integrations"), "orgs": {"acme": org}}
        (folder / "settings.yaml").write_text(yaml.safe_dump(settings))
        self.engine = open_engine(self.database)
        migrate(self.engine)
        self.control = Control(running.control_url, "acme")

    def seed(self, name: str, **fields: Any) -> str:
        return self.control.seed(name, [{"LastName": "Ann", **fields}])[0]

    def link(self, source_id: str, record_id: str) -> None:
        row = {
            "org": "acme",
            "kind": "record",
            "source_id": source_id,
            "record_id": record_id,
            "linked_at": time.time(),
        }
        with self.engine.begin() as connection:
            connection.execute(link.insert(), [row])

    def links(self) -> int:
        with self.engine.connect() as connection:
            return len(connection.execute(link.select()).all())

    def ask(self, *words: str) -> Said:
        told = CliRunner().invoke(
            app, ["lookup", *words], env={"SIGNALBOX_SETTINGS": str(self.folder / "settings.yaml")}
        )
        return Said(told.exit_code, told.stdout, told.stderr)


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    running = serve([OrgFile(name="acme")])
    running.start()
    yield Box(tmp_path, running)
    running.stop()


def states(said: Said) -> dict[str, str]:
    assert said.code == 0, said.err
    return {value["id"]: value["state"] for value in said.values}


def test_ll_10_a_link_beats_the_email_and_the_others_of_it_are_shown_unlinked(box: Box) -> None:
    linked = box.seed("Lead", Company="B", Email="ann@example.com")
    lead = box.seed("Lead", Company="C", Email="Ann@example.com")
    contact = box.seed("Contact", Email="ann@example.com")
    box.seed("Contact", Email="someone@example.com")
    box.link("prospects/p-1", linked)
    told = states(box.ask("p-1", "--integration", "prospects", "--json"))
    assert told == {linked: "linked", lead: "same e-mail", contact: "same e-mail"}
    assert next(iter(told)) == linked
    assert states(box.ask("ann@example.com", "--json")) == told


def test_ll_11_ll_12_by_email_all_duplicates_are_shown_and_nothing_is_linked_or_written(box: Box) -> None:
    ids = {box.seed("Lead", Company="B", Email="ann@example.com") for _ in range(2)}
    ids.add(box.seed("Contact", Email="ann@example.com"))
    before = len(box.control.effects())
    assert states(box.ask("ann@example.com", "--json")) == dict.fromkeys(ids, "same e-mail")
    assert box.links() == 0
    assert len(box.control.effects()) == before


def test_ll_26_a_linked_record_that_is_deleted_is_told_as_such(box: Box) -> None:
    lead = box.seed("Lead", Company="B", Email="ann@example.com")
    box.link("prospects/p-1", lead)
    row = next(iter(box.running.org("acme").store.rows("Lead")))
    box.running.org("acme").store.put("Lead", {**row, "IsDeleted": True})
    assert states(box.ask("p-1", "--json")) == {lead: "linked, deleted"}


def test_a_linked_record_that_the_org_does_not_know_any_more_is_told_too(box: Box) -> None:
    box.link("prospects/p-1", "00Q000000000001AAA")
    assert states(box.ask("p-1", "--json")) == {"00Q000000000001AAA": "linked, gone"}


def test_a_record_id_shows_by_what_it_is_linked(box: Box) -> None:
    lead = box.seed("Lead", Company="B")
    box.link("prospects/p-1", lead)
    box.link("others/o-1", lead)
    (item,) = box.ask(lead[:15], "--json").values
    assert (item["id"], item["state"], item["links"]) == (lead, "linked", ["others/o-1", "prospects/p-1"])
    (item,) = box.ask(lead, "--json", "--integration", "others").values
    assert item["links"] == ["others/o-1"]


def test_plain_lines_where_there_is_no_terminal(box: Box) -> None:
    lead = box.seed("Lead", Company="B", Email="ann@example.com")
    said = box.ask("ann@example.com")
    assert said.lines == [f"same e-mail  acme  Lead  {lead}  Ann  ann@example.com  -"]


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        ([""], 2, "names nobody"),
        (["ann@"], 2, "no e-mail address"),
        (["a\x1b[2Jb"], 2, "names nobody"),
        (["p-1", "--integration", "nothing"], 2, "known are others, prospects"),
        (["p-404"], 1, "nothing is linked under 'p-404'"),
        (["nobody@example.com"], 1, "nobody is found by 'nobody@example.com'"),
    ],
)
def test_nonsense_and_nobody_are_one_clear_line(box: Box, words: list[str], code: int, line: str) -> None:
    said = box.ask(*words)
    assert said.code == code
    assert said.out == ""
    (told,) = said.err.splitlines()
    assert line in told


def test_an_org_that_does_not_answer_is_one_clear_line(box: Box) -> None:
    box.control.credentials(client_secret="another")
    said = box.ask("ann@example.com")
    assert (said.code, said.out) == (1, "")
    (told,) = said.err.splitlines()
    assert "acme: cannot be asked: login" in told
