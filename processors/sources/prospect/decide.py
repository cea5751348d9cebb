"""
What a prospect's state does to Salesforce: it is applied, or kept until a user links it or asks for it.

In: a case of the contract `Prospect`.  Out: a `Decision` (LL-6 to LL-15, LL-22, LL-26).
Rule of this file: pure; whether it is applied is read from the table `prospect`, how from the integration's action.
"""

from dataclasses import replace

from processors.deciding.case import Case
from processors.deciding.part import Part
from processors.deciding.source_end import ended, is_ended
from processors.deciding.source_record import applied, deleted, prospect_state_of, situation
from processors.integration.model import Integration
from processors.model.decision import Decision
from processors.sources.prospect.settings import ProspectIntegration
from schemas.outcome import Reason


def decide_prospect(case: Case, *, requested: bool = False) -> Decision:
    """
    Return what a prospect's state does: applied, kept until a user links or asks for it, or its record is gone.

    One that is no more at the source gives up its link.

    *requested*: a user asks for it (LL-22).
    """
    if is_ended(case):
        return replace(ended(case), source_states=prospect_state_of(case.command))
    wanted = requested or _sends_all(case.settings)
    row = case.book.row("prospect", situation(case), "wanted" if wanted else "not_wanted")
    if row.then == "apply":
        decision = applied(case, str(case.settings.action_name), (row.rule,))
    elif row.then == "deleted":
        decision = deleted(case, row.rule)
    else:
        decision = _waiting(case, row.then, row.rule)
    if case.command.request is not None:
        return decision
    return replace(decision, source_states={**decision.source_states, **prospect_state_of(case.command)})


def _sends_all(settings: Integration) -> bool:
    """Whether prospects go without a request. A user may also link a record of an integration of another source."""
    return not isinstance(settings, ProspectIntegration) or settings.prospects.sync == "all"


def _waiting(case: Case, verb: str, rule: str) -> Decision:
    reason: Reason = "anonymous" if verb == "keep" else "not_requested"
    detail = {
        "anonymous": "the prospect has no key to match by: what is known of it is kept until a user links it (LL-15)",
        "not_requested": "prospects go to Salesforce when a user asks for them: it is kept until then (LL-22)",
    }[reason]
    return case.decided("skipped", (rule,), (Part(detail=detail),), reason)
