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


def field(item: FieldDef, sobject: str = "") -> dict[str, Any]:
    """Return the describe of one field. An address is "filterable" there, though by DISTANCE alone."""
    number = item.type in ("double", "currency", "percent")
    text = item.type not in _SOAP
    found: dict[str, Any] = dict.fromkeys(_OFF, False) | dict.fromkeys(_NONE)
    length = 18 if item.type in ("id", "reference") else item.length if text else 0
    found |= {
        "aggregatable": item.filterable and item.type != "boolean",
        "byteLength": length * (3 if text else 1),
        "calculated": False,
        "caseSensitive": False,
        "compoundFieldName": item.compound,
        "createable": item.createable,
        "custom": item.custom,
        "defaultValue": item.default,
        "defaultedOnCreate": item.defaulted or item.type == "boolean",
        "digits": 8 if item.type == "int" else 0,
        "externalId": item.external_id,
        "extraTypeInfo": compounds.extra_type(sobject, item),
        "filterable": item.filterable or item.type == "address",
        "groupable": item.filterable and not number and item.type != "datetime",
        "idLookup": item.id_lookup,
        "label": item.label,
        "length": length,
        "name": item.name,
        "nameField": item.name == "Name",
        "namePointing": len(item.reference_to) > 1,
        "nillable": item.nillable,
        "permissionable": item.permissionable,
        "picklistValues": [
            {"active": True, "defaultValue": value == item.default, "label": value, "validFor": None, "value": value}
            for value in item.values
        ],
        "polymorphicForeignKey": len(item.reference_to) > 1,
        "precision": item.precision if number else 0,
        "queryByDistance": item.type == "address",
        "searchPrefilterable": item.name in _PREFILTERED,
        "referenceTo": list(item.reference_to),
        "relationshipName": item.relationship_name,
        "restrictedPicklist": item.restricted,
        "scale": item.scale if number else 0,
        "soapType": _SOAP.get(item.type, "xsd:string"),
        "sortable": item.sortable,
        "type": item.type,
        "unique": item.unique,
        "updateable": item.updateable,
    }
    return dict(sorted(found.items()))


def _plural(label: str) -> str:
    return f"{label[:-1]}ies" if label.endswith("y") else f"{label}s"


_STATUSES = ("LeadStatus", "TaskStatus", "TaskPriority", "CaseStatus", "OpportunityStage")
_READ_ONLY = (*_STATUSES, "Organization", "Profile", "UserPermissionAccess")


def summary(entity: ObjectDef, user: User, base: str) -> dict[str, Any]:
    """Return the entry of one object in the global describe."""
    where = f"{base}/sobjects/{entity.name}"
    setup = entity.name in (*_READ_ONLY, "User", "UserRole", "Group")
    return {
        "activateable": False, "associateEntityType": None, "associateParentEntity": None,
        "createable": user.may("create", entity.name) and entity.name not in _READ_ONLY,
        "custom": entity.custom, "customSetting": False, "deepCloneable": False,
        "deletable": user.may("delete", entity.name) and not setup,
        "deprecatedAndHidden": False, "feedEnabled": not setup, "hasSubtypes": False, "isInterface": False,
        "isSubtype": False, "keyPrefix": entity.prefix, "label": entity.label, "labelPlural": _plural(entity.label),
        "layoutable": True, "mergeable": entity.name in ("Lead", "Contact", "Account"), "mruEnabled": not setup,
        "name": entity.name, "queryable": True, "replicateable": True, "retrieveable": True,
        "searchable": entity.name in ("Lead", "Contact", "Account", "Opportunity", "Task", "Event", "User", "Campaign")
        or entity.custom,
        "triggerable": not setup, "undeletable": not setup, "updateable": user.may("edit", entity.name),
        "urls": {"rowTemplate": where + "/{ID}", "describe": f"{where}/describe", "sobject": where},
    }  # fmt: skip


def sobject(entity: ObjectDef, user: User, base: str, record_types: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the describe of one object."""
    found = summary(entity, user, base)
    where = f"{base}/sobjects/{entity.name}"
    found |= {
        "actionOverrides": [], "defaultImplementation": None, "extendedBy": None, "extendsInterfaces": None,
        "implementedBy": None, "implementsInterfaces": None, "listviewable": None, "lookupLayoutable": None,
        "compactLayoutable": True, "searchLayoutable": True, "namedLayoutInfos": [], "networkScopeFieldName": None,
        "sobjectDescribeOption": "FULL", "supportedScopes": [
            {"label": f"All {entity.label.lower()}s", "name": "everything"},
            {"label": f"My {entity.label.lower()}s", "name": "mine"}],
        "childRelationships": [
            {"cascadeDelete": (child, name) in CASCADES, "childSObject": child, "deprecatedAndHidden": False,
             "field": name, "junctionIdListNames": [], "junctionReferenceTo": [], "relationshipName": relationship,
             "restrictedDelete": False} for (child, name), relationship in entity.child_names.items()],
        "fields": [field(item, entity.name) for item in entity.fields.values()],
        "recordTypeInfos": record_types,
    }  # fmt: skip
    found["urls"] |= {
        "layouts": f"{where}/describe/layouts", "compactLayouts": f"{where}/describe/compactLayouts",
        "approvalLayouts": f"{where}/describe/approvalLayouts",
        "defaultValues": f"{where}/defaultValues?recordTypeId&fields",
        "listviews": f"{where}/listviews", "quickActions": f"{where}/quickActions",
        "uiDetailTemplate": "/{ID}", "uiEditTemplate": "/{ID}/e", "uiNewRecord": f"/{entity.prefix}/e",
    }  # fmt: skip
    return found
