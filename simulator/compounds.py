"""
Noun: compound fields: an address of its parts, a name of its parts.

In: fields, rows. Out: which field a part belongs to; the value of a whole address.
Rule of this file: an address is read whole and written by its parts; a name is a text that `derive` joins.
Source: recorded describes (compoundFieldName, extraTypeInfo).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from simulator.fielddef import FieldDef

PARTS = {"Street": "street", "City": "city", "State": "state", "PostalCode": "postalCode", "Country": "country",
         "Latitude": "latitude", "Longitude": "longitude", "GeocodeAccuracy": "geocodeAccuracy"}  # fmt: skip
_CODES = {"StateCode": "stateCode", "CountryCode": "countryCode"}
"""Parts that an address has where State and Country picklists are on."""
_PERSON = ("LastName", "FirstName", "Salutation")


def joined(sobject: str, given: Iterable[FieldDef]) -> list[FieldDef]:
    """Return the fields, each part with the compound field that it belongs to."""
    fields = list(given)
    whole = {f"{field.name.removesuffix('Address')}{part}": field.name
             for field in fields if field.type == "address" for part in (*PARTS, *_CODES)}  # fmt: skip
    names = {field.name for field in fields}
    if {"Name", "LastName"} <= names:
        whole |= dict.fromkeys(_PERSON, "Name")
    elif sobject == "Account":
        whole["Name"] = "Name"
    return [replace(field, compound=whole.get(field.name)) for field in fields]


def addresses(fields: Mapping[str, FieldDef], row: dict[str, Any]) -> None:
    """Write the whole of each address into *row*; one without parts is null."""
    for field in fields.values():
        if field.type == "address":
            before = field.name.removesuffix("Address")
            held = {**PARTS, **(_CODES if f"{before}countrycode".lower() in fields else {})}
            parts = {shown: row.get(before + name) for name, shown in sorted(held.items(), key=lambda pair: pair[1])}
            row[field.name] = parts if any(value is not None for value in parts.values()) else None


def code_lines(fields: str, countries: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield the lines of the fields that the picklists add to an object whose *fields* are these."""
    codes = "|".join(str(country["code"]) for country in countries.values())
    states = "|".join(
        dict.fromkeys(code for country in countries.values() for code in country.get("states", {}).values())
    )
    for line in fields.split("\n"):
        name, _, rest = line.strip().partition(" ")
        if name.endswith("Address") and rest.startswith("address"):
            start = name.removesuffix("Address")
            yield f"{start}CountryCode picklist 10 restricted values={codes}"
            yield f"{start}StateCode picklist 10 restricted values={states}"


def extra_type(sobject: str, field: FieldDef) -> str | None:
    """Return the extraTypeInfo of a describe."""
    if sobject == "Account" and field.name == "Name":
        return "switchablepersonname"
    if field.compound == "Name" or (field.name == "Name" and sobject in ("Lead", "Contact", "User")):
        return "personname"
    if field.type == "textarea":
        return "plaintextarea"
    return "imageurl" if field.name == "PhotoUrl" else None
