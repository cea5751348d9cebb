"""
What only the command of a call result carries.

In: the command so far, a `CallResult`, settings.  Out: the command with its SalesforceID and the call's times.
Rule of this file: the SalesforceID is left out where the settings do not match by it (VS-7).
"""

from dataclasses import replace

from processors.integration.model import Integration
from processors.sources.source import CommandMapping
from schemas.call_result import CallResult
from schemas.command import Command


def _complete(made: Command, event: CallResult, settings: Integration) -> Command:
    named = (event.salesforce_id or "").strip() if settings.match.salesforce_id else ""
    return replace(made, salesforce_id=named or None, started=event.started, ended=event.ended)


MAPPING = CommandMapping(complete=_complete)
