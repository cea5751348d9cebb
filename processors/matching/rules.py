"""
Rules of *match* as tables: whether the SalesforceID decides, and whom a converted lead stands for.

Rule of this file: rows alone; each has the ID of its rule and a test that goes red when it is changed.
"""

from processors.model.rule_table import Book, Row, Table

CONVERTED = Table(
    "converted",
    (("follow", "ignore", "error"),),
    ("contact", "drop", "lead"),
    (
        Row("VS-7", ("follow",), "contact"),
        Row("VS-7", ("ignore",), "drop"),
        Row("VS-7", ("error",), "lead"),
    ),
)

SALESFORCE_ID = Table(
    "salesforce_id",
    (("on", "off"), ("found", "not_found")),
    ("use", "note_and_use_keys", "use_keys"),
    (
        Row("VS-8", ("on", "found"), "use"),
        Row("VS-8", ("on", "not_found"), "note_and_use_keys"),
        Row("VS-8", ("off", "found"), "use_keys"),
        Row("VS-8", ("off", "not_found"), "use_keys"),
    ),
)

TABLES = (CONVERTED, SALESFORCE_ID)
BOOK = Book.of(TABLES)
