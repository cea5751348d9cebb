"""
References by an external ID: `Account.Number__c` names a parent by the value of one of its fields.

In: what describe says of objects, a name from a map.  Out: the reference field, the parent object and its key field.
Rule of this file: pure; the part before the dot is the relationship, or the object where one reference alone takes it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from processors.model.normalise import NUMBERS, record_id
from processors.model.org_facts import FieldFacts, ObjectFacts, OrgFacts
from schemas.values import Scalar

ParentIds = Mapping[tuple[str, str], Mapping[str, tuple[str, ...]]]
"""The IDs of the records that have a value: by (object, key field), then by the value in the form of `parent_key`."""

BY_ID = "Id"
"""The key of a parent that a reference names by its record ID."""
_NO_PARENTS = frozenset({"OwnerId", "RecordTypeId"})
"""References that are read in their own ways."""
_BY_PREFIX = {"001": "Account", "003": "Contact", "00Q": "Lead", "006": "Opportunity", "500": "Case", "701": "Campaign"}


@dataclass(frozen=True, slots=True)
class ParentPath:
    """`field` is the reference to write, `parent` the object that it refers to, `key` the field that names a record."""

    field: str
    parent: str
    key: str


def is_path(name: str) -> bool:
    """Return whether a mapped name is a reference by an external ID."""
    return "." in name


def parent_path(known: ObjectFacts, name: str) -> ParentPath:
    """Return what `name` means on an object. Raises ValueError with `<what is wrong>; <what to do>`."""
    head, _, key = name.partition(".")
    writable = [field for field in known.fields.values() if field.references and (field.createable or field.updateable)]
    named = [field for field in writable if field.relationship == head]
    fields = named or [field for field in writable if head in field.references]
    if not head or not key or is_path(key):
        raise ValueError("is no reference; write it as Account.Number__c")
    if not fields:
        raise ValueError(f"no reference of {known.name} that can be written is called {head} or takes it; mend the map")
    if len(fields) > 1:
        names = ", ".join(field.relationship or field.name for field in fields)
        raise ValueError(f"several references of {known.name} take {head}; name one of {names}")
    return ParentPath(fields[0].name, _parent(fields[0], head, key), key)


def _parent(field: FieldFacts, head: str, key: str) -> str:
    if field.relationship != head:
        return head
    if len(field.references) > 1:
        shown = ", ".join(f"{reference}.{key}" for reference in field.references[:3])
        raise ValueError(f"{head} may be one of several objects; name the object, for instance {shown}")
    return field.references[0]


def known_path(known: ObjectFacts | None, name: str) -> ParentPath | None:
    """Return what a mapped name refers to; None where it is a field's own name, or the object has no such reference."""
    if known is None or not is_path(name):
        return None
    try:
        return parent_path(known, name)
    except ValueError:
        return None


def written_field(known: ObjectFacts | None, name: str) -> str:
    """Return the field that a mapped name writes: the reference of `Account.Number__c`, else the name itself."""
    path = known_path(known, name)
    return name if path is None else path.field


def likely_field(name: str) -> str:
    """Return the field that a mapped name writes by Salesforce's rule of names, where describe is not at hand."""
    head, dot, _ = name.partition(".")
    if not dot:
        return name
    return f"{head[:-1]}c" if head.endswith("__r") else f"{head}Id"


def key_faults(path: ParentPath, facts: OrgFacts) -> str | None:
    """Return why no record can be named by `path.key`, or None; *facts* hold the parent where it may be seen."""
    fact = facts.field(path.parent, path.key)
    if fact is None:
        return f"{path.parent}.{path.key} does not exist or is hidden from the integration user; mend map or rights"
    if not (fact.external_id or fact.lookup):
        return f"{path.parent}.{path.key} is no External ID; mark it as one in Setup, or map another field"
    return None


def parent_key(fact: FieldFacts | None, value: Scalar) -> str:
    """Return a value of a key field as values of it are compared: numbers by their size, texts without case."""
    text = str(value).strip()
    if fact is not None and fact.type in NUMBERS:
        try:
            return str(Decimal(text).normalize())
        except InvalidOperation:
            return text
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if whole and isinstance(value, float) else text.casefold()


def named_by_id(known: ObjectFacts | None, name: str, value: Scalar) -> ParentPath | None:
    """
    Return what a mapped reference means whose value is a record ID; None for other values, owners and record types.

    The parent is the object of the ID's prefix, also where the reference does not take it; an ID of an unknown prefix
    is of the one object that the reference takes, or of none that is known.
    """
    fact = known.fields.get(name) if known else None
    sent = record_id(str(value)) if isinstance(value, str) else None
    if fact is None or not fact.references or sent is None or name in _NO_PARENTS:
        return None
    alone = fact.references[0] if len(fact.references) == 1 else None
    parent = _BY_PREFIX.get(sent[:3]) or alone
    return ParentPath(name, parent, BY_ID) if parent else None


def takes(known: ObjectFacts, path: ParentPath) -> bool:
    """Return whether the reference of *path* may be of its parent object."""
    return path.parent in known.fields[path.field].references


def parents_named(objects: Mapping[str, ObjectFacts], names: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return the objects that mapped *names* (object, name) refer to by an external ID, each once."""
    paths = (known_path(objects.get(name), field) for name, field in names)
    return tuple(dict.fromkeys(path.parent for path in paths if path is not None))
