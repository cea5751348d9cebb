"""Each row of the table "Who is meant": the keys found nobody, and the event is compared with the own records."""

import pytest

from tests.unit.deciding.rules.cases_own import OWN, Own

CASES = {case.name.partition(": ")[2]: case for case in OWN}
OWN_RECORD, ANEW, SEVERAL, GONE = "own", "anew", "several", "gone"

TABLE = [
    ("nothing is said of the person", "nothing is said of the person", OWN_RECORD),
    ("nothing differs", "what is absent is not different", OWN_RECORD),
    (
        "shares the e-mail",
        "an e-mail that an earlier event said finds its record, though it was corrected since",
        OWN_RECORD,
    ),
    ("shares the phone", "a telephone number in another form finds it too", OWN_RECORD),
    (
        "other e-mail and phone, the same full name",
        "another e-mail and number with the same full name correct the record",
        OWN_RECORD,
    ),
    ("every key and the name differ", "every key and the name differ, so it is somebody else", ANEW),
    ("no name and every key differs", "there is no name and every key differs", ANEW),
    ("several: attendee", "of several own records the attendee before all", OWN_RECORD),
    ("several: SalesforceID", "of several own records the SalesforceID before the e-mail", OWN_RECORD),
    ("several: e-mail", "of several own records the e-mail before number and name", OWN_RECORD),
    ("several: phone", "of several own records the number before the name", OWN_RECORD),
    ("several: name", "of several own records the name before nothing", OWN_RECORD),
    ("several: a tie", "several own records of which none agrees more are several matches", SEVERAL),
    ("the own record was deleted", "the own record was deleted", GONE),
    (
        "keys find another record than the own one",
        "keys that find another record win, and the outcome names both",
        "keys",
    ),
    ("attendee_id decides first", "the attendee decides first, whatever differs", OWN_RECORD),
    ("several attendees: a name alone", "without IDs, a name alone asks who is meant", SEVERAL),
    ("several attendees: a shared number alone", "without IDs, a shared number alone", SEVERAL),
]


def _means(case: Own) -> str:
    """Return whom a case says that the event means."""
    said = case.then
    if said[0] == "error multiple_match":
        return SEVERAL
    if said[0] == "error record_deleted":
        return GONE
    if any(line.startswith("passed ") for line in said):
        return "keys"
    return ANEW if said[0].startswith("created") else OWN_RECORD


@pytest.mark.parametrize(("row", "case", "meant"), TABLE, ids=[row for row, _, _ in TABLE])
def test_each_row_is_decided_as_the_table_says(row: str, case: str, meant: str) -> None:
    """The case of a row means whom the row says, and is decided so."""
    assert _means(CASES[case]) == meant, row
    assert CASES[case].run() == CASES[case].then
