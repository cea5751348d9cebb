"""import as its user has it: an initial import of prospects through real processes on a real broker."""

import json
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from schemas.codec import SingleObject
from schemas.prospect import Prospect
from schemas.topics import SOURCE_PROSPECT
from schemas.values import Person
from tests.integration.signalbox.conftest import Staging
from tests.integration.signalbox.tool import Said, signalbox, signalbox_running

pytestmark = pytest.mark.timeout(200)
FILE = """
name: marketing
preset: lead_liaison
org: acme
enabled: true
workspace: Roofs
active_from: 2026-03-01T00:00:00Z
recipients: []
"""


def _lines(*numbers: int, **more: object) -> str:
    made = [
        {
            "prospect_id": f"p-{number}",
            "changed": "2026-02-01T09:00:00Z",
            "person": {"last_name": "Lee", "email": f"p{number}@example.org"},
            **more,
        }
        for number in numbers
    ]
    return "".join(json.dumps(row) + "\n" for row in made)


def _counts(said: Said) -> dict[str, int]:
    """Return the numbers of the summary by their names."""
    rows = (line.strip("│ ").split("│") for line in said.lines if line.startswith("│"))
    return {name.strip(): int(value) for name, value in rows}


def test_ll_6_an_initial_import_is_followed_to_its_outcomes_and_goes_on_where_it_was_stopped(
    stage: Staging, tmp_path: Path
) -> None:
    box = stage(integrations={"marketing": FILE})
    for role in ("intake", "executor"):
        box.start(role)
    file = tmp_path / "prospects.jsonl"
    file.write_text(_lines(*range(30)) + "\n" + _lines(3))
    done = signalbox(box.folder, "import", str(file), "--integration", "marketing")
    assert (done.code, done.err) == (0, "")
    counts = _counts(done)
    assert counts["prospects"] == 30
    assert counts["lines that repeat another"] == 1
    assert counts["outcome: created"] == 30
    assert counts["without an answer"] == counts["answered before"] == 0
    assert len(box.org().state()["records"]["Lead"]) == 30

    file.write_text(_lines(*range(40)))
    again = signalbox(box.folder, "import", str(file), "--integration", "marketing")
    assert again.code == 0
    assert "answered before" in again.out
    counts = _counts(again)
    assert (counts["answered before"], counts["outcome: created"]) == (30, 40)
    assert len(box.org().state()["records"]["Lead"]) == 40


def test_lines_that_are_wrong_are_named_and_nothing_is_sent(stage: Staging, tmp_path: Path) -> None:
    box = stage(integrations={"marketing": FILE})
    file = tmp_path / "prospects.jsonl"
    file.write_text(_lines(1) + "{not json\n" + _lines(2, workspace="Else") + _lines(3, score=1) + "[]\n")
    said = signalbox(box.folder, "import", str(file), "--integration", "marketing")
    assert said.code == 1
    first, second, third, fourth, end = said.err.splitlines()
    assert first.startswith("line 2: not JSON: ")
    assert second == "line 3: workspace 'Else' is not that of marketing, 'Roofs'"
    assert third == "line 4: unknown field score"
    assert fourth.startswith("line 5: not a JSON object")
    assert end == "4 of 5 lines are refused, and nothing was sent; mend them, then start again"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("f", "--integration", "other"), "integration 'other' is none of source 'prospect'; those are marketing"),
        (("missing.jsonl", "--integration", "marketing"), "missing.jsonl: cannot be read"),
        ((f"topic:{SOURCE_PROSPECT}", "--integration", "marketing"), f"topic {SOURCE_PROSPECT} is where prospects are"),
    ],
)
def test_a_load_that_cannot_begin_says_why_in_one_line(stage: Staging, words: tuple[str, ...], line: str) -> None:
    box = stage(integrations={"marketing": FILE})
    said = signalbox(box.folder, "import", *words)
    assert said.code == 2
    assert said.err.startswith(line)
    assert len(said.err.splitlines()) == 1


def test_a_load_from_a_topic_takes_each_prospect_of_it(stage: Staging) -> None:
    box = stage(integrations={"marketing": FILE})
    for role in ("intake", "executor"):
        box.start(role)
    admin = AdminClient({"bootstrap.servers": box.kafka})
    admin.create_topics([NewTopic("exported-prospects", 2)])["exported-prospects"].result(30)
    codec = SingleObject()
    made = [
        Prospect(
            f"e{n}",
            f"p-{n}",
            "Roofs",
            datetime(2026, 2, 1, tzinfo=UTC),
            Person(last_name="Lee", email=f"{n}@example.org"),
        )
        for n in range(5)
    ]
    box.publish_to([("exported-prospects", b"k", codec.encode("prospect", prospect.to_avro())) for prospect in made])
    done = signalbox(box.folder, "import", "topic:exported-prospects", "--integration", "marketing")
    assert done.code == 0, done.err
    assert _counts(done)["outcome: created"] == 5, done.out
    assert len(box.org().state()["records"]["Lead"]) == 5


def test_a_load_that_is_stopped_by_hand_says_so_and_goes_on_without_applying_anything_twice(
    stage: Staging, tmp_path: Path
) -> None:
    box = stage(integrations={"marketing": FILE})
    file = tmp_path / "prospects.jsonl"
    file.write_text(_lines(*range(20)))
    words = ("import", str(file), "--integration", "marketing")
    with signalbox_running(box.folder, *words) as begun:
        assert begun.stdout is not None
        # Nobody answers yet: all is sent, and it tells where it stands.
        assert begun.stdout.readline().startswith("0 of 20 answered: none yet; 0 API calls that wrote")
        begun.send_signal(signal.SIGINT)
        _, said = begun.communicate(timeout=30)
    assert begun.returncode == 130
    assert said.splitlines() == ["stopped with 0 of 20 answered; start it again to go on"]
    for role in ("intake", "executor"):
        box.start(role)
    done = signalbox(box.folder, *words)
    assert (done.code, _counts(done)["outcome: created"]) == (0, 20), done.err
    assert len(box.org().state()["records"]["Lead"]) == 20


def test_a_load_with_an_error_among_its_outcomes_adds_up_and_ends_with_1(stage: Staging, tmp_path: Path) -> None:
    box = stage(integrations={"marketing": FILE})
    for role in ("intake", "executor"):
        box.start(role)
    twice = {"LastName": "Lee", "Company": "Example", "Email": "p3@example.org"}
    box.org().seed("Lead", [twice, twice])
    file = tmp_path / "prospects.jsonl"
    file.write_text(_lines(*range(6)))
    done = signalbox(box.folder, "import", str(file), "--integration", "marketing")
    counts = _counts(done)
    assert done.code == 1
    assert (counts["outcome: created"], counts["outcome: error.multiple_match"]) == (5, 1)
    told = sum(count for name, count in counts.items() if name.startswith("outcome: "))
    assert counts["prospects"] == told + counts["without an answer"]
