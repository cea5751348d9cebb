"""
The five processes by name, and the consumer group that each joins.

In: nothing.  Out: one table for whoever starts, counts or shows processes.
Rule of this file: no other file lists the processes of an installation.
"""

from collections.abc import Mapping
from types import MappingProxyType

from processors.audit import app as audit_app
from processors.changes import app as changes_app
from processors.notifier import app as notifier_app
from signalbox.settings import GROUP_EXECUTOR, GROUP_INTAKE

GROUPS: Mapping[str, str] = MappingProxyType(
    {
        "intake": GROUP_INTAKE,
        "executor": GROUP_EXECUTOR,
        "notifier": notifier_app.GROUP,
        "audit": audit_app.GROUP,
        "changes": changes_app.GROUP,
    }
)
