"""
Prospects, field records and field activities for torture tests, by a seed.

In: a seed, how many.  Out: messages by topic in the order of their delivery, and what the verifier is to expect.
Rule of this file: equal seeds give equal messages; each source's record is one person of its own.
"""

import random
from collections.abc import Mapping
from datetime import timedelta

from schemas.field_activity import FieldActivity
from schemas.field_record import FieldRecord
from schemas.prospect import Prospect
from schemas.topics import SOURCE_FIELD_ACTIVITY, SOURCE_FIELD_RECORD, SOURCE_PROSPECT
from schemas.values import Person
from tests.torture.calls import CODEC, START, TEAM, address
from tests.torture.steps import Dealt

INTEGRATIONS: Mapping[str, str] = {
    "marketing": f"""
name: marketing
preset: lead_liaison
org: acme
enabled: true
workspace: acme
schedule: {{every: 2s}}
map: {{lead: {{Title: fields.title}}}}
recipients: [{TEAM}]
""",
    "field": f"""
name: field
preset: spotio
org: acme
enabled: true
workspace: acme
field_sales: {{to_salesforce: true, convert_at: Won}}
activity: {{enabled: true}}
map: {{lead: {{Title: fields.title}}, contact: {{Title: fields.title}}}}
recipients: [{TEAM}]
""",
}
_STAGES = ("New", "Qualified", "Won")


def deal_prospects(made: Dealt, rng: random.Random, count: int, span: float) -> None:
    """Add *count* prospects of two or three states each; some states come again, some out of order."""
    for number in range(count):
        name = f"prospect{number}"
        made.expected.append({"type": "person", "name": name, "emails": [address(name)]})
        begins = rng.uniform(0.0, span)
        for turn in range(rng.choice((2, 3))):
            who = Person("Pat", f"Prospect {number}", address(name), (), f"Company {number}")
            at = START + timedelta(minutes=turn)
            state = Prospect(f"{name}-{turn}", name, "acme", at, who, fields={"title": f"Title {turn}"})
            made.event(state.event_id, "marketing", "created", "updated", "skipped")
            _deliver(made, rng, SOURCE_PROSPECT, name, CODEC.encode("prospect", state.to_avro()), begins, turn, span)


def deal_field_records(made: Dealt, rng: random.Random, count: int, span: float) -> int:
    """Add *count* field records with an activity each; return how many of them are won, and so converted."""
    won = 0
    for number in range(count):
        name = f"record{number}"
        made.expected.append({"type": "person", "name": name, "emails": [address(name)]})
        begins = rng.uniform(0.0, span)
        stages = _STAGES[: rng.choice((2, 3, 3))]
        won += stages[-1] == "Won"
        for turn, stage in enumerate(stages):
            who = Person("Sam", f"Record {number}", address(name), (), f"Company {number}")
            at = START + timedelta(minutes=turn)
            state = FieldRecord(f"{name}-{turn}", name, "acme", at, who, stage=stage, fields={"title": f"Title {turn}"})
            made.event(state.event_id, "field", "created", "updated", "converted", "skipped")
            body = CODEC.encode("field_record", state.to_avro())
            _deliver(made, rng, SOURCE_FIELD_RECORD, name, body, begins, turn, span)
        for turn in range(2):
            at = START + timedelta(minutes=10 + turn)
            activity = FieldActivity(
                f"a-{name}-{turn}", f"a-{name}", "acme", at, Person(), name, name=f"Knock {number}", done=turn == 1
            )
            made.event(activity.event_id, "field", "activity", "updated", "skipped")
            body = CODEC.encode("field_activity", activity.to_avro())
            _deliver(made, rng, SOURCE_FIELD_ACTIVITY, activity.activity_id, body, begins, turn, span)
    return won


def _deliver(
    made: Dealt, rng: random.Random, topic: str, key: str, body: bytes, begins: float, turn: int, span: float
) -> None:
    for again in range(rng.choice((1, 1, 2))):
        when = begins + turn * rng.uniform(0.1, span / 10) + again * rng.uniform(0.0, span / 8)
        made.messages.append((when, topic, key.encode(), body))
