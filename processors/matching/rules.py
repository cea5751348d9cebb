"""
Rules of *match* as tables: whether the SalesforceID decides, whom a converted lead
stands for, and whether an event means the record that an earlier one of its source entity wrote.

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

OWN_RECORD = Table(
    "own_record",
    (
        (
            "attendee_same",
            "attendee_other",
            "key_shared",
            "nothing_differs",
            "name_same",
            "all_differs",
            "gone",
            "one_alone",
            "nothing_agrees",
        ),
    ),
    ("own", "somebody_else", "deleted", "unclear"),
    (
        Row("OW-1", ("attendee_same",), "own"),
        Row("OW-2", ("attendee_other",), "somebody_else"),
        Row("OW-3", ("key_shared",), "own"),
        Row("OW-4", ("nothing_differs",), "own"),
        Row("OW-5", ("name_same",), "own"),
        Row("OW-6", ("all_differs",), "somebody_else"),
        Row("OW-7", ("gone",), "deleted"),
        Row("OW-9", ("one_alone",), "unclear"),
        Row("OW-10", ("nothing_agrees",), "somebody_else"),
    ),
)
"""
Asked where the keys find nobody. `gone`: the record that this person had is deleted, or hidden from us. `one_alone`
and `nothing_agrees` are found among several attendees of a booking: a name or a number is all that agrees; something is
said of the person, and none of it agrees.
"""

ATTENDEE_KEY = Table(
    "attendee_key",
    (("own", "no_own"), ("email", "other_key"), ("name_other", "name_not_other")),
    ("keep", "drop"),
    (
        Row("OW-8", ("own", "email", "name_other"), "drop"),
        Row("OW-8", ("own", "email", "name_not_other"), "drop"),
        Row("OW-8", ("own", "other_key", "name_other"), "drop"),
        Row("OW-8", ("own", "other_key", "name_not_other"), "drop"),
        Row("OW-8", ("no_own", "email", "name_other"), "drop"),
        Row("OW-8", ("no_own", "email", "name_not_other"), "keep"),
        Row("OW-8", ("no_own", "other_key", "name_other"), "drop"),
        Row("OW-8", ("no_own", "other_key", "name_not_other"), "drop"),
    ),
)
"""
A record that the keys find and that was written for another attendee of the same booking. `own`: the attendee has one
of their own. A shared number, or another key without an e-mail, says nothing among attendees.
"""

TABLES = (CONVERTED, SALESFORCE_ID, OWN_RECORD, ATTENDEE_KEY)
BOOK = Book.of(TABLES)
