import pytest

from schemas.topics import topic_table
from tests.integration.signalbox.conftest import Staging
from tests.integration.signalbox.tool import signalbox
from tests.torture.stage import Stage

pytestmark = pytest.mark.timeout(200)


def test_topics_are_created_once_and_shown_as_the_table_wants_them(stage: Staging) -> None:
    box = stage()
    wanted = {topic.name for topic in topic_table(box.orgs)}
    again = signalbox(box.folder, "topics", "create")

    assert (again.code, again.out) == (0, f"0 topics created, {len(wanted)} were there\n")
    _add_org(box)
    more = signalbox(box.folder, "topics", "create")
    assert (more.code, more.lines[0]) == (0, "created crm.command.other")
    shown = signalbox(box.folder, "topics", "show", "--json")
    assert shown.code == 0
    assert {value["name"] for value in shown.values} == {*wanted, "crm.command.other"}
    assert all(value["differences"] == [] for value in shown.values)


def test_a_topic_that_is_missing_is_shown_as_a_difference(stage: Staging) -> None:
    box = stage()
    _add_org(box)
    shown = signalbox(box.folder, "topics", "show", "--json")

    assert shown.code == 1
    assert [value["name"] for value in shown.values if value["differences"]] == ["crm.command.other"]


def _add_org(box: Stage) -> None:
    path = box.folder / "settings.yaml"
    path.write_text(
        path.read_text().replace(
            "orgs:\n", "orgs:\n  other: {login_url: 'http://127.0.0.1:1', client_id: x, client_secret: y}\n"
        )
    )
