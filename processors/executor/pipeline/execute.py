"""
Stage *execute*: an intended API call leaves, and its answer comes back.

In: a call whose intents are in the ledger.  Out: one answer a row.  I/O through the port.
Rule of this file: nothing is retried here; what a failure means for the rows is the runner's business.
"""

from datetime import UTC, datetime

from processors.model.plan import ApiCall
from processors.model.ports import Salesforce
from processors.model.requests import Written


def execute(salesforce: Salesforce, call: ApiCall) -> list[Written]:
    """
    Send the call and return its answers by row.

    Raises:
        TooLate: send-by had passed; nothing was sent.
        InDoubt: it was sent and no usable answer came.
        Transient: it certainly was not applied.
    """
    send_by = datetime.fromtimestamp(call.send_by, UTC)
    if call.kind == "convert":
        conversions = [row.conversion for row in call.rows if row.conversion is not None]
        return list(salesforce.convert(conversions, send_by=send_by))
    writes = [row.write for row in call.rows if row.write is not None]
    return list(salesforce.write(writes, send_by=send_by))
