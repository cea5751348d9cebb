"""
What a call result does to Salesforce: what the integration's action says, and one Task where it logs activities.

In: a case of the contract `CallResult`.  Out: a `Decision` (VS-6 to VS-32).
Rule of this file: pure; the four actions decide (`processors/deciding/actions.py`).
"""

from processors.deciding.actions import by_action
from processors.deciding.case import Case
from processors.model.decision import Decision
from processors.sources.call_result.activity import with_activity


def decide_call_result(case: Case) -> Decision:
    """Return what a call result does."""
    return with_activity(case, by_action(case, str(case.settings.action_name)))
