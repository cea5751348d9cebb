"""
Rules for leads, accounts and activities of a field sales application.

In: a situation.  Out: the row that decides it.
Rule of this file: data alone; each row names its rule (SP, the field sales document), and the tables are total.
"""

from processors.deciding.source_record_rules import LINK
from processors.model.rule_table import Row, Table

FIELD_RECORD = Table(
    "field_record",
    (LINK,),
    ("apply", "deleted"),
    (
        Row("SP-4", ("linked",), "apply"),
        Row("LL-26", ("gone",), "deleted"),
        Row("SP-4", ("unlinked",), "apply"),
        Row("SP-4", ("anonymous",), "apply"),
    ),
)

FIELD_ACTION = Table(
    "field_action",
    (("lead", "account"), ("reached", "not_reached")),
    ("lead", "convert", "account"),
    (
        Row("SP-11", ("lead", "reached"), "convert"),
        Row("SP-9", ("lead", "not_reached"), "lead"),
        Row("SP-12", ("account", "reached"), "account"),
        Row("SP-12", ("account", "not_reached"), "account"),
    ),
)
"""What a field record becomes: by the object chosen, and by whether its stage converts it."""

FIELD_OWNER = Table(
    "field_owner",
    (("user", "unknown"), ("default", "no_default")),
    ("user", "default", "nobody"),
    (
        Row("SP-28", ("user", "default"), "user"),
        Row("SP-28", ("user", "no_default"), "user"),
        Row("SP-28", ("unknown", "default"), "default"),
        Row("SP-28", ("unknown", "no_default"), "nobody"),
    ),
)
"""Whose a new record is: the owner at the source if that is an active user, else the default user, else nobody's."""

FIELD_ACTIVITY = Table(
    "field_activity",
    (("one", "none", "several", "left_out"), ("fresh", "late")),
    ("log", "wait", "no_match", "refuse", "skip"),
    (
        Row("SP-6", ("one", "fresh"), "log"),
        Row("SP-6", ("one", "late"), "log"),
        Row("SP-6", ("none", "fresh"), "wait"),
        Row("SP-6", ("none", "late"), "no_match"),
        Row("SP-6", ("several", "fresh"), "refuse"),
        Row("SP-6", ("several", "late"), "refuse"),
        Row("SP-20", ("left_out", "fresh"), "skip"),
        Row("SP-20", ("left_out", "late"), "skip"),
    ),
)
"""
An activity whose record is not there waits a while: both come on topics of their own, and may pass each other. One
whose record was left out is left out too.
"""

TABLES = (FIELD_RECORD, FIELD_ACTION, FIELD_OWNER, FIELD_ACTIVITY)
