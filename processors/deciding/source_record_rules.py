"""
Rules for the source's own records: prospects, and leads or accounts of a field sales application.

In: a situation.  Out: the row that decides it.
Rule of this file: data alone; each row names its rule (LL, the marketing document; SP, the field sales document), and
the tables are total. The marketing document is a torn comparison of two versions, and what it has is taken as the whole
(LL-30).
"""

from processors.model.rule_table import Row, Table

_LINK = ("linked", "gone", "unlinked", "anonymous")
"""
The record that the source's own is linked with is there, or is deleted; there is none yet, and the person has a key or
has none.
"""

PROSPECT = Table(
    "prospect",
    (_LINK, ("wanted", "not_wanted")),
    ("apply", "deleted", "keep", "not_requested"),
    (
        Row("LL-7", ("linked", "wanted"), "apply"),
        Row("LL-7", ("linked", "not_wanted"), "apply"),
        Row("LL-26", ("gone", "wanted"), "deleted"),
        Row("LL-26", ("gone", "not_wanted"), "deleted"),
        Row("LL-6", ("unlinked", "wanted"), "apply"),
        Row("LL-22", ("unlinked", "not_wanted"), "not_requested"),
        Row("LL-15", ("anonymous", "wanted"), "keep"),
        Row("LL-15", ("anonymous", "not_wanted"), "keep"),
    ),
)
"""What becomes of a prospect: `keep` waits for a user who links it, `not_requested` for one who asks for it."""

FIELD_RECORD = Table(
    "field_record",
    (_LINK,),
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
    (("one", "none", "several"), ("fresh", "late")),
    ("log", "wait", "no_match", "refuse"),
    (
        Row("SP-6", ("one", "fresh"), "log"),
        Row("SP-6", ("one", "late"), "log"),
        Row("SP-6", ("none", "fresh"), "wait"),
        Row("SP-6", ("none", "late"), "no_match"),
        Row("SP-6", ("several", "fresh"), "refuse"),
        Row("SP-6", ("several", "late"), "refuse"),
    ),
)
"""An activity whose record is not there waits a while: both come on topics of their own, and may pass each other."""

TABLES = (PROSPECT, FIELD_RECORD, FIELD_ACTION, FIELD_OWNER, FIELD_ACTIVITY)
