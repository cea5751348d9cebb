"""
Targets of an integration against what the org's describe says.

In: integrations, `OrgFacts`, users of the org.  Out: findings.  Pure.
Rule of this file: what every write would be refused for is an error; what may be right as it is, is a warning (VS-28);
what is mapped and not there is *absent*, and stops its integration alone (LL-18).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from processors.integration import check_values
from processors.integration.model import FieldMap, FieldSource, Integration
from processors.integration.references import Level, campaign_key_faults, reference_faults
from processors.model.org_facts import FieldFacts, ObjectFacts, OrgFacts
from processors.model.parents import is_path, written_field
from processors.model.record import Record
from schemas.values import Scalar


@dataclass(frozen=True, slots=True)
class Finding:
    """One line for the reader: how bad, in which org, what. `absent`: what it names is not there for us."""

    level: Literal["error", "warning"]
    org: str
    text: str
    absent: bool = False


def targets(integration: Integration, facts: OrgFacts) -> list[Finding]:
    """Return what is wrong with the integration's targets in this org."""
    maps = {
        "Lead": integration.map.lead,
        "Contact": integration.map.contact,
        "Account": integration.map.account if integration.account.enabled else {},
        "Opportunity": integration.map.opportunity if integration.opportunity.enabled else {},
        integration.activity.object: _activity_fields(integration) if integration.activity.enabled else {},
    }
    found: list[tuple[Level, str]] = []
    for name, fields in maps.items():
        known = facts.objects.get(name)
        if known is not None:
            found += [
                *_mapped(name, fields, known, integration.locale, facts),
                *(_mandatory(name, fields, known) if fields and _may_be_made(integration, name) else ()),
            ]
        elif fields or (integration.activity.enabled and name == integration.activity.object):
            found.append(("gone", f"{name} is not visible to the integration user, but this integration writes it"))
    found += [
        *_keys(integration, facts),
        *_link(integration, facts),
        *_account_keys(integration),
        *_shared_account(integration, facts),
        *_numbers(integration, facts),
        *_users(integration, facts),
        *campaign_key_faults(integration.campaign, facts),
    ]
    return [
        Finding(
            "warning" if level == "warning" else "error",
            facts.org,
            f"integration {integration.name}: {text}",
            absent=level == "gone",
        )
        for level, text in found
    ]


def _activity_fields(integration: Integration) -> FieldMap:
    return {**integration.activity_constants, **integration.map.activity}


def owners(integrations: Iterable[Integration]) -> tuple[str, ...]:
    """Return whom settings name by e-mail or user name as owners, each once (XB-4, SP-28)."""
    return tuple(dict.fromkeys(name for integration in integrations for name in integration.named_users.values()))


def owner_faults(integrations: Iterable[Integration], org: str, users: Sequence[Record]) -> list[Finding]:
    """Return who of `owners` is no active user among *users*: the integration user would stand in."""
    active = {
        str(user.fields.get(name) or "").casefold()
        for user in users
        if user.fields.get("IsActive")
        for name in ("Email", "Username")
    }
    return [
        Finding(
            "error",
            org,
            f"integration {integration.name}: {setting} {name!r} is no active user of the org; "
            "name one by e-mail or user name",
        )
        for integration in integrations
        for setting, name in integration.named_users.items()
        if name.casefold() not in active
    ]


def _mapped(
    name: str, fields: FieldMap, known: ObjectFacts, locale: str, facts: OrgFacts
) -> Iterator[tuple[Level, str]]:
    """Say which mapped fields the org lacks (SP-24) or does not let us write (SP-22)."""
    for field, source in fields.items():
        if is_path(field):
            yield from reference_faults(name, field, fields, known, facts)
            continue
        there = known.fields.get(field)
        if there is None:
            yield "gone", f"{name}.{field} does not exist or is hidden from the integration user; mend map or rights"
        elif not there.createable and not there.updateable:
            yield (
                "error",
                f"{name}.{field} is read-only; take it out of the map, or give the integration user the right",
            )
        else:
            yield from _picklist(name, there, source)
            yield from check_values.value_faults(name, there, source, locale, known)


def _picklist(name: str, field: FieldFacts, source: FieldSource) -> Iterator[tuple[Level, str]]:
    if not field.restricted or not field.values:
        return
    fixed = [source.constant, source.default, *source.values.values()]
    for value in dict.fromkeys(str(number) for number in fixed if number is not None):
        wrong = sorted(set(value.split(";") if field.type == "multipicklist" else [value]) - set(field.values))
        if wrong:
            shown = ", ".join(field.values[:10]) + (", …" if len(field.values) > 10 else "")
            yield "error", f"{name}.{field.name} takes no {wrong[0]!r}; its values are {shown}"


def _may_be_made(integration: Integration, name: str) -> bool:
    """Whether the integration may create records of the object: `update_only` makes no lead and no contact (VS-11)."""
    return integration.action_name != "update_only" or name not in {"Lead", "Contact"}


def _mandatory(name: str, fields: FieldMap, known: ObjectFacts) -> Iterator[tuple[Level, str]]:
    written = {written_field(known, field_name) for field_name in fields}
    for field in known.fields.values():
        # What the action itself always gives: a name derived from the person, the account that it links.
        if field.required and field.name not in written and field.name != "AccountId":
            yield (
                "warning",
                f"{name}.{field.name} is mandatory in the org and not mapped; a create may be refused (VS-28)",
            )


def _keys(integration: Integration, facts: OrgFacts) -> Iterator[tuple[Level, str]]:
    for keys in integration.match.key_sets:
        for key in keys:
            for name, fields in (("Lead", key.lead), ("Contact", key.contact)):
                known = facts.objects.get(name)
                missing = [field for field in fields if known is not None and field not in known.fields]
                # Where several fields may hold a key, one that is there is enough to look for it.
                level: Level = "gone" if len(missing) == len(fields) else "warning"
                for field in missing:
                    yield level, f"match key {name}.{field} does not exist or is hidden from the integration user"


def _link(integration: Integration, facts: OrgFacts) -> Iterator[tuple[Level, str]]:
    """Say which fields are not there that the person's record tells of the source's record in (LL-9)."""
    link = integration.record_link
    if integration.makes_accounts:
        return
    for setting, field in (("id_field", link.id_field), ("synced_field", link.synced_field)):
        for name in ("Lead", "Contact"):
            known = facts.objects.get(name)
            if field is not None and known is not None and field not in known.fields:
                what = f"{name}.{field} (link.{setting}) does not exist or is hidden from the integration user"
                yield "gone", f"{what}; mend the file or rights"


def _numbers(integration: Integration, facts: OrgFacts) -> Iterator[tuple[Level, str]]:
    """Say which telephone fields cannot be searched: those that the file names, and of the usual ones those hidden."""
    search = integration.phone_search
    if search is None:
        return
    named = "phone_fields" in search.model_fields_set
    for name in search.objects:
        known = facts.objects.get(name)
        for field in search.phone_fields.get(name, ()):
            if known is not None and field not in known.fields:
                level: Level = "gone" if named else "warning"
                yield level, f"telephone field {name}.{field} does not exist or is hidden from the integration user"


def _users(integration: Integration, facts: OrgFacts) -> Iterator[tuple[Level, str]]:
    """Say whether the field that holds the extensions of the org's users is not there."""
    field, known = integration.user_extension, facts.objects.get("User")
    if field is not None and known is not None and field not in known.fields:
        setting = "activity" if field == integration.activity.user_extension else "calls"
        yield "gone", f"User.{field} ({setting}.user_extension) does not exist or is hidden from the integration user"


def _account_keys(integration: Integration) -> Iterator[tuple[Level, str]]:
    if integration.account.enabled:
        for key in integration.account.keys:
            source = integration.map.account.get(key)
            if source is None:
                yield "warning", f"account key {key} is not mapped, so no account is ever found by it"
            elif (held := _always_there(source)) is not None:
                shared = (
                    f"account key {key} is {held!r} where the event names no company, which all of them would share"
                )
                yield "warning", f"{shared}: no account is made by it; take it out of map.account"


def _shared_account(integration: Integration, facts: OrgFacts) -> Iterator[tuple[Level, str]]:
    """Say where everybody of whom the event names no account would be put on one and the same."""
    known = facts.objects.get("Contact")
    for name, source in integration.map.contact.items():
        held = _always_there(source)
        if known is not None and held is not None and written_field(known, name) == "AccountId":
            shared = f"Contact.{name} is {held!r} where the event names no account: all of them would share that one"
            yield "warning", f"{shared}; take its constant or default out of map.contact, unless that is meant"


def _always_there(source: FieldSource) -> Scalar:
    """Return what a mapped field takes where the event says nothing; None where that is nothing."""
    return source.constant if source.source is None else source.default
