"""
What an integration reads of changes in Salesforce, against what the org's describe says (SP-24).

In: an integration, `OrgFacts`.  Out: findings.  Pure.
Rule of this file: a field that cannot be read stops its whole object, so it is an error; a value that the org does not
list may be there all the same, so it is a warning.
"""

from collections.abc import Iterator

from processors.integration.change_settings import ObjectChanges
from processors.integration.check_org import Finding
from processors.integration.model import Integration
from processors.model.org_facts import ObjectFacts, OrgFacts


def changes_targets(integration: Integration, facts: OrgFacts) -> list[Finding]:
    """Return what is wrong with what the integration wants to be told of this org."""
    if not integration.changes.enabled:
        return []
    found: list[tuple[str, str]] = []
    for name, wanted in integration.changes.objects.items():
        known = facts.objects.get(name)
        if known is None:
            found.append(("error", f"{name} is not visible to the integration user, but its changes are wanted"))
        else:
            found += [*_fields(name, wanted, known), *_values(name, wanted, known)]
    return [
        Finding("error" if level == "error" else "warning", facts.org, f"integration {integration.name}: {text}")
        for level, text in found
    ]


def _fields(name: str, wanted: ObjectChanges, known: ObjectFacts) -> Iterator[tuple[str, str]]:
    named = [
        *(field.salesforce for field in wanted.fields.values()),
        *(condition.field for condition in wanted.filters),
    ]
    for path in dict.fromkeys(named):
        field = _own(path)
        if field.lower() not in {item.lower() for item in known.fields}:
            text = f"changes of {name}.{path}: {field} does not exist or is hidden from the integration user"
            yield "error", f"{text}; mend changes.objects, or the rights"


def _own(path: str) -> str:
    """Return the object's own field that a path begins with: of a parent, the reference to it."""
    first, _, rest = path.partition(".")
    if not rest:
        return first
    return first[:-1] + "c" if first.endswith("__r") else f"{first}Id"


def _values(name: str, wanted: ObjectChanges, known: ObjectFacts) -> Iterator[tuple[str, str]]:
    pairs = [(field.salesforce, value) for field in wanted.fields.values() for value in field.values]
    pairs += [
        (condition.field, value) for condition in wanted.filters for value in (*condition.equals, *condition.not_equals)
    ]
    for path, value in pairs:
        field = known.fields.get(path)
        listed = {text.casefold() for text in field.values} if field is not None else set()
        if listed and value and value.strip().casefold() not in listed:
            yield "warning", f"changes of {name}.{path}: {value!r} is none of the field's values, so it never comes"
