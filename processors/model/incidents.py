"""
Incidents: a broken connection from the moment that it is noticed until it is mended.

In: what is broken now, the incidents that are open.  Out: which began, which ended, which stay open.  Pure.
Rule of this file: an incident keeps its beginning whatever is found meanwhile, for its ID is made of it: one mail when
it begins, one when it ends.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass

import orjson

from processors.model.connection import Break, Cause
from schemas.identity import incident_id

INCIDENTS_KEY = ("", "connection")
"""Under which integration and source ID the ledger keeps the open incidents; no integration has the empty name."""


@dataclass(frozen=True, slots=True)
class Incident:
    """One broken connection: since when (seconds since the epoch), for whom, and what was seen."""

    cause: Cause
    integrations: tuple[str, ...]
    began: float
    detail: str

    def id(self, org: str) -> str:
        """Return its ID: the same for each who tells of it (LL-25)."""
        return incident_id(org, self.cause, self.integrations, int(self.began * 1000))


@dataclass(frozen=True, slots=True)
class IncidentChange:
    """What a look at the connection came to."""

    open: tuple[Incident, ...]
    began: tuple[Incident, ...] = ()
    ended: tuple[Incident, ...] = ()


def org_broke(incidents: Sequence[Incident], found: Break, now: float) -> IncidentChange:
    """
    Return the turn where the whole org cannot be worked on.

    Another cause than before is another incident; the earlier one is over, though nothing is mended.
    """
    if any(incident.cause == found.cause for incident in incidents):
        return IncidentChange(tuple(incidents))
    fresh = Incident(found.cause, tuple(sorted(found.integrations)), now, found.detail)
    return IncidentChange(
        (*(incident for incident in incidents if incident.cause == "field_removed"), fresh), began=(fresh,)
    )


def org_answers(incidents: Sequence[Incident], lost: Sequence[Break], now: float) -> IncidentChange:
    """
    Return the turn where the org answers and *lost* names the integrations that cannot go on all the same.

    Those that are found together are one incident; it ends when none of them is broken any more.
    """
    broken = {name for item in lost for name in item.integrations}
    kept = [
        incident
        for incident in incidents
        if incident.cause == "field_removed" and not broken.isdisjoint(incident.integrations)
    ]
    known = {name for incident in kept for name in incident.integrations}
    fresh = [item for item in lost if known.isdisjoint(item.integrations)]
    began: tuple[Incident, ...] = ()
    if fresh:
        names = tuple(sorted(name for item in fresh for name in item.integrations))
        began = (Incident("field_removed", names, now, "; ".join(item.detail for item in fresh)),)
    ended = tuple(incident for incident in incidents if incident not in kept)
    return IncidentChange((*kept, *began), began, ended)


def to_json(incidents: Collection[Incident]) -> bytes:
    """Return the open incidents as the ledger keeps them."""
    return orjson.dumps([asdict(incident) for incident in incidents])


def incidents_from_json(body: bytes) -> tuple[Incident, ...]:
    """Return the incidents that the ledger keeps."""
    return tuple(Incident(**{**load, "integrations": tuple(load["integrations"])}) for load in orjson.loads(body))
