"""The last sequence number that was given out: it never goes back, whichever thread's transaction ends last."""

import threading
from types import SimpleNamespace
from typing import Any

from processors.executor.pipeline.ledger_writer import LedgerWriter
from processors.model.ledger import Applied, LedgerTransaction, Noticed

NOTE = LedgerTransaction(noticed=[Noticed("n", "c", b"", "", b"{}")])


def test_a_transaction_that_ends_late_takes_no_later_number_back() -> None:
    first_is_stored, second_is_told = threading.Event(), threading.Event()
    numbers = iter((1, 2))

    def apply(_lease: Any, _transaction: Any) -> Applied:
        number = next(numbers)
        if number == 1:
            first_is_stored.set()
            second_is_told.wait(30)
        return Applied(number)

    deps: Any = SimpleNamespace(ledger=SimpleNamespace(apply=apply))
    writer = LedgerWriter(deps, SimpleNamespace(last_sequence=0), None)  # type: ignore[arg-type]  # no more is asked of them
    slow = threading.Thread(target=writer.tell, args=(NOTE,))
    slow.start()
    assert first_is_stored.wait(30)
    writer.tell(NOTE)
    assert writer.last_sequence == 2
    second_is_told.set()
    slow.join(30)
    assert writer.last_sequence == 2
