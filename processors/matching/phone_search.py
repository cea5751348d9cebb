"""
Numbers that no written form finds are looked for in the org's search index, all of a batch in one API call.

In: calls that nothing matched so far.  Out: records that may be theirs.  I/O through the port.
Rule of this file: what the index finds are candidates; `match.resolve_call` compares them as E.164, like all others
(design section 4, phones). What the index does not hold yet was found by its written form, or is not found.
"""

from collections.abc import Sequence

import phonenumbers
from phonenumbers import PhoneNumberFormat

from processors.executor.org_queue.claims import Job
from processors.matching.match import Index, resolve_call
from processors.matching.queries import fields_of, is_call, number_fields, numbers_of
from processors.model.ports import Salesforce
from processors.model.values import OrgFacts, Record


def searched(
    items: Sequence[Job], records: Sequence[Record], salesforce: Salesforce, facts: OrgFacts, region: str
) -> list[Record]:
    """Return what the org's search finds for the numbers of calls that *records* do not match."""
    index = Index(records, region)
    wanted = [item for item in items if _unmatched(item, index)]
    numbers = dict.fromkeys(
        number for item in wanted if item.settings for number in numbers_of(item.command, item.settings, region)
    )
    if not numbers:
        return []
    live = [(item.command, item.settings) for item in wanted if item.settings]
    objects: list[str] = list(dict.fromkeys(name for _, settings in live for name in number_fields(settings)))
    fields = {name: fields_of(name, live, facts) for name in objects if name in facts.objects}
    found = salesforce.search([word for number in numbers for word in _words(number)], fields)
    return [record for rows in found.rows for record in rows]


def _unmatched(item: Job, index: Index) -> bool:
    if item.settings is None or not is_call(item.command, item.settings) or item.call is None:
        return False
    if item.call.direction == "internal":
        return False
    match = resolve_call(item.command, item.settings, index)
    return not (match.leads or match.contacts or match.accounts)


def _words(number: str) -> tuple[str, str]:
    """Return the digits by which the index knows a number: with its country, and as written inside it."""
    national = phonenumbers.format_number(phonenumbers.parse(number, None), PhoneNumberFormat.NATIONAL)
    return number, national
