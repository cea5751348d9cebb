"""
What the command of a step of a telephone call carries: the step.

In: the command so far and a `PbxCallEvent`.  Out: the command of kind `step`.
Rule of this file: what a whole call maps to is known once its steps are one: the executor maps it.
"""

from dataclasses import replace

from processors.integration.model import Integration
from processors.sources.source import CommandMapping
from schemas.command import Command
from schemas.pbx_call_event import PbxCallEvent


def _complete(made: Command, event: PbxCallEvent, _settings: Integration) -> Command:
    return replace(made, kind="step", step=event.call_step, keys=(), unmapped=())


MAPPING = CommandMapping(objects=("account", "opportunity"), complete=_complete)
