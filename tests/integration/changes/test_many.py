"""Fifty thousand changes at once: read page by page, each sent once, with what a poll holds bounded by its page."""

import time
from collections import Counter
from datetime import UTC, datetime

import pytest

import simulator
from processors.changes.plan import PollPace
from tests.fakes.changes import ChangesRig, told

MANY = 50_000
PAGE = 2_000


@pytest.mark.timeout(300)
def test_fifty_thousand_changes_of_one_moment_come_once_in_bounded_parts() -> None:
    objects = {"Lead": {"scope": "forward_only", "fields": {"city": "City"}}}
    with simulator.serve() as running:
        rig = ChangesRig(
            running, told(objects=objects), pace=PollPace(every=0.01, overlap=600.0, page=PAGE, hold_back=0.0)
        )
        rig.poll()
        moment = datetime.now(UTC).isoformat(timespec="milliseconds")
        row = {"LastName": "Lee", "Company": "Acme", "City": "Bern", "SystemModstamp": moment}
        made = [text for _ in range(10) for text in rig.control.seed("Lead", [row] * (MANY // 10))]
        calls, began = rig.client.api_calls(), time.monotonic()
        found = Counter(change.record_id for change in rig.poll())
        assert found == Counter(made), f"{len(found)} of {MANY}, {found.most_common(1)}"
        # A message for the source and one that keeps what was seen for each row, and the cursor.
        assert rig.log.largest <= 2 * PAGE + 1
        assert rig.client.api_calls() - calls <= MANY // PAGE + 2
        # The overlap is long to read now: it is read again once, then rests for half of its time.
        calls = rig.client.api_calls()
        assert rig.poll(2_000) == []
        for _ in range(20):
            assert rig.poll() == []
        assert rig.client.api_calls() - calls <= MANY // PAGE + 25
        assert time.monotonic() - began < 200
