import time
from pathlib import Path

from connectors.database.engine import open_engine
from connectors.database.ledger import SqlLedger
from connectors.database.migrate import migrate
from connectors.database.org_status import org_statuses


def test_d15_on_sqlite_the_status_is_told_beside_a_writer_that_stands_still_and_names_each_owner(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    stopped, asking = open_engine(url), open_engine(url)
    migrate(stopped)
    SqlLedger(stopped).take_lease("main", "executor-one")
    with stopped.begin():
        began = time.monotonic()
        [told] = org_statuses(asking)
        took = time.monotonic() - began
    assert (told.org, told.owner, told.last_settled) == ("main", "executor-one", None)
    assert took < 5, "the status waited for the writer"
    stopped.dispose()
    asking.dispose()
