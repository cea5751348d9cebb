"""
What is kept around one command beside the person's records: activities logged so far, source entities, choices made.

In: what `load_related.py` read of the ledger, the rows of the batch.  Out: parts of the command's `Match`.  Pure.
Rule of this file: it joins; what it means is decided in each source's `decide.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from processors.model.match import Match
from processors.model.org_facts import OrgFacts
from processors.model.record import OwnRecord, Record


@dataclass(frozen=True, slots=True)
class RelatedData:
    """
    What the ledger keeps around one command.

    `source_states` are the source entities of its integration, by source ID; `together` are the interactions of its
    person and agent, by source ID. `assigned` is the record that someone chose for good for its person,
    `assigned_numbers` those chosen for who has a number, by number in E.164 (XB-19). `linked` is the record that the
    source's own record is linked with (LL-7), `winner_link` that of the one it was merged into. `own` are the records
    that earlier events of its source entity, or of all bookings of its chain, made or wrote; `people` are the IDs of
    leads and contacts kept of it, `old_keys` the keys that release 0.1.0 gave to its people. `effects` are the keys of
    its activities, `activities` the IDs of those that are logged.
    """

    source_states: Mapping[str, bytes]
    together: Mapping[str, tuple[bytes, ...]]
    assigned: str | None
    assigned_numbers: Mapping[str, str]
    linked: str | None
    winner_link: str | None
    own: tuple[OwnRecord, ...]
    people: tuple[str, ...]
    old_keys: tuple[str, ...]
    effects: tuple[str, ...]
    activities: Mapping[str, str]


def with_related(match: Match, kept: RelatedData, found: Sequence[Record], facts: OrgFacts) -> Match:
    """Return *match* with the activities, users and source entities of a command."""
    by_effect: dict[str, Record] = {}
    for record in found:
        if record.object in ("Task", "Event") and not record.fields.get("IsDeleted"):
            key = record.fields.get(facts.external_field.get(record.object, ""))
            by_effect.update({effect: record for effect in kept.effects if effect == key})
            by_effect.update({name: record for name, id_ in kept.activities.items() if id_ == record.id})
    return replace(
        match,
        activities=by_effect,
        users=tuple(record for record in found if record.object == "User"),
        source_states=kept.source_states,
        together=kept.together,
        winner_link=kept.winner_link,
    )
