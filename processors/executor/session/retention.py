"""
What is done with for good is deleted: command messages below the committed offset, settled rows past their time.

In: an org's executor, what Kafka has committed.  Out: less.  I/O through ports.
Rule of this file: nothing that is not committed, published and old enough is touched (design section 3, point 11).
"""

from collections.abc import Callable

import structlog

from processors.executor.session.publish import Position
from processors.executor.session.runner import OrgExecutor
from processors.model.errors import SignalboxError
from schemas.topics import command_topic

log = structlog.get_logger()


def tidy(executor: OrgExecutor, committed: Position, delete_below: Callable[[str, int], None]) -> None:
    """Delete what the org needs no more; a failure is told and tried again with the next tidying."""
    deps = executor.deps
    try:
        before = deps.clock() - deps.keep_seconds
        gone = deps.ledger.prune(executor.lease, before, committed.sequence)
        if committed.offset > 0:
            delete_below(command_topic(deps.org), committed.offset)
    except SignalboxError as error:
        log.warning("tidying did not end", org=deps.org, why=str(error))
        return
    log.info("tidied", org=deps.org, rows=gone, below=committed.offset)
