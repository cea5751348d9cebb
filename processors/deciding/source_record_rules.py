"""
The situations of a record of the source: whether it is linked with a record of the org, and has a key to match by.

Rule of this file: data alone; the tables that use it are in the folders of prospects and of field sales.
"""

from processors.model.rule_table import Row, Table

LINK = ("linked", "gone", "unlinked", "anonymous")
"""
The record that the source's own is linked with is there, or is deleted; there is none yet, and the person has a key or
has none.
"""

LINK_TAKEN = Table(
    "link_taken",
    (("free", "taken"), ("error", "share")),
    ("link", "refuse"),
    (
        Row("1F-link_taken", ("free", "error"), "link"),
        Row("1F-link_taken", ("free", "share"), "link"),
        Row("1F-link_taken", ("taken", "error"), "refuse"),
        Row("1F-link_taken", ("taken", "share"), "link"),
    ),
)
"""Whether a record of the source may be linked with a record that another one of its integration is linked with."""

SOURCE_END = Table(
    "source_end",
    (("linked", "unlinked"), ("nowhere", "free", "taken")),
    ("close", "move", "nothing"),
    (
        Row("1F-source_deleted", ("linked", "nowhere"), "close"),
        Row("1F-source_merged", ("linked", "free"), "move"),
        Row("1F-source_merged", ("linked", "taken"), "close"),
        Row("1F-source_deleted", ("unlinked", "nowhere"), "nothing"),
        Row("1F-source_merged", ("unlinked", "free"), "nothing"),
        Row("1F-source_merged", ("unlinked", "taken"), "nothing"),
    ),
)
"""
What becomes of the link of a record that is no more at the source: it was merged into one that has no link (`free`) or
has one (`taken`), or there is nowhere that the link could go.
"""

TABLES = (LINK_TAKEN, SOURCE_END)
