"""
Stage: describe.

In: objects. Out: the bodies of describe, global and by object, in the real shape.
Rule of this file: pure; every attribute that a real describe has is here, those without meaning with their stock value.
Source: fact sheet A2 (57 attributes a field).
"""

from typing import Any

from simulator import compounds
from simulator.access import User
from simulator.cascade import CASCADES
from simulator.catalogue import ObjectDef
from simulator.fielddef import FieldDef

_SOAP = {"id": "tns:ID", "reference": "tns:ID", "boolean": "xsd:boolean", "int": "xsd:int", "double": "xsd:double",
         "currency": "xsd:double", "percent": "xsd:double", "date": "xsd:date", "datetime": "xsd:dateTime",
         "address": "urn:address"}  # fmt: skip
_PREFILTERED = ("AccountId", "CampaignId", "ConvertedAccountId", "ConvertedContactId", "ConvertedOpportunityId",
                "ParentId", "ReportsToId", "WhatId", "WhoId")  # fmt: skip
_OFF = ("aiPredictionField", "autoNumber", "cascadeDelete", "dependentPicklist", "deprecatedAndHidden",
        "displayLocationInDecimal", "encrypted", "formulaTreatNullNumberAsZero", "highScaleNumber", "htmlFormatted",
        "queryByDistance", "restrictedDelete", "searchPrefilterable", "writeRequiresMasterRead")  # fmt: skip
_NONE = ("calculatedFormula", "controllerName", "defaultValueFormula",
         "filteredLookupInfo", "inlineHelpText", "mask", "maskType", "referenceTargetField",
         "relationshipOrder")  # fmt: skip


def field(one: FieldDef, sobject: str = "") -> dict[str, Any]:
    """Return the describe of one field. An address is "filterable" there, though by DISTANCE alone."""
    number = one.type in ("double", "currency", "percent")
    text = one.type not in _SOAP
    found: dict[str, Any] = dict.fromkeys(_OFF, False) | dict.fromkeys(_NONE)
    length = 18 if one.type in ("id", "reference") else one.length if text else 0
    found |= {
        "aggregatable": one.filterable and one.type != "boolean",
        "byteLength": length * (3 if text else 1),
        "calculated": False,
        "caseSensitive": False,
        "compoundFieldName": one.compound,
        "createable": one.createable,
        "custom": one.custom,
        "defaultValue": one.default,
        "defaultedOnCreate": one.defaulted or one.type == "boolean",
        "digits": 8 if one.type == "int" else 0,
        "externalId": one.external_id,
        "extraTypeInfo": compounds.extra_type(sobject, one),
        "filterable": one.filterable or one.type == "address",
        "groupable": one.filterable and not number and one.type != "datetime",
        "idLookup": one.id_lookup,
        "label": one.label,
        "length": length,
        "name": one.name,
        "nameField": one.name == "Name",
        "namePointing": len(one.reference_to) > 1,
        "nillable": one.nillable,
        "permissionable": one.permissionable,
        "picklistValues": [
            {"active": True, "defaultValue": value == one.default, "label": value, "validFor": None, "value": value}
            for value in one.values
        ],
        "polymorphicForeignKey": len(one.reference_to) > 1,
        "precision": one.precision if number else 0,
        "queryByDistance": one.type == "address",
        "searchPrefilterable": one.name in _PREFILTERED,
        "referenceTo": list(one.reference_to),
        "relationshipName": one.relationship_name,
        "restrictedPicklist": one.restricted,
        "scale": one.scale if number else 0,
        "soapType": _SOAP.get(one.type, "xsd:string"),
        "sortable": one.sortable,
        "type": one.type,
        "unique": one.unique,
        "updateable": one.updateable,
    }
    return dict(sorted(found.items()))


def _plural(label: str) -> str:
    return f"{label[:-1]}ies" if label.endswith("y") else f"{label}s"


_STATUSES = ("LeadStatus", "TaskStatus", "TaskPriority", "CaseStatus", "OpportunityStage")
_READ_ONLY = (*_STATUSES, "Organization", "Profile", "UserPermissionAccess")


def summary(one: ObjectDef, user: User, base: str) -> dict[str, Any]:
    """Return the entry of one object in the global describe."""
    where = f"{base}/sobjects/{one.name}"
    setup = one.name in (*_READ_ONLY, "User", "UserRole", "Group")
    return {
        "activateable": False, "associateEntityType": None, "associateParentEntity": None,
        "createable": user.may("create", one.name) and one.name not in _READ_ONLY,
        "custom": one.custom, "customSetting": False, "deepCloneable": False,
        "deletable": user.may("delete", one.name) and not setup,
        "deprecatedAndHidden": False, "feedEnabled": not setup, "hasSubtypes": False, "isInterface": False,
        "isSubtype": False, "keyPrefix": one.prefix, "label": one.label, "labelPlural": _plural(one.label),
        "layoutable": True, "mergeable": one.name in ("Lead", "Contact", "Account"), "mruEnabled": not setup,
        "name": one.name, "queryable": True, "replicateable": True, "retrieveable": True,
        "searchable": one.name in ("Lead", "Contact", "Account", "Opportunity", "Task", "Event", "User", "Campaign")
        or one.custom,
        "triggerable": not setup, "undeletable": not setup, "updateable": user.may("edit", one.name),
        "urls": {"rowTemplate": where + "/{ID}", "describe": f"{where}/describe", "sobject": where},
    }  # fmt: skip


def sobject(one: ObjectDef, user: User, base: str, record_types: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the describe of one object."""
    found = summary(one, user, base)
    where = f"{base}/sobjects/{one.name}"
    found |= {
        "actionOverrides": [], "defaultImplementation": None, "extendedBy": None, "extendsInterfaces": None,
        "implementedBy": None, "implementsInterfaces": None, "listviewable": None, "lookupLayoutable": None,
        "compactLayoutable": True, "searchLayoutable": True, "namedLayoutInfos": [], "networkScopeFieldName": None,
        "sobjectDescribeOption": "FULL", "supportedScopes": [
            {"label": f"All {one.label.lower()}s", "name": "everything"},
            {"label": f"My {one.label.lower()}s", "name": "mine"}],
        "childRelationships": [
            {"cascadeDelete": (child, name) in CASCADES, "childSObject": child, "deprecatedAndHidden": False,
             "field": name, "junctionIdListNames": [], "junctionReferenceTo": [], "relationshipName": relationship,
             "restrictedDelete": False} for (child, name), relationship in one.child_names.items()],
        "fields": [field(item, one.name) for item in one.fields.values()],
        "recordTypeInfos": record_types,
    }  # fmt: skip
    found["urls"] |= {
        "layouts": f"{where}/describe/layouts", "compactLayouts": f"{where}/describe/compactLayouts",
        "approvalLayouts": f"{where}/describe/approvalLayouts",
        "defaultValues": f"{where}/defaultValues?recordTypeId&fields",
        "listviews": f"{where}/listviews", "quickActions": f"{where}/quickActions",
        "uiDetailTemplate": "/{ID}", "uiEditTemplate": "/{ID}/e", "uiNewRecord": f"/{one.prefix}/e",
    }  # fmt: skip
    return found
