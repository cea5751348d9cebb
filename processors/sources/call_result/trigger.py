"""
Which integration a call result fires.

In: a `CallResult` and the integrations.  Out: one integration, or None.
Rule of this file: project and result code together fire one integration at most (VS-1 to VS-5).
"""

from processors.integration.catalog import Integrations
from processors.integration.model import Integration
from processors.sources.source import Trigger
from schemas.call_result import CallResult


def _fires(event: CallResult, integrations: Integrations) -> Integration | None:
    return integrations.find("call_result", event.project, event.result_code)


TRIGGER = Trigger(fires=_fires, rules=("VS-1",))
