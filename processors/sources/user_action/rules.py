"""
Rules for what users do by hand: which record is meant, and what is made of it.

In: a situation.  Out: the row that decides it.
Rule of this file: data alone; each row names its rule (XB, the PBX document; LL, the marketing document), and the
tables are total.
"""

from processors.model.rule_table import Row, Table

_ACTIONS = (
    "create_lead",
    "force_new",
    "wrong_match",
    "log_activity",
    "create_task",
    "choose_match",
    "link_record",
    "sync_record",
)
_SITUATIONS = ("none", "one", "several", "chosen", "gone")
"""How many records match; or the user named one, which is there (`chosen`) or not (`gone`)."""


def _rows(action: str, *decided: tuple[str, str]) -> tuple[Row, ...]:
    """Return the rows of one action: (rule, decision) for each situation, in their order."""
    return tuple(Row(rule, (action, found), then) for found, (rule, then) in zip(_SITUATIONS, decided, strict=True))


_NEW = "create_and_assign"

BY_HAND = Table(
    "by_hand",
    (_ACTIONS, _SITUATIONS),
    ("create", "create_and_assign", "assign", "leave", "log", "open", "link", "sync", "no_match", "park"),
    (
        *_rows(
            "create_lead",
            ("XB-1", "create"),
            ("XB-23", "leave"),
            ("XB-21", "park"),
            ("XB-23", "leave"),
            ("XB-1", "no_match"),
        ),
        *_rows("force_new", ("XB-24", _NEW), ("XB-24", _NEW), ("XB-25", _NEW), ("XB-24", _NEW), ("XB-24", _NEW)),
        *_rows(
            "wrong_match", ("XB-24", _NEW), ("XB-24", _NEW), ("XB-24", _NEW), ("XB-19", "assign"), ("XB-19", "no_match")
        ),
        *_rows(
            "log_activity",
            ("XB-2", "no_match"),
            ("XB-10", "log"),
            ("XB-21", "park"),
            ("XB-22", "log"),
            ("XB-2", "no_match"),
        ),
        *_rows(
            "create_task",
            ("XB-2", "no_match"),
            ("XB-10", "open"),
            ("XB-21", "park"),
            ("XB-22", "open"),
            ("XB-2", "no_match"),
        ),
        *_rows(
            "choose_match",
            ("XB-19", "no_match"),
            ("XB-19", "no_match"),
            ("XB-19", "no_match"),
            ("XB-19", "assign"),
            ("XB-19", "no_match"),
        ),
        *_rows(
            "link_record",
            ("LL-15", "no_match"),
            ("LL-15", "no_match"),
            ("LL-15", "no_match"),
            ("LL-15", "link"),
            ("LL-15", "no_match"),
        ),
        *_rows(
            "sync_record",
            ("LL-22", "sync"),
            ("LL-22", "sync"),
            ("LL-22", "sync"),
            ("LL-22", "no_match"),
            ("LL-22", "no_match"),
        ),
    ),
)

TABLES = (BY_HAND,)
