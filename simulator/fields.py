"""
Stage: the body of a write into fields.

In: a JSON body. Out: values by exact field name.
Rule of this file: names in any case; a nested object is a parent by external ID; every reference must exist.
Source: fact sheet A3, A5.
"""

from collections.abc import Mapping
from typing import Any

from simulator.call import Call
from simulator.catalogue import ObjectDef
from simulator.errors import ApiError
from simulator.fielddef import FieldDef
from simulator.rules.values import coerce


def given_fields(call: Call, entity: ObjectDef, body: Mapping[str, Any], *, creating: bool) -> dict[str, Any]:
    """Return the values of *body*. Raises ApiError."""
    given: dict[str, Any] = {}
    refused: list[str] = []
    for name, value in body.items():
        if name == "attributes":
            continue
        if isinstance(value, dict) and (parent := entity.by_relationship.get(name.lower())):
            given[parent.name] = _parent(call, parent, value)
            continue
        field = entity.fields.get(name.lower())
        if field is None:
            raise no_column(entity, name)
        if field.name == "Id":
            raise ApiError("INVALID_FIELD", "The Id field should not be specified in the sobject data.", fields=["Id"])
        if not (field.createable if creating else field.updateable):
            refused.append(field.name)
            continue
        given[field.name] = coerce(entity, field, value)
    if refused:
        text = (f"Unable to create/update fields: {', '.join(refused)}. Please check the security settings of this "
                "field and verify that it is read/write for your profile or permission set.")  # fmt: skip
        raise ApiError("INVALID_FIELD_FOR_INSERT_UPDATE", text, fields=refused)
    for name, value in given.items():
        field = entity.fields[name.lower()]
        if field.type == "reference" and value is not None:
            _exists(call, field, value)
    return given


def no_column(entity: ObjectDef, name: str) -> ApiError:
    """There is no such field on the object."""
    return ApiError("INVALID_FIELD", f"No such column '{name}' on sobject of type {entity.name}")


def _parent(call: Call, field: FieldDef, value: Mapping[str, Any]) -> str:
    """Return the ID of the parent that `{"Ext__c": "v"}` names; one of several objects needs attributes.type."""
    kind = (value.get("attributes") or {}).get("type") or field.reference_to[0]
    if len(field.reference_to) > 1 and "attributes" not in value:
        text = f"{field.relationship_name}: attributes.type must name one of {', '.join(field.reference_to)}"
        raise ApiError("INVALID_FIELD", text, fields=[field.name])
    keys = [name for name in value if name != "attributes"]
    parent = call.org.objects.get(str(kind).lower())
    if parent is None or len(keys) != 1 or kind not in field.reference_to:
        raise ApiError("INVALID_FIELD", f"{field.relationship_name}: exactly one external ID field names a parent")
    key = parent.fields.get(keys[0].lower())
    if key is None or not (key.id_lookup or key.external_id):
        text = f"Foreign key external ID: {value[keys[0]]} not found for field {keys[0]} in entity {parent.name}"
        raise ApiError("INVALID_FIELD", text)
    found = call.org.store.find(parent.name, key.name, value[keys[0]])
    if not found:
        text = f"Foreign key external ID: {value[keys[0]]} not found for field {key.name} in entity {parent.name}"
        raise ApiError("INVALID_FIELD", text)
    if len(found) > 1:
        raise ApiError("DUPLICATE_EXTERNAL_ID", _several(key, found))
    return str(found[0]["Id"])


def _several(key: FieldDef, found: list[dict[str, Any]]) -> str:
    return f"{key.name}: more than one record found for external id field: [{', '.join(row['Id'] for row in found)}]"


def several(key: FieldDef, found: list[dict[str, Any]]) -> ApiError:
    """More than one record has the value."""
    return ApiError("DUPLICATE_EXTERNAL_ID", _several(key, found), status=300)


def _exists(call: Call, field: FieldDef, value: str) -> None:
    """Refuse a reference to what is not there, is of another object, or is hidden from the user."""
    kinds = [kind for kind in field.reference_to if kind.lower() in call.org.objects]
    found = next((kind for kind in kinds if call.org.objects[kind.lower()].prefix == value[:3]), None)
    if found is None:
        message = f"{field.label} ID: id value of incorrect type: {value}"
        raise ApiError("MALFORMED_ID" if kinds else "INVALID_CROSS_REFERENCE_KEY", message, fields=[field.name])
    row = call.org.store.get(found, value)
    if row is None:
        raise ApiError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", fields=[field.name])
    if row["IsDeleted"]:
        raise ApiError("ENTITY_IS_DELETED", "entity is deleted", fields=[field.name])
    if not call.user.sees(found, row):
        text = f"insufficient access rights on cross-reference id: {value}"
        raise ApiError("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", text)
