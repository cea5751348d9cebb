"""
Noun: scripted refusals of single records.

In: a fault, an object, the record's place among how many. Out: the refusal, or none.
Rule of this file: words as real orgs write them; which records are struck is decided by object, share and size alone.
"""

from simulator.errors import ApiError
from simulator.faults import Fault

_ID = "Error ID: 1234567890-12345 (-1234567890)"
_TRIGGER = "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
_LIMIT = "{0}Trigger: System.LimitException: "
ERRORS: dict[str, tuple[str, str]] = {
    "apex_lock": (
        _TRIGGER,
        (
            "{0}Trigger: execution of BeforeInsert\n\ncaused by: System.DmlException: Update failed. "
            "First exception on row 0 with id 001000000000001AAA; first error: UNABLE_TO_LOCK_ROW, "
            "unable to obtain exclusive access to this record: []\n\nTrigger.{0}Trigger: line 12, column 1"
        ),
    ),
    "flow_lock": (
        "CANNOT_EXECUTE_FLOW_TRIGGER",
        "We can't save this record because the “{0} update” process failed. Give your Salesforce admin these details. "
        "This error occurred when the flow tried to update records: UNABLE_TO_LOCK_ROW: unable to obtain exclusive "
        "access to this record. You can look up ExceptionCode values in the SOAP API Developer Guide. " + _ID,
    ),
    "apex": (
        _TRIGGER,
        (
            "{0}Trigger: execution of BeforeInsert\n\ncaused by: System.NullPointerException: "
            "Attempt to de-reference a null object\n\nTrigger.{0}Trigger: line 3, column 1"
        ),
    ),
    "soql_limit": (_TRIGGER, _LIMIT + "Too many SOQL queries: 101"),
    "dml_limit": (_TRIGGER, _LIMIT + "Too many DML statements: 151"),
    "cpu": (_TRIGGER, _LIMIT + "Apex CPU time limit exceeded"),
    "unknown": (
        "UNKNOWN_EXCEPTION",
        "An unexpected error occurred. Please include this ErrorId if you contact support: " + _ID,
    ),
    "storage": ("STORAGE_LIMIT_EXCEEDED", "storage limit exceeded"),
    "duplicate": ("DUPLICATES_DETECTED", "Use one of these records?"),
}
"""Error name → code and message; `{0}` is the object."""


def check(fault: Fault) -> None:
    """Raise ValueError where the parameters of a fault of rows are wrong."""
    name = fault.params.get("error")
    if name not in ERRORS and "code" not in fault.params:
        raise ValueError(f"error {name!r}: one of {', '.join(ERRORS)}, or give 'code' and 'message'")


def refuse(fault: Fault | None, sobject: str, number: int, count: int, *, creating: bool) -> None:
    """
    Raise the refusal of the record that is *number* (from 0) of *count* in its collection, where it is struck.

    `object` names the object (none: any), `share` how many of the records (1: all), `over` strikes only collections of
    more records than that. Full storage stops new records alone.
    """
    if fault is None or fault.action != "rows" or str(fault.params.get("object", sobject)) != sobject:
        return
    share, over = fault.number("share", 1.0), fault.number("over", 0)
    if count <= over or int((number + 1) * share) == int(number * share):
        return
    error = fault.params.get("error")
    if error == "storage" and not creating:
        return
    code, text = ERRORS.get(str(error), (str(fault.params.get("code")), str(fault.params.get("message", ""))))
    raise ApiError(code, text.format(sobject) if error in ERRORS else text)
