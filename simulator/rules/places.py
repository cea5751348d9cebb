"""
Rule: State and Country picklists of addresses.

In: the org file's `countries`, a row, given values.  Out: labels and codes that agree; the refusal of others.
Rule of this file: a code or a label names a country and a state, and the org keeps both; a state needs its country.
Source: Salesforce Help (State and Country/Territory Picklists); the words of reports of live orgs. Which of a code and
a label that contradict each other wins is not documented: here the code.
"""

from collections.abc import Mapping
from typing import Any

from simulator.catalogue import ObjectDef
from simulator.errors import ApiError

Countries = Mapping[str, Mapping[str, Any]]
_NO_COUNTRY = (
    "There's a problem with this country, even though it may appear correct. "
    "Please select a country/territory from the list of valid countries.: {}"
)
_NO_STATE = (
    "There's a problem with this state, even though it may appear correct. "
    "Please select a state from the list of valid states.: {}"
)
_ALONE = "A country/territory must be specified before specifying a state value for field: {}"


def apply(countries: Countries, entity: ObjectDef, row: dict[str, Any], given: Mapping[str, Any]) -> None:
    """Let labels and codes of each address agree. Raises ApiError for a place that the lists do not have."""
    for name in entity.fields.values() if countries else ():
        if name.type != "address":
            continue
        start = name.name.removesuffix("Address")
        if f"{start}countrycode".lower() in entity.fields:
            country = _country(countries, start, row, given)
            _state(country, start, row, given)


def _chosen(kind: str, start: str, row: Mapping[str, Any], given: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return (code, label) as they are meant: what is given decides, a code before a label."""
    code, label = f"{start}{kind}Code", f"{start}{kind}"
    if given.get(code) is not None:
        return str(given[code]), None
    if label in given or code in given:
        return None, row.get(label) if label in given else None
    return row.get(code), row.get(label)


def _country(
    countries: Countries, start: str, row: dict[str, Any], given: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    code, label = _chosen("Country", start, row, given)
    if code is None and label is None:
        row[f"{start}Country"] = row[f"{start}CountryCode"] = None
        return None
    for name, country in countries.items():
        if code == country["code"] or (code is None and str(label).lower() == name.lower()):
            row[f"{start}Country"], row[f"{start}CountryCode"] = name, country["code"]
            return country
    raise _refused(_NO_COUNTRY, f"{start}Country", "Country")


def _state(country: Mapping[str, Any] | None, start: str, row: dict[str, Any], given: Mapping[str, Any]) -> None:
    code, label = _chosen("State", start, row, given)
    if code is None and label is None:
        row[f"{start}State"] = row[f"{start}StateCode"] = None
        return
    if country is None:
        raise _refused(_ALONE, f"{start}State", "State/Province")
    for name, own in country.get("states", {}).items():
        if code == own or (code is None and str(label).lower() == name.lower()):
            row[f"{start}State"], row[f"{start}StateCode"] = name, own
            return
    raise _refused(_NO_STATE, f"{start}State", "State/Province")


def _refused(text: str, field: str, label: str) -> ApiError:
    start = field.removesuffix("Country").removesuffix("State")
    return ApiError("FIELD_INTEGRITY_EXCEPTION", text.format(f"{start} {label}".strip()), fields=[field])
