"""
Noun: conditions of the org file: validation rules and assignment rules.

In: a condition and a row. Out: whether it holds.
Rule of this file: a small safe form, no expression language:
`{field, op, value}`, `{all: […]}`, `{any: […]}`, `{not: …}`.
"""

import re
from collections.abc import Mapping
from typing import Any

from simulator.call import Call
from simulator.errors import ApiError
from simulator.rules import formula


def holds(condition: Mapping[str, Any], row: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> bool:
    """Whether *condition* holds of *row*. Raises ValueError for an unknown form."""
    if "all" in condition:
        return all(holds(item, row, before) for item in condition["all"])
    if "any" in condition:
        return any(holds(item, row, before) for item in condition["any"])
    if "not" in condition:
        return not holds(condition["not"], row, before)
    name, op, wanted = str(condition["field"]), str(condition.get("op", "=")), condition.get("value")
    value = row.get(name)
    if op == "changed":
        return before is not None and before.get(name) != value
    return _compare(op, value, wanted)


def _compare(op: str, value: Any, wanted: Any) -> bool:
    if op == "blank":
        return value in (None, "")
    if op == "=":
        return bool(_plain(value) == _plain(wanted))
    if op == "!=":
        return bool(_plain(value) != _plain(wanted))
    if op == "in":
        return _plain(value) in [_plain(item) for item in wanted]
    if op == "regex":
        return value is not None and re.fullmatch(str(wanted), str(value)) is not None
    if value is None:
        return False
    if op in ("<", ">"):
        return bool(value < wanted) if op == "<" else bool(value > wanted)
    raise ValueError(f"condition op {op!r}: one of = != < > in regex blank changed")


def _plain(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def validate(call: Call, sobject: str, row: Mapping[str, Any], before: Mapping[str, Any] | None) -> None:
    """Refuse the row where the error condition of a rule `{object, when or formula, message, field}` holds."""
    for rule in call.org.file.validation_rules:
        if rule.get("object") != sobject:
            continue
        if "formula" in rule:
            wrong = formula.value(str(rule["formula"]), row, before, call.org.now().date())
        else:
            wrong = holds(rule["when"], row, before)
        if wrong:
            fields = [str(rule["field"])] if rule.get("field") else []
            raise ApiError("FIELD_CUSTOM_VALIDATION_EXCEPTION", str(rule["message"]), fields=fields)


def assign(call: Call, sobject: str, row: dict[str, Any]) -> None:
    """Give the row to the owner (queue or username) of the first rule `{object, when, owner}` that holds."""
    if not call.assigns:
        return
    for rule in call.org.file.assignment_rules:
        if rule.get("object") != sobject or not holds(rule.get("when", {"all": []}), row):
            continue
        owner = str(rule["owner"])
        found = call.org.store.find("Group", "Name", owner) or call.org.store.find("User", "Username", owner)
        if found:
            row["OwnerId"] = found[0]["Id"]
        return
