"""
Every rule table in one book.

Rule of this file: a new table is added here, and the negation test then asks for its tests.
"""

from processors.deciding import action_rules, event_order_rules, field_rules, shared_activity_rules, source_record_rules
from processors.matching import rules as matching_rules
from processors.model.rule_table import Book
from processors.sources.booking import rules as booking_rules
from processors.sources.pbx_call import rules as pbx_call_rules
from processors.sources.user_action import rules as user_action_rules

BOOK = Book.of(
    (
        *action_rules.TABLES,
        *matching_rules.TABLES,
        *field_rules.TABLES,
        *booking_rules.TABLES,
        *user_action_rules.TABLES,
        *shared_activity_rules.TABLES,
        *pbx_call_rules.TABLES,
        *source_record_rules.TABLES,
        *event_order_rules.TABLES,
    )
)
