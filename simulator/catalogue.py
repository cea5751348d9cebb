"""
Noun: the objects and fields that an org has.

In: the stock (data/objects.yaml) and the org file. Out: `ObjectDef` by lower-cased name.
Rule of this file: what a field allows stands here once; describe, rules and SOQL all read it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Any

import yaml

from simulator import compounds, person_fields
from simulator.fielddef import AUDIT, FieldDef
from simulator.orgfile import OrgFile

SYSTEM = """
Id id 18 ro defaulted=x idlookup
IsDeleted boolean 0 ro defaulted=false
CreatedDate datetime 0 ro defaulted=x
CreatedById reference 18 ro ref=User defaulted=x
LastModifiedDate datetime 0 ro defaulted=x
LastModifiedById reference 18 ro ref=User defaulted=x
SystemModstamp datetime 0 ro defaulted=x
"""
_OWNER = "OwnerId reference 18 ref=User,Group rel=Owner defaulted=x"
_FLAG = re.compile(r"(\w+)(?:=(.*))?")


_RECORD_TYPE = "RecordTypeId reference 18 ref=RecordType rel=RecordType"


@dataclass(frozen=True, slots=True)
class ObjectDef:
    """One object: *fields* by lower-cased name, *child_relationships* → (child object, its field)."""

    name: str
    prefix: str
    label: str
    fields: Mapping[str, FieldDef]
    child_relationships: dict[str, tuple[str, str]] = field(default_factory=dict)
    child_names: dict[tuple[str, str], str] = field(default_factory=dict)
    by_relationship: Mapping[str, FieldDef] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    keys: tuple[FieldDef, ...] = ()

    @property
    def custom(self) -> bool:
        """Whether an admin made it."""
        return self.name.endswith("__c")


def words(name: str) -> str:
    """Return a label for an API name."""
    base = name.removesuffix("__c").replace("_", " ")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", base).removesuffix(" Id") or base


def _line(text: str) -> FieldDef:
    """Return the field of one line of the stock file; values may hold spaces, so they come last."""
    head, _, listed = text.partition(" values=")
    name, kind, length, *rest = head.split()
    flags = {found[1]: found[2] for item in rest if (found := _FLAG.fullmatch(item))}
    values = [part for part in listed.split("|") if part]
    default: Any = next((value[:-1] for value in values if value.endswith("*")), None)
    if "defaulted" in flags and kind == "boolean":
        default = flags["defaulted"] == "true"
    precision, _, scale = flags.get("prec", "0.0").partition(".")
    ro = "ro" in flags
    reference = tuple(sorted((flags.get("ref") or "").split(","))) if flags.get("ref") else ()
    return FieldDef(
        name, kind, int(length),
        createable=not ro, updateable=not ro and "once" not in flags,
        nillable=not ("required" in flags or "calc" in flags or kind == "boolean" or name in (*AUDIT, "OwnerId")),
        defaulted=default is not None or "defaulted" in flags, default=default,
        id_lookup="idlookup" in flags, restricted="restricted" in flags,
        values=tuple(value.rstrip("*") for value in values), reference_to=reference,
        relationship_name=(flags.get("rel") or _relationship(name)) if reference else None,
        child=flags.get("child"), filterable="nofilter" not in flags and kind != "address",
        precision=int(precision or 0), scale=int(scale or 0), calculated="calc" in flags, label=words(name),
    )  # fmt: skip


def _relationship(name: str) -> str:
    return name[:-3] + "__r" if name.endswith("__c") else name.removesuffix("Id")


@cache
def stock() -> Mapping[str, Mapping[str, Any]]:
    """Return the stock objects as their file has them."""
    text = resources.files("simulator").joinpath("data/objects.yaml").read_text(encoding="utf-8")
    found: Mapping[str, Mapping[str, Any]] = yaml.safe_load(text)
    return found


def custom_field(value: Mapping[str, Any]) -> FieldDef:
    """Return the field that an org file describes; raises ValueError that names it."""
    known = {"name", "type", "length", "required", "default", "unique", "external_id", "restricted", "values", "label",
             "reference_to", "relationship", "child", "createable", "updateable", "precision", "scale"}  # fmt: skip
    name = str(value.get("name", ""))
    if not name.endswith("__c") or set(value) - known:
        raise ValueError(f"custom field {name!r}: a name that ends with __c, and keys among {', '.join(sorted(known))}")
    kind, default = str(value.get("type", "string")), value.get("default")
    if kind == "boolean" and default is None:
        default = False
    reference = tuple(value.get("reference_to", ()))
    length = int(value.get("length", 255 if kind in ("string", "picklist", "url", "textarea") else 0))
    external = bool(value.get("external_id"))
    return FieldDef(
        name, kind, {"email": 80, "phone": 40, "reference": 18}.get(kind, length),
        createable=bool(value.get("createable", True)), updateable=bool(value.get("updateable", True)),
        nillable=not value.get("required") and kind != "boolean", defaulted=default is not None, default=default,
        unique=bool(value.get("unique")), external_id=external, id_lookup=external,
        restricted=bool(value.get("restricted")), values=tuple(map(str, value.get("values", ()))),
        reference_to=reference, relationship_name=value.get("relationship", _relationship(name)) if reference else None,
        child=value.get("child"), filterable=not (kind == "textarea" and length > 255),
        precision=int(value.get("precision", 18)) if kind in ("double", "currency", "percent") else 0,
        scale=int(value.get("scale", 2)), label=str(value.get("label", words(name))),
    )  # fmt: skip


def build(org: OrgFile) -> dict[str, ObjectDef]:
    """Return every object of *org* by lower-cased name."""
    objects: dict[str, ObjectDef] = {}
    for name, entry in stock().items():
        if name == "CurrencyType" and not org.currencies:
            continue
        lines = [*SYSTEM.split("\n"), *str(entry["fields"]).split("\n")]
        if entry.get("owner"):
            lines.append(f"OwnerId reference 18 ref={entry['owner']} rel=Owner defaulted=x")
        lines += [_RECORD_TYPE] if org.record_types.get(name) else []
        lines += compounds.code_lines(str(entry["fields"]), org.countries) if org.countries else []
        lines += _currency(org, name)
        lines = _with_people(name, lines) if org.person_accounts else lines
        fields = [_line(line) for line in lines if line.strip()]
        extra = [*org.fields.get(name, ()), *(org.fields.get("Activity", ()) if entry.get("activity") else ())]
        fields += map(custom_field, extra)
        if org.person_accounts and name == "Account":
            fields += person_fields.custom(map(custom_field, org.fields.get("Contact", ())))
        objects[name.lower()] = _object(name, str(entry["prefix"]), words(name), fields)
    if active := [name for name, row in org.objects.items() if row.get("activities")]:
        _takes_activities(objects, active)
    for number, (name, sobject) in enumerate(org.objects.items()):
        lines = [*SYSTEM.split("\n"), "Name string 80 required", _OWNER]
        lines += [_RECORD_TYPE] if org.record_types.get(name) else []
        lines += _currency(org, name)
        fields = [_line(line) for line in lines if line.strip()]
        fields += map(custom_field, sobject.get("fields", ()))
        prefix = str(sobject.get("prefix", f"a{number:02d}"))
        objects[name.lower()] = _object(name, prefix, str(sobject.get("label", words(name))), fields)
    _relate(objects)
    return objects


_WITH_CURRENCY = ("Lead", "Contact", "Account", "Opportunity", "Task", "Event", "Campaign", "CampaignMember", "Case",
                  "Product2", "OpportunityContactRole")  # fmt: skip


def _currency(org: OrgFile, name: str) -> list[str]:
    """Return the field by which records say their currency, where the org has several: the first is the default."""
    if not org.currencies or not (name in _WITH_CURRENCY or name.endswith("__c")):
        return []
    first, *others = map(str, org.currencies)
    return [f"CurrencyIsoCode picklist 255 restricted values={'|'.join((first + '*', *others))}"]


def _with_people(name: str, lines: list[str]) -> list[str]:
    """Return the lines of an object in an org with person accounts."""
    if name == "Account":
        return [*lines, *person_fields.lines(str(stock()["Contact"]["fields"]))]
    if name == "Contact":
        return [*lines, "IsPersonAccount boolean 0 ro defaulted=false"]
    if name == "RecordType":
        return [*lines, "IsPersonType boolean 0 defaulted=false"]
    # A lead without a company becomes a person account.
    return [line.replace(" required", "") if name == "Lead" and line.startswith("Company ") else line for line in lines]


def _takes_activities(objects: dict[str, ObjectDef], names: Sequence[str]) -> None:
    """Let activities be about these custom objects too."""
    for activity in ("task", "event"):
        entity = objects[activity]
        what = replace(entity.fields["whatid"], reference_to=(*entity.fields["whatid"].reference_to, *names))
        fields, relationships = {**entity.fields, "whatid": what}, {**entity.by_relationship, "what": what}
        objects[activity] = replace(entity, fields=fields, by_relationship=relationships)


def _object(name: str, prefix: str, label: str, given: list[FieldDef]) -> ObjectDef:
    fields = compounds.joined(name, given)
    return ObjectDef(
        name, prefix, label, {item.name.lower(): item for item in fields},
        by_relationship={item.relationship_name.lower(): item for item in fields if item.relationship_name},
        defaults={item.name: item.default for item in fields if item.default is not None},
        keys=tuple(item for item in fields if item.external_id or item.unique),
    )  # fmt: skip


def _relate(objects: Mapping[str, ObjectDef]) -> None:
    for child in objects.values():
        for item in child.fields.values():
            name = item.child or (_plural(child.name) if item.custom else None)
            if name is None:
                continue
            for parent in item.reference_to:
                if parent.lower() in objects:
                    objects[parent.lower()].child_relationships[name.lower()] = (child.name, item.name)
                    objects[parent.lower()].child_names[child.name, item.name] = name


def _plural(name: str) -> str:
    return f"{name[:-3]}s__r" if name.endswith("__c") else f"{name}s"
