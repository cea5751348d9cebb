"""
Facts: what must be known of an org before any command, such as its fields (SP-24) and which can be written (SP-22).

In: describe and the converted status.  Out: `OrgFacts`.
Rule of this file: describes are kept and asked for with If-Modified-Since; an object that the user may not see is
absent.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from connectors.salesforce.errors import Unusable
from connectors.salesforce.login import Identity
from processors.model.errors import OrgDown
from processors.model.org_facts import FieldFacts, ObjectFacts, OrgFacts
from processors.model.parents import parents_named

OBJECTS = ("Lead", "Contact", "Account", "Opportunity", "Task", "Event", "User")
_STATUS = "SELECT Id, MasterLabel FROM LeadStatus WHERE IsConverted = true"

Get = Callable[[str, Mapping[str, str]], tuple[Any, Mapping[str, str]]]
"""(path, headers) → (body, headers of the answer); the body is None under HTTP 304."""


class FactReader:
    """Reads an org's facts and remembers its describes. Thread-safe."""

    def __init__(self, get: Get, *, external_field: str) -> None:
        """*external_field* is looked for on each object."""
        self._get = get
        self._external_field = external_field
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[str, ObjectFacts]] = {}

    def read(
        self,
        org: str,
        identity: Callable[[], Identity],
        now: datetime,
        *,
        fresh: bool = False,
        mapped: Sequence[tuple[str, str]] = (),
    ) -> OrgFacts:
        """
        Return the facts as of *now*; *identity* is asked last, when a session is certain to be good.

        *mapped* are names that maps give values to, as (object, name): the objects that `Account.Number__c` refers to
        are described too. *fresh*: what was read before is not relied on, for a right that is taken away changes no
        describe's date.
        """
        with self._lock:
            if fresh:
                self._kept.clear()
            objects = self._described(OBJECTS)
            objects |= self._described(dict.fromkeys(name for name, _ in mapped if name not in OBJECTS))
            objects |= self._described(name for name in parents_named(objects, mapped) if name not in objects)
            status = self._converted_status()
        who = identity()
        return OrgFacts(
            org=org,
            organization_id=who.organization_id,
            user_id=who.user_id,
            objects=objects,
            external_field={name: self._external_field for name, sobject in objects.items() if self._is_key(sobject)},
            converted_status=status,
            read_at=now,
        )

    def _described(self, names: Iterable[str]) -> dict[str, ObjectFacts]:
        return {name: facts for name in names if (facts := self._describe(name)) is not None}

    def describe(self, name: str, *, fresh: bool = False) -> ObjectFacts | None:
        """Return what describe says of one object (*fresh*: read anew), or None where the user may not see it."""
        with self._lock:
            if fresh:
                self._kept.pop(name, None)
            return self._describe(name)

    def _is_key(self, facts: ObjectFacts) -> bool:
        field = facts.fields.get(self._external_field)
        return field is not None and field.external_id and field.unique and field.createable

    def _describe(self, name: str) -> ObjectFacts | None:
        kept = self._kept.get(name)
        try:
            body, headers = self._get(
                f"sobjects/{name}/describe", {"If-Modified-Since": kept[0]} if kept and kept[0] else {}
            )
        except OrgDown as error:
            if error.code != "NOT_FOUND":
                raise
            self._kept.pop(name, None)
            return None
        if body is None:
            if kept is None:
                raise Unusable(f"describe of {name} answered nothing")
            return kept[1]
        facts = object_facts(name, body)
        self._kept[name] = (headers.get("Last-Modified", ""), facts)
        return facts

    def _converted_status(self) -> str:
        body, _ = self._get("query?q=" + quote(_STATUS, safe=""), {})
        try:
            labels = [row["MasterLabel"] for row in body["records"]]
        except (KeyError, TypeError) as error:
            raise Unusable("the query of LeadStatus has no records") from error
        return str(labels[0]) if labels else ""


def object_facts(name: str, body: Any) -> ObjectFacts:
    """Return what a describe says. Raises `Unusable` where it is none."""
    try:
        types = {
            item["developerName"]: item["recordTypeId"] for item in body.get("recordTypeInfos") or () if _usable(item)
        }
        fields = {item["name"]: _field(item) for item in body["fields"]}
        create, update = (body.get(right, True) is True for right in ("createable", "updateable"))
        return ObjectFacts(name, fields, types, createable=create, updateable=update)
    except (KeyError, TypeError, ValueError) as error:
        raise Unusable(f"describe of {name} has not the shape of a describe") from error


def _usable(row: Mapping[str, Any]) -> bool:
    """Return whether the user may give records this record type: the master is that of records without one."""
    return bool(row.get("active", True) and row.get("available", True) and not row.get("master"))


def _field(row: Mapping[str, Any]) -> FieldFacts:
    return FieldFacts(
        name=row["name"],
        type=row["type"],
        length=int(row.get("length") or 0),
        createable=bool(row["createable"]),
        updateable=bool(row["updateable"]),
        nillable=bool(row["nillable"]),
        defaulted=bool(row["defaultedOnCreate"]),
        unique=bool(row.get("unique")),
        external_id=bool(row.get("externalId")),
        restricted=bool(row.get("restrictedPicklist")),
        values=tuple(item["value"] for item in row.get("picklistValues") or () if item.get("active", True)),
        precision=int(row.get("precision") or 0),
        scale=int(row.get("scale") or 0),
        references=tuple(row.get("referenceTo") or ()),
        relationship=row.get("relationshipName") or "",
        lookup=bool(row.get("idLookup")),
    )
