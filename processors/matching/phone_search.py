"""
Numbers that no written form finds are looked for in the org's search index, all of a batch in one API call.

In: calls that nothing matched so far.  Out: records that may be theirs.  I/O through the port.
Rule of this file: what the index finds are candidates; `match.resolve_call` compares them as E.164, like all others
(design section 4, phones). What the index does not hold yet was found by its written form, or is not found.
"""

from collections.abc import Sequence
from typing import TypeAlias

import phonenumbers
from phonenumbers import PhoneNumberFormat

from processors.integration.model import Integration
from processors.matching.index import Index
from processors.matching.match import match_call
from processors.matching.queries import fields_to_read, is_call, number_fields, numbers_of
from processors.model.call import Call
from processors.model.ports import Salesforce
from processors.model.values import OrgFacts, Record
from schemas.command import Command

Caller: TypeAlias = tuple[Command, Integration, Call]
"""The command of a telephone call, the settings of its integration, and what its steps came to."""


def search_numbers(
    callers: Sequence[Caller], records: Sequence[Record], salesforce: Salesforce, facts: OrgFacts, region: str
) -> list[Record]:
    """Return what the org's search finds for the numbers of calls that *records* do not match."""
    index = Index(records, region)
    wanted = [(command, settings) for command, settings, call in callers if _unmatched(command, settings, call, index)]
    numbers = dict.fromkeys(number for command, settings in wanted for number in numbers_of(command, settings, region))
    if not numbers:
        return []
    objects: list[str] = list(dict.fromkeys(name for _, settings in wanted for name in number_fields(settings)))
    fields = {name: fields_to_read(name, wanted, facts) for name in objects if name in facts.objects}
    found = salesforce.search([word for number in numbers for word in _words(number)], fields)
    return [record for rows in found.rows for record in rows]


def _unmatched(command: Command, settings: Integration, call: Call, index: Index) -> bool:
    if not is_call(command, settings) or call.direction == "internal":
        return False
    match = match_call(command, settings, index)
    return not (match.leads or match.contacts or match.accounts)


def _words(number: str) -> tuple[str, str]:
    """Return the digits by which the index knows a number: with its country, and as written inside it."""
    national = phonenumbers.format_number(phonenumbers.parse(number, None), PhoneNumberFormat.NATIONAL)
    return number, national
