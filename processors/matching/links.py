"""
The persistent link between the source's own record and the org's: prospect or field record, and lead or contact.

In: a command, a match, a decision.  Out: the link's name; the match that a link leaves; the decision that keeps it.
Rule of this file: pure; a link beats every key, and it is forgotten only where its record is gone (LL-7, LL-26, SP-4).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from processors.integration.model import Integration
from processors.matching.index import Index
from processors.matching.manual_choice import selected_record
from processors.matching.rules import BOOK
from processors.model.decision import Decision, Link
from processors.model.match import Match
from processors.model.record import Role
from processors.model.rule_table import Book
from schemas.command import Command

KIND = "record"
_LONGEST = 200
_PEOPLE = ("Lead", "Contact")


def name_of(command: Command) -> str | None:
    """Return under which source ID the ledger keeps the link of the command's record; None where it has none."""
    return record_name(command.integration, command.record.id) if command.record and command.record.id else None


def record_name(integration: str, record_id: str) -> str:
    """Return under which source ID the ledger keeps the link of a record of the source; a long one as its digest."""
    name = f"{integration}/{record_id}"
    return name if len(name) <= _LONGEST else f"{integration}/{hashlib.sha256(name.encode()).hexdigest()}"


def winner_of(command: Command) -> str | None:
    """Return under which source ID the ledger keeps the link of the record that the command's one was merged into."""
    into = command.record.merged_into if command.record else None
    return record_name(command.integration, into) if into else None


def apply_link(match: Match, linked_id: str | None, settings: Integration, index: Index, book: Book = BOOK) -> Match:
    """Return *match* as the link leaves it: its record alone, or nobody where that is gone; what a user chose stays."""
    if linked_id is None:
        return match
    match = replace(match, linked_id=linked_id)
    if match.step == "chosen":
        return match
    found = selected_record(match, linked_id, settings, index, book)
    if found is None:
        return replace(match, leads=(), contacts=(), followed=None, also=(), step="none")
    return replace(found, step="link")


def with_taken(match: Match, command: Command, linked: Mapping[str, Sequence[str]]) -> Match:
    """
    Return *match* with the other record of the same integration that its people are linked with, by record ID.

    Args:
        linked: The names of links by record ID.
    """
    own = name_of(command)
    if own is None or not linked:
        return match
    scope = own.partition("/")[0] + "/"
    others = {
        record_id: next((name for name in names if name != own and name.startswith(scope)), None)
        for record_id in match.record_ids
        if (names := linked.get(record_id))
    }
    taken = {record_id: name.removeprefix(scope) for record_id, name in others.items() if name}
    return replace(match, taken=taken) if taken else match


def keep_link(command: Command, match: Match, decision: Decision) -> Decision:
    """Return *decision* with the link to the person's record that it ends on, where that is another one than so far."""
    name = name_of(command)
    if name is None or decision.kind == "error":
        return decision
    link = _link(name, decision)
    if link is None or (link.record_id is not None and link.record_id == match.linked_id):
        return decision
    return replace(decision, links=(*decision.links, link))


def _link(name: str, decision: Decision) -> Link | None:
    for step in reversed(decision.steps):
        if step.operation == "convert":
            return Link(KIND, name, role="contact")
        if step.object in _PEOPLE:
            role: Role = "contact" if step.target == "convert" else step.role
            return Link(KIND, name, step.record_id, None if step.record_id else role)
    known = [record for record in decision.linked if record.object in _PEOPLE]
    return Link(KIND, name, known[-1].id) if known else None
