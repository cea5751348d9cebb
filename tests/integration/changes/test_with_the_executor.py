"""Poller and executor on one ledger and one simulated org: links with deleted records, and writes of our own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

import simulator
from connectors.database import tables
from connectors.database.linked import DatabaseLinks
from connectors.database.own_writes import DatabaseOwnWrites
from processors.sources.load import preset
from processors.sources.settings import integration_of
from schemas.outcome import Outcome
from schemas.prospect import Prospect
from schemas.values import Person
from tests.fakes.changes import ChangesRig
from tests.fakes.simulated import START, SimulatedRig

OBJECTS = {"Lead": {"scope": "forward_only", "fields": {"surname": "LastName", "company": "Company", "city": "City"}}}


@pytest.fixture
def sides(tmp_path: Path) -> Iterator[tuple[SimulatedRig, ChangesRig]]:
    base = preset("lead_liaison")
    told = {"name": "field", "org": "main", "enabled": True, "workspace": "acme", "schedule": {}}
    settings = integration_of({**base, **told, "changes": {"enabled": True, "objects": OBJECTS}})
    with simulator.serve() as running:
        there, back = SimulatedRig(tmp_path, running, [settings]), ChangesRig(running, settings)
        back.links = DatabaseLinks(there.engine)  # type: ignore[assignment]  # the real one in place of the fake
        back.writes = DatabaseOwnWrites(there.engine)  # type: ignore[assignment]  # as above
        yield there, back
        there.executor.stop()
        there.executor.close()


def arrive(there: SimulatedRig, number: int) -> Outcome:
    who = Person("Ann", "Lee", "ann@example.com", (), "Acme")
    there.deliver(Prospect(f"e-{number}", "p-1", "acme", START, who))
    return there.settle(number)[-1]


def test_what_the_executor_wrote_is_not_echoed_and_what_a_person_wrote_beside_it_is(
    sides: tuple[SimulatedRig, ChangesRig],
) -> None:
    there, back = sides
    back.poll()
    assert arrive(there, 1).kind == "created"
    (lead,) = linked(there)
    assert back.poll() == []
    assert back.metrics.of("changes_own_total", integration="field") == 1
    back.edit(lead, Company="Bolt", City="Bern")
    (change,) = back.poll()
    assert {field_change.field: (field_change.before, field_change.after) for field_change in change.changes} == {
        "company": ("Acme", "Bolt"),
        "city": (None, "Bern"),
    }
    back.edit(lead, Company="Acme")
    assert [field_change.after for field_change in back.poll()[0].changes] == ["Acme"]


def linked(there: SimulatedRig) -> list[str]:
    with there.engine.connect() as connection:
        rows = connection.execute(select(tables.link.c.record_id).where(tables.link.c.kind == "record"))
        return [row.record_id for row in rows]


def test_ll_26_ll_27_the_link_with_a_deleted_record_is_dropped_within_one_poll(
    sides: tuple[SimulatedRig, ChangesRig],
) -> None:
    there, back = sides
    back.poll()
    made = arrive(there, 1)
    (lead,) = linked(there)
    assert made.kind == "created"
    back.poll()
    back.delete(lead)
    (change,) = back.poll()
    assert (change.operation, change.source_id) == ("deleted", "p-1")
    (end,) = back.log.commands()
    there.send(end)
    dropped = there.settle(2)[-1]
    assert (dropped.kind, dropped.reason, dropped.rule_ids) == ("skipped", "record_deleted", ("LL-27",))
    assert linked(there) == []
    # The next event makes or finds another record, and is no error.
    assert arrive(there, 3).kind == "created"
    (fresh,) = linked(there)
    assert fresh != lead


def test_ll_27_a_link_that_names_another_record_by_now_stays(sides: tuple[SimulatedRig, ChangesRig]) -> None:
    there, back = sides
    back.poll()
    arrive(there, 1)
    (lead,) = linked(there)
    back.poll()
    back.delete(lead)
    back.poll()
    (end,) = back.log.commands()
    back.control.change("Lead", lead, IsDeleted=False)
    there.send(end)
    kept = there.settle(2)[-1]
    assert (kept.kind, kept.reason) == ("skipped", "already_resolved")
    assert linked(there) == [lead]
