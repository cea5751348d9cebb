"""
Every rule table in one book.

Rule of this file: the tables that several sources share are named here; a source's own are in its row of the registry.
The negation test asks for a test of each row of each table.
"""

from processors.deciding import action_rules, event_order_rules, field_rules, shared_activity_rules, source_record_rules
from processors.matching import rules as matching_rules
from processors.model.rule_table import Book
from processors.sources.registry import ROWS

BOOK = Book.of(
    (
        *matching_rules.TABLES,
        *action_rules.TABLES,
        *field_rules.TABLES,
        *shared_activity_rules.TABLES,
        *event_order_rules.TABLES,
        *source_record_rules.TABLES,
        *(table for row in ROWS for table in row.rules),
    )
)
