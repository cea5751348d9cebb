"""
The demo, run as a person runs it: its numbers add up, and it leaves nothing behind.

Rule of this file: the demo is a process of its own; what it leaves is asked of the operating system.
"""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.processes import wait_until

DEMO = [sys.executable, "-m", "signalbox", "demo", "--seed", "7"]
BESIDE = (
    "booking made → Lead created, Event on Lead",
    "booking moved → Event on Lead updated",
    "booking cancelled → Event deleted",
    r"call of 4 steps → Task on Contact \(Inbound call from",
    r"call of 3 steps → Task on Lead \(Missed call from",
    "call of 6 steps → Task on Lead .*transferred",
    "Task on Lead .*the newest of several",
    "Task on Account",
    "parked .* 2 records match: choose the one that is meant",
    "visitor .*prospect → kept until a user links it",
    "visitor .*by hand → Lead updated",
    "leaving@example.com .*prospect → the link with the deleted record is dropped",
    "loaded0@example.com .*prospect → Lead created",
    "field lead won → Lead converted",
    "field lead → nothing written: left out by the filter selective-sync",
    "field lead → nothing written: left out by the filter not-a-test",
    "unowned@example.com .*field lead → Lead created, for the default user",
    "no value is mapped for Lead.Rating=lukewarm",
    r"field activity → Task on Lead \(Knock\)",
    r"field activity done → Task on Lead updated",
    r"visit → Event on Lead \(Visit\)",
    "change.updated .*Lead updated in Salesforce by agent2@example.com: city Bonn, interest → high",
    "change.deleted .*rover2 .*Lead deleted in Salesforce by agent2@example.com",
    r"change\..*rover3 .*city .*→ Kiel",
    "changes that came back .* 5 ",
    "call result → Lead created",
    "corrected@example.com .*booking moved → Lead updated",
    "merged-away@example.com .*booking moved → Lead updated",
    "booking corrected .* 1",
    "a second attendee .* 1",
    "a merged lead .* 1",
    r" → .*Lead\.\w+ conformed",
    r"values conformed to their fields .* [1-9]",
    r"values left out .* [1-9]",
)
"""What a person reads of every source, and of what comes back."""
ENV = {**os.environ, "NO_COLOR": "1", "COLUMNS": "120"}


def _children(of: str) -> list[int]:
    """Return the IDs of all processes whose environment or command line names the demo's folder."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                told = (folder / "environ").read_bytes() + (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if of.encode() in told:
                found.append(int(folder.name))
    return found


@pytest.mark.timeout(240)
def test_the_demo_answers_everything_and_its_numbers_add_up(tmp_path: Path) -> None:
    """No terminal: plain lines, a summary, exit code 0."""
    done = subprocess.run(DEMO, cwd=tmp_path, env={**ENV, "TMPDIR": str(tmp_path)}, capture_output=True, timeout=220)
    told = done.stdout.decode()
    assert done.returncode == 0, told[-3000:] + done.stderr.decode()[-2000:]
    answers = re.search(r"(\d+) events, each answered once", told)
    assert answers is not None, told[-2000:]
    assert int(answers.group(1)) >= 500
    for outcome in ("created", "converted", "error.multiple_match", "error.salesforce_refused", "skipped.filtered"):
        assert f"outcome {outcome}" in told
    for reason in (
        "internal",
        "short_call",
        "unknown_number",
        "no_activity",
        "superseded",
        "already_resolved",
        "anonymous",
    ):
        assert f"outcome skipped.{reason}" in told
    for activity in ("activity_created", "activity_updated", "activity_deleted"):
        assert f"outcome activity.{activity}" in told
    for error in ("picklist_unmapped", "record_deleted"):
        assert f"outcome error.{error}" in told
    for line in BESIDE:
        assert re.search(line, told), line
    assert _children(str(tmp_path)) == []


@pytest.mark.timeout(240)
def test_ctrl_c_leaves_no_process_behind(tmp_path: Path) -> None:
    """Stopped in the middle, everything that it had started is gone."""
    with (tmp_path / "out").open("wb") as out:
        demo = subprocess.Popen(
            [*DEMO, "--serve"], cwd=tmp_path, env={**ENV, "TMPDIR": str(tmp_path)}, stdout=out, stderr=out
        )
        try:
            wait_until(lambda: b"each answered once" in (tmp_path / "out").read_bytes(), 200, "the demo's summary")
            assert len(_children(str(tmp_path))) > 4
            demo.send_signal(signal.SIGINT)
            assert demo.wait(60) == 130
        finally:
            demo.kill()
    wait_until(lambda: _children(str(tmp_path)) == [], 20, "the end of all that the demo had started")
