"""
A record was deleted or merged in Salesforce: the link with the source's own record is dropped (LL-26, LL-27).

In: a case of the contract `Change`, which the poller of changes sends.  Out: a `Decision`.
Rule of this file: pure; nothing is written to the org, and a link that says something else by now is left alone.
"""

from dataclasses import replace

from processors.deciding.case import Case
from processors.deciding.part import Part
from processors.matching import links
from processors.model.decision import Decision, Link


def decide_gone(case: Case) -> Decision:
    """Return the end of the link, where it still names the record and the record is still gone."""
    name, record = links.name_of(case.command), case.command.salesforce_id
    if name is None or case.match.linked_id != record:
        detail = f"the link with record {record} is another one by now, or was dropped already"
        return case.decided("skipped", ("LL-27",), (Part(detail=detail),), "already_resolved")
    if case.match.step == "link":
        detail = f"record {record} is there again; its link stays"
        return case.decided("skipped", ("LL-27",), (Part(detail=detail),), "already_resolved")
    detail = f"record {record} was deleted or merged in Salesforce; the link with it is dropped (LL-27)"
    decision = case.decided("skipped", ("LL-27",), (Part(detail=detail),), "record_deleted")
    return replace(decision, unlinked=(Link(links.KIND, name),))
