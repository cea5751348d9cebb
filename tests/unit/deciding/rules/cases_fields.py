"""Scenarios of single fields and of mappings. Rule of this file: data alone."""

from tests.unit.deciding.rules.cases_account_opportunity import DEALS, FIRM, NEW_DEAL, NEW_FIRM, ON
from tests.unit.deciding.rules.cases_actions import CONVERT, CREATE_CONTACT, CREATE_LEAD, UPDATE_CONTACT, UPDATE_LEAD
from tests.unit.deciding.rules.scenarios import (
    ACCOUNT,
    DEAL,
    Scenario,
    contact,
    fact,
    lead,
)

_VALUES = {
    "value_over_blank": ("Boss", None, "skip"),
    "value_over_value": ("Boss", "Chief", "skip"),
    "blank_skips_value": (" ", "Chief", "skip"),
    "blank_clears_value": (None, "Chief", "clear"),
}
_WRITTEN = {
    ("overwrite", "value_over_blank"): "Title=Boss",
    ("overwrite", "value_over_value"): "Title=Boss",
    ("overwrite", "blank_clears_value"): "Title=None",
    ("fill_blank", "value_over_blank"): "Title=Boss",
}
POLICIES = [
    Scenario(
        f"1F-{policy} VS-9: {case}",
        "only",
        ("updated none", f"update Lead LEAD {_WRITTEN[policy, case]}")
        if (policy, case) in _WRITTEN
        else ("updated unchanged", "linked Lead LEAD"),
        (lead(Title=held),),
        {"lead": {"Title": value}},
        {"write": {"fields": {"Lead.Title": policy}, "blank": blank}},
    )
    for policy in ("overwrite", "fill_blank", "never")
    for case, (value, held, blank) in _VALUES.items()
]

_NEEDED = "Class__c"
_CREATIONS = {
    "lead": ("VS-17", "lead", "Lead", "lead", {"LastName": "Ann", "Company": "Acme"}, ()),
    "contact": ("VS-22", "contact", "Contact", "contact", {"LastName": "Ann"}, ()),
    "contact_by_convert": ("VS-28", "convert", "Contact", "contact", {"LastName": "Ann"}, ()),
    "account": ("VS-21", "contact", "Account", "account", {"Name": "Acme"}, (contact(Title="Boss"),)),
    "opportunity": (
        "VS-26",
        "contact",
        "Opportunity",
        "opportunity",
        {"Name": "Deal", "StageName": "New", "CloseDate": "2026-04-01"},
        (contact(Title="Boss", AccountId=ACCOUNT),),
    ),
}


def _mandatory(creation: str, case: str, empty: str) -> Scenario:
    rule, action, name, target, mapped, rows = _CREATIONS[creation]
    values = {**mapped, **{"filled": {_NEEDED: "A"}, "empty": {_NEEDED: ""}, "unmapped": {}}[case]}
    written = {"filled": "A", "empty": "N/A" if empty == "default" else None}.get(case)
    if written is None:
        then: tuple[str, ...] = (
            "error mandatory_unmapped",
            f"missing {name}.{_NEEDED}",
            (
                f"said: the new {name} needs {name}.{_NEEDED}: map a value to each, "
                "then send the event under a new event_id"
            ),
        )
    else:
        listed = " ".join(f"{text}={value}" for text, value in {**mapped, _NEEDED: written}.items())
        then = {
            "Lead": ("created none", f"create Lead new {listed}"),
            "Contact": ("created none", f"create Contact new {listed}"),
            "Account": ("updated none", f"create Account new {listed}", "update Contact CONTACT AccountId<-account"),
            "Opportunity": (
                "updated none",
                f"create Opportunity new {listed} AccountId=ACCOUNT ContactId=CONTACT",
                "linked Contact CONTACT",
            ),
        }[name]
    settings = {"mandatory": {"empty": empty}}
    if target in ("account", "opportunity"):
        settings[target] = {"enabled": True}  # type: ignore[dict-item]  # the values of settings differ
    return Scenario(
        f"{rule}: a mandatory field of a new {creation} is {case}, setting {empty}",
        action,
        then,
        rows,
        {target: values},
        settings,
        {name: (fact(_NEEDED, required=True),)},
    )


MANDATORY = [
    *(
        _mandatory(creation, case, empty)
        for creation in _CREATIONS
        for case in ("filled", "empty", "unmapped")
        for empty in ("default", "error")
    ),
    Scenario(
        "VS-28: an update does not ask for mandatory fields",
        "convert",
        UPDATE_CONTACT,
        (contact(),),
        {"contact": {"Title": "Boss"}},
    ),
    *(
        Scenario(
            f"1G-{kind}: a mandatory {field_type} came empty, restricted={restricted}",
            "lead",
            ("created none", f"create Lead new LastName=Ann Company=Acme {_NEEDED}={value}")
            if value is not None
            else (
                "error mandatory_unmapped",
                f"missing Lead.{_NEEDED}",
                (
                    f"said: the new Lead needs Lead.{_NEEDED}: map a value to each, "
                    "then send the event under a new event_id"
                ),
            ),
            (),
            {"lead": {"LastName": "Ann", "Company": "Acme", _NEEDED: None}},
            facts={"Lead": (fact(_NEEDED, field_type, required=True, restricted=restricted),)},
        )
        for kind, field_type, restricted, value in (
            ("text", "picklist", False, "N/A"),
            ("number", "currency", False, 0),
            ("day", "date", False, "2026-03-02"),
            ("other", "picklist", True, None),
            ("other", "reference", False, None),
        )
    ),
]

UNMAPPED = "said: the integration maps no {} field: add the mapping, then send the event under a new event_id"
MAPPING = [
    Scenario("1G-no_mapping: a lead is updated by its mapping", "only", UPDATE_LEAD, (lead(),)),
    Scenario("1G-no_mapping: a lead is created by its mapping", "lead", CREATE_LEAD),
    Scenario("1G-no_mapping: a contact is updated by its mapping", "only", UPDATE_CONTACT, (contact(),)),
    Scenario("1G-no_mapping: a contact is created by its mapping", "contact", CREATE_CONTACT),
    Scenario("1G-no_mapping: a lead is converted by its mappings", "convert", CONVERT, (lead(),)),
    Scenario(
        "1G-no_mapping: an account and an opportunity are created by their mappings",
        "contact",
        (
            "updated none",
            NEW_FIRM,
            "update Contact CONTACT Title=Boss AccountId<-account",
            f"{NEW_DEAL} ContactId=CONTACT AccountId<-account",
        ),
        (contact(),),
        {**FIRM, "opportunity": DEAL},
        {**ON, **DEALS},
    ),
    *(
        Scenario(
            f"1G-no_mapping: nothing is sent without a mapping, {what}",
            action,
            ("error no_mapping", UNMAPPED.format(name)),
            rows,
            {name.lower(): {}},
            {**ON, **DEALS},
        )
        for what, action, name, rows in (
            ("update of a lead", "only", "Lead", (lead(),)),
            ("create of a lead", "lead", "Lead", ()),
            ("update of a contact", "only", "Contact", (contact(),)),
            ("create of a contact", "contact", "Contact", ()),
            ("conversion", "convert", "Contact", (lead(),)),
            ("create of an account", "contact", "Account", (contact(),)),
        )
    ),
    Scenario(
        "1G-no_mapping: nothing is sent without a mapping, create of an opportunity",
        "contact",
        ("error no_mapping", UNMAPPED.format("Opportunity")),
        (contact(),),
        settings=DEALS,
    ),
]
