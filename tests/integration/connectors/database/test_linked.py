"""Links between the source's records and the org's, as reverse sync, matching and the command line read them."""

from sqlalchemy import Engine

from connectors.database.ledger import SqlLedger
from connectors.database.linked import DatabaseLinks
from connectors.database.links import StoredLink, by_record, by_source
from processors.model.ledger import LedgerTransaction

LEAD, CONTACT = "00Q000000000001AAA", "003000000000001AAA"
LINKS = {("record", "lists/p-1"): LEAD, ("record", "lists/p-2"): CONTACT, ("activity", "lists/p-3"): LEAD}


def linked(engine: Engine, org: str = "main") -> SqlLedger:
    ledger = SqlLedger(engine)
    ledger.apply(ledger.take_lease(org, "one"), LedgerTransaction(links=LINKS))
    return ledger


def test_reverse_sync_reads_the_sources_own_ids_by_integration_and_record(engine: Engine) -> None:
    ledger = linked(engine)
    ledger.apply(ledger.take_lease("main", "one"), LedgerTransaction(links={("record", "other/a/b"): LEAD}))
    found = DatabaseLinks(engine).sources("main", [LEAD, CONTACT, "unknown"])
    assert found == {("lists", LEAD): "p-1", ("lists", CONTACT): "p-2", ("other", LEAD): "a/b"}


def test_links_of_another_org_and_of_another_kind_are_not_read(engine: Engine) -> None:
    linked(engine, "other")
    assert DatabaseLinks(engine).sources("main", [LEAD, CONTACT]) == {}
    assert ("lists", LEAD) in DatabaseLinks(engine).sources("other", [LEAD])
    assert "p-3" not in DatabaseLinks(engine).sources("other", [LEAD]).values()


def test_many_records_are_asked_for_at_once(engine: Engine) -> None:
    ledger = SqlLedger(engine)
    lease = ledger.take_lease("main", "one")
    ids = [f"00Q{number:015}" for number in range(1_201)]
    ledger.apply(lease, LedgerTransaction(links={("record", f"lists/{item_id}"): item_id for item_id in ids}))
    assert DatabaseLinks(engine).sources("main", ids) == {("lists", item_id): item_id for item_id in ids}
    assert ledger.linked(lease, "record", ids) == {item_id: [f"lists/{item_id}"] for item_id in ids}


def test_the_source_ids_that_lead_to_a_record_are_read_in_order(engine: Engine) -> None:
    ledger = linked(engine)
    lease = ledger.take_lease("main", "one")
    ledger.apply(lease, LedgerTransaction(links={("record", "lists/p-0"): LEAD}))
    assert ledger.linked(lease, "record", [LEAD, CONTACT, "unknown"]) == {
        LEAD: ["lists/p-0", "lists/p-1"],
        CONTACT: ["lists/p-2"],
    }
    assert ledger.linked(ledger.take_lease("other", "one"), "record", [LEAD]) == {}


def test_a_link_that_is_taken_away_is_gone_everywhere(engine: Engine) -> None:
    ledger = linked(engine)
    lease = ledger.take_lease("main", "one")
    ledger.apply(lease, LedgerTransaction(unlinked=[("record", "lists/p-1")]))
    assert ledger.links(lease, "record", ["lists/p-1", "lists/p-2"]) == {"lists/p-2": CONTACT}
    assert ledger.linked(lease, "record", [LEAD]) == {}
    assert DatabaseLinks(engine).sources("main", [LEAD]) == {}
    assert ledger.links(lease, "activity", ["lists/p-3"]) == {"lists/p-3": LEAD}


def test_the_command_line_reads_links_from_both_ends(engine: Engine) -> None:
    linked(engine)
    linked(engine, "other")
    mine, theirs = (StoredLink(org, "lists/p-1", LEAD) for org in ("main", "other"))
    assert by_source(engine, ["lists/p-1", "unknown"]) == [mine, theirs]
    assert by_record(engine, "main", [LEAD]) == [mine]
    assert by_source(engine, ["lists/p-3"]) == []
