"""
Figures of an initial import: how long the pace of the org lets it take, how long it took, how many API calls it cost.

In: how many prospects. Out: entries. Rule of this file: the org's pace is that of a published measurement on a real one
(120 ms a call and 28 ms a record, 10 calls in flight); nothing is known of any prospect before.
"""

from datetime import UTC, datetime

from bench.results import Entry
from bench.rig import running
from schemas.codec import SingleObject
from schemas.prospect import Prospect
from schemas.topics import SOURCE_PROSPECT
from schemas.values import Person

_FILE = """
name: marketing
preset: lead_liaison
org: acme
enabled: true
workspace: acme
recipients: []
"""
_CODEC = SingleObject()
_PACE_RECORDS = 350.0
"""Records a second that the org takes at that pace."""


def initial_import(count: int) -> list[Entry]:
    """10,000 prospects in interval mode as an initial import: seconds over what the org can take, and API calls."""
    with running(people=0, roles=("intake", "executor"), files={"marketing": _FILE}) as rig:
        org = rig.stage.org()
        rig.run(_events(["warm-up"]), 120.0, topic=SOURCE_PROSPECT)
        org.pace("published")
        before = org.calls()["used"]
        ids = rig.run(_events([f"p{number}" for number in range(count)]), 900.0, topic=SOURCE_PROSPECT)
        used = org.calls()["used"] - before
        moments = rig.reader.moments()
        if {moments[item_id][1] for item_id in ids} != {"created"}:
            raise ValueError("every prospect is new, but some outcomes are others than created")
        taken = max(moments[item_id][0] for item_id in ids) - min(rig.sent[item_id] for item_id in ids)
    least = count / _PACE_RECORDS
    said = f"{count} prospects; what the org can take at {_PACE_RECORDS:g} records/s: {least:.3g} s; the goal: ×1.15"
    return [
        Entry("initial_import_seconds", taken, "s", said, taken / least),
        Entry("initial_import_api_calls", used, "calls", f"{count} prospects; the goal: 80 calls", used / 80),
    ]


def _events(names: list[str]) -> list[tuple[str, bytes, bytes]]:
    now = datetime.now(UTC)
    made = []
    for name in names:
        who = Person("Number", name, f"{name}@example.com", (), "Example")
        event = Prospect(f"e-{name}", name, "acme", now, who, occasion="initial")
        made.append((event.event_id, name.encode(), _CODEC.encode("prospect", event.to_avro())))
    return made
