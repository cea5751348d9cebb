"""
Rules for prospects.

In: a situation.  Out: the row that decides it.
Rule of this file: data alone; each row names its rule (LL, the marketing document), and the table is total. The
document is a torn comparison of two versions, and what it has is taken as the whole (LL-30).
"""

from processors.deciding.source_record_rules import LINK
from processors.model.rule_table import Row, Table

PROSPECT = Table(
    "prospect",
    (LINK, ("wanted", "not_wanted")),
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

TABLES = (PROSPECT,)
