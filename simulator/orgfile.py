"""
Noun: the org file, which says what an org has beyond the stock.

In: YAML or JSON. Out: `OrgFile`.
Rule of this file: an unknown key is an error; every key is documented in docs/simulator.md.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import yaml

from simulator.rules import formula

KEY_FIELD = {"name": "Signalbox_Key__c", "type": "string", "length": 64, "external_id": True, "unique": True}
_KEYED = ("Lead", "Contact", "Account", "Opportunity", "Activity")


_ACCOUNT_TYPES = (
    {"name": "Business_Account", "label": "Business Account", "default": True},
    {"name": "PersonAccount", "label": "Person Account", "person": True},
)


def _default_fields() -> dict[str, list[dict[str, Any]]]:
    return {name: [dict(KEY_FIELD)] for name in _KEYED}


@dataclass(frozen=True, slots=True)
class OrgFile:
    """One org. Times are seconds, rates are calls; `users`, `validation_rules` … are lists of mappings."""

    name: str = "default"
    port: int = 0
    client_id: str = "signalbox"
    client_secret: str = "simulated-secret"  # noqa: S105  # the published credential of a simulated org
    public_key: str = ""
    username: str = "integration@example.com"
    password: str = "simulated-password"  # noqa: S105  # as above
    soap_login: bool = False
    password_flow: bool = False
    session_seconds: float = 7200.0
    daily_limit: int = 100_000
    concurrent_limit: int = 25
    concurrent_after: float = 20.0
    count_limits: bool = True
    count_not_modified: bool = True
    search_lag: float = 0.0
    pace: Any = "instant"
    effects_at_end: bool = True
    fields: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=_default_fields)
    objects: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    users: Sequence[Mapping[str, Any]] = ()
    queues: Sequence[str] = ("Leads",)
    validation_rules: Sequence[Mapping[str, Any]] = ()
    duplicate_rules: Sequence[Mapping[str, Any]] = ()
    assignment_rules: Sequence[Mapping[str, Any]] = ()
    record_types: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    person_accounts: bool = False
    currencies: Sequence[str] = ()
    countries: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    approval_locks: Sequence[Mapping[str, Any]] = ()
    inactive_owners: str = "keep"
    records: Sequence[Mapping[str, Any]] = ()

    def __post_init__(self) -> None:
        """Give an org with person accounts the record types that it has from the day they are switched on."""
        if self.person_accounts and "Account" not in self.record_types:
            object.__setattr__(self, "record_types", {**self.record_types, "Account": _ACCOUNT_TYPES})


def parse(value: Any) -> OrgFile:
    """Return the org that *value* describes; raises ValueError that names the key."""
    if not isinstance(value, Mapping):
        raise ValueError("an org file is a mapping of keys: see docs/simulator.md")
    known = {item.name for item in fields(OrgFile)}
    unknown = sorted(str(key) for key in value if key not in known)
    if unknown:
        raise ValueError(f"unknown key in the org file: {', '.join(unknown)}; known are {', '.join(sorted(known))}")
    found = OrgFile(**value)
    for rule in found.validation_rules:
        if "formula" in rule:
            formula.parse(str(rule["formula"]))
    if found.inactive_owners not in ("keep", "refuse"):
        raise ValueError(f"inactive_owners {found.inactive_owners!r}: keep or refuse")
    return found


def load(path: Path) -> OrgFile:
    """Return the org of a YAML or JSON file; raises ValueError that names the file."""
    try:
        text = path.read_text(encoding="utf-8")
        # YAML reads JSON too, but takes minutes for an org of 100,000 records.
        value = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text) or {}
        return parse(value)
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error
