"""
What the org's records say about rows whose answer is missing or does not say enough.

In: rows of a call, when it was intended.  Out: for each row the answer that it must have got.  I/O through the port.
Rule of this file: it reads; what the records mean is decided in `verify.py`.
"""

from collections.abc import Sequence

from processors.executor.connection.org_facts import OrgMetadataCache
from processors.executor.in_doubt.verify import verification_questions, verify_rows
from processors.model.plan import CallRow
from processors.model.requests import Written


def read_back(rows: Sequence[CallRow], intended_at: float, org: OrgMetadataCache) -> list[Written | None]:
    """
    Return for each row the answer that it must have got, or None where it is not seen.

    *intended_at* is in seconds since the epoch. Raises what reading the org raises.
    """
    salesforce, facts = org.org()
    found = salesforce.find(verification_questions(rows))
    records = [record for answer in found.rows for record in answer]
    return verify_rows(rows, records, facts, intended_at)
