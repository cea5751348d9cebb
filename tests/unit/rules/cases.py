"""All scenarios. Rule of this file: data; each list proves one part of the rules."""

from schemas.command import MatchKey
from tests.unit.rules.scenarios import (
    ACCOUNT,
    ACCOUNT_2,
    ACTIONS,
    CONTACT,
    CONTACT_2,
    CONVERTED,
    DEAL,
    DELEGATE,
    KEY,
    LEAD_2,
    OPPORTUNITY,
    PERSON_ACCOUNT,
    QUEUE,
    Scenario,
    account,
    contact,
    fact,
    lead,
    opportunity,
)

NO_MATCH = "said: no lead and no contact matches, and the action creates none"
SEVERAL = "said: 2 records match: merge them, or send the SalesforceID"
BLOCKED = "said: only a converted lead matches, which the setting match.converted_leads refuses: set it to follow"
UPDATE_LEAD = ("updated none", "update Lead LEAD Title=Boss")
UPDATE_CONTACT = ("updated none", "update Contact CONTACT Title=Boss")
CREATE_LEAD = ("created none", "create Lead new LastName=Ann Company=Acme Title=Boss")
CREATE_CONTACT = ("created none", "create Contact new LastName=Ann Title=Boss")
CONVERT = (
    "converted none",
    "update Lead LEAD Title=Boss",
    "convert Lead LEAD status=Closed - Converted",
    "update Contact of convert LastName=Ann Title=Boss",
)
NOTHING = ("error no_match", NO_MATCH)
TWO_LEADS = ("error multiple_match", "candidate Lead LEAD", "candidate Lead LEAD_2", SEVERAL)
REFUSED = ("error no_match", "candidate Lead LEAD", BLOCKED)

ACTION = [
    Scenario("VS-11: update only, nobody found, fails", "only", NOTHING),
    Scenario("VS-9: update only, one lead is updated", "only", UPDATE_LEAD, (lead(),)),
    Scenario("VS-9: update only, one contact is updated", "only", UPDATE_CONTACT, (contact(),)),
    Scenario("VS-12: update only, two leads, fails", "only", TWO_LEADS, (lead(), lead(LEAD_2))),
    Scenario("VS-15: create lead, nobody found, makes one lead", "lead", CREATE_LEAD),
    Scenario("VS-13: create lead, one lead is updated", "lead", UPDATE_LEAD, (lead(),)),
    Scenario("VS-13: create lead, one contact is updated and no lead made", "lead", UPDATE_CONTACT, (contact(),)),
    Scenario("VS-14: create lead, two leads, fails", "lead", TWO_LEADS, (lead(), lead(LEAD_2))),
    Scenario("VS-20: create contact, nobody found, makes one contact", "contact", CREATE_CONTACT),
    Scenario("VS-18: create contact, one lead is updated and stays a lead", "contact", UPDATE_LEAD, (lead(),)),
    Scenario("VS-18: create contact, one contact is updated", "contact", UPDATE_CONTACT, (contact(),)),
    Scenario("VS-19: create contact, two leads, fails", "contact", TWO_LEADS, (lead(), lead(LEAD_2))),
    Scenario("VS-25: convert, nobody found, makes one contact", "convert", CREATE_CONTACT),
    Scenario("VS-23: convert, one lead is updated, converted, then the contact updated", "convert", CONVERT, (lead(),)),
    Scenario("VS-24: convert, one contact is updated", "convert", UPDATE_CONTACT, (contact(),)),
    Scenario("VS-27: convert, two leads, fails", "convert", TWO_LEADS, (lead(), lead(LEAD_2))),
    *(
        Scenario(
            f"VS-7: a converted lead refused by setting is never written, action {action}",
            action,
            REFUSED,
            (CONVERTED,),
            settings={"match": {"converted_leads": "error"}},
        )
        for action in ACTIONS
    ),
    Scenario(
        "VS-1 VS-5: what no integration wants is skipped with its reason",
        "lead",
        ("skipped no_integration",),
        (lead(),),
        command={"kind": "skip", "skip_reason": "no_integration"},
    ),
    Scenario(
        "VS-9: nothing to change is updated, unchanged",
        "only",
        ("updated unchanged", "linked Lead LEAD"),
        (lead(Title="Boss"),),
    ),
]

BY_NAME = MatchKey(2, "text", "ann", lead="LastName", contact="LastName")
BY_COMPANY = MatchKey(1, "text", "acme", lead="Company")
ID_OF_CONTACT = {"salesforce_id": CONTACT[:15]}
NO_ID = {"match": {"salesforce_id": False}}
MATCH = [
    Scenario("VS-7: lead and contact are both searched", "lead", UPDATE_CONTACT, (contact(), lead(LEAD_2, Email=None))),
    Scenario(
        "VS-8: the SalesforceID goes before the keys",
        "only",
        UPDATE_CONTACT,
        (lead(), contact(Email=None)),
        ID_OF_CONTACT,
    ),
    Scenario(
        "VS-8: a SalesforceID that is not found is noted and the keys decide",
        "only",
        (*UPDATE_LEAD, "ignored 003000000000001"),
        (lead(),),
        ID_OF_CONTACT,
    ),
    Scenario(
        "VS-8: a deleted record falls through to the keys",
        "only",
        (*UPDATE_LEAD, "ignored 003000000000001"),
        (lead(), contact(IsDeleted=True)),
        ID_OF_CONTACT,
    ),
    Scenario(
        "VS-8: the ID of another object is noted and the keys decide",
        "only",
        (*UPDATE_LEAD, "ignored ACCOUNT"),
        (lead(), account()),
        {"salesforce_id": ACCOUNT},
    ),
    Scenario(
        "VS-8: a SalesforceID that is found is not used where the setting is off",
        "only",
        UPDATE_LEAD,
        (lead(), contact(Email=None)),
        ID_OF_CONTACT,
        NO_ID,
    ),
    Scenario(
        "VS-8: a SalesforceID that is not found is not noted where the setting is off",
        "only",
        UPDATE_LEAD,
        (lead(),),
        ID_OF_CONTACT,
        NO_ID,
    ),
    Scenario(
        "VS-8: keys of one set are joined by AND",
        "only",
        UPDATE_LEAD,
        (lead(), lead(LEAD_2, Company="Other")),
        {"keys": (KEY, BY_COMPANY)},
    ),
    Scenario(
        "VS-8: an object that lacks one key of a set is not matched by it",
        "only",
        UPDATE_LEAD,
        (lead(), contact()),
        {"keys": (KEY, BY_COMPANY)},
    ),
    Scenario(
        "VS-8: the next set is tried where the first finds nobody",
        "only",
        UPDATE_CONTACT,
        (contact(Email="other@example.com"),),
        {"keys": (KEY, BY_NAME)},
    ),
    Scenario(
        "VS-8: the next set is not tried where the first finds somebody",
        "only",
        UPDATE_LEAD,
        (lead(), lead(LEAD_2, Email=None)),
        {"keys": (KEY, BY_NAME)},
    ),
    Scenario(
        "VS-8: telephone numbers are compared as numbers",
        "only",
        UPDATE_LEAD,
        (lead(Phone="(415) 555-2671"),),
        {"keys": (MatchKey(1, "phone", "+1 415 555 2671", lead="Phone", contact="Phone"),)},
    ),
    Scenario(
        "VS-7: a converted lead leads to its contact",
        "only",
        (*UPDATE_CONTACT, "followed LEAD"),
        (CONVERTED, contact(Email=None)),
    ),
    Scenario("VS-7: a converted lead and its contact are one match", "only", UPDATE_CONTACT, (CONVERTED, contact())),
    Scenario("VS-7: a converted lead whose contact is gone matches nobody", "only", NOTHING, (CONVERTED,)),
    Scenario(
        "VS-7: converted leads are left out by setting",
        "only",
        NOTHING,
        (CONVERTED, contact(Email=None)),
        settings={"match": {"converted_leads": "ignore"}},
    ),
    Scenario(
        "VS-7: converted leads are an error by setting",
        "only",
        REFUSED,
        (CONVERTED, contact(Email=None)),
        settings={"match": {"converted_leads": "error"}},
    ),
    Scenario(
        "VS-32: a lead and a contact are several by default",
        "only",
        ("error multiple_match", "candidate Lead LEAD", "candidate Contact CONTACT", SEVERAL),
        (lead(), contact()),
    ),
    Scenario(
        "VS-32: the contact is preferred by setting",
        "only",
        UPDATE_CONTACT,
        (lead(), contact()),
        settings={"match": {"lead_and_contact": "prefer_contact"}},
    ),
    Scenario(
        "VS-32: the lead is preferred by setting",
        "only",
        UPDATE_LEAD,
        (lead(), contact()),
        settings={"match": {"lead_and_contact": "prefer_lead"}},
    ),
    Scenario(
        "VS-32: two contacts stay several although contacts are preferred",
        "only",
        ("error multiple_match", "candidate Contact CONTACT", "candidate Contact CONTACT_2", SEVERAL),
        (lead(), contact(), contact(CONTACT_2)),
        settings={"match": {"lead_and_contact": "prefer_contact"}},
    ),
]

BOTH = {"account": PERSON_ACCOUNT, "opportunity": {"Name": "Deal"}}
LOST = ("discarded Account.Name", "discarded Account.Industry", "discarded Opportunity.Name")
ON = {"account": {"enabled": True}}
AS_IS = {"account": {"enabled": True, "create": False, "update": False}}
FIRM = {"account": PERSON_ACCOUNT}
FIRM_LOST = LOST[:2]
NEW_FIRM = "create Account new Name=Acme Industry=Rail"
OLD_FIRM = "update Account ACCOUNT Industry=Rail"
TWO_FIRMS = (
    "error multiple_match",
    "candidate Account ACCOUNT",
    "candidate Account ACCOUNT_2",
    "said: 2 accounts match its keys: merge them or add a key, then replay",
)
ACCOUNTS = [
    Scenario(
        "VS-16: account and opportunity are discarded with a lead updated",
        "only",
        (*UPDATE_LEAD, *LOST),
        (lead(),),
        BOTH,
        ON,
    ),
    Scenario(
        "VS-16: account and opportunity are discarded with a lead created", "lead", (*CREATE_LEAD, *LOST), (), BOTH, ON
    ),
    *(
        Scenario(
            f"VS-21: an account that is switched off is left alone, update={update}",
            "contact",
            (*CREATE_CONTACT, *FIRM_LOST),
            (account(),),
            FIRM,
            {"account": {"enabled": False, "update": update}},
        )
        for update in (True, False)
    ),
    *(
        Scenario(
            f"VS-21: an account without its key is left alone, update={update}",
            "contact",
            (*CREATE_CONTACT, "discarded Account.Industry"),
            (account(Name=None),),
            {"account": {"Name": " ", "Industry": "Rail"}},
            {"account": {"enabled": True, "update": update}},
        )
        for update in (True, False)
    ),
    Scenario(
        "VS-21: a new account is made first and the new contact linked to it",
        "contact",
        ("created none", NEW_FIRM, "create Contact new LastName=Ann Title=Boss AccountId<-account"),
        (),
        FIRM,
        ON,
    ),
    Scenario(
        "VS-21: a new account is not made where the switch is off",
        "contact",
        (*CREATE_CONTACT, *FIRM_LOST),
        (),
        FIRM,
        AS_IS,
    ),
    Scenario(
        "VS-21: the matching account is updated and the new contact linked to it",
        "contact",
        ("created none", OLD_FIRM, "create Contact new LastName=Ann Title=Boss AccountId=ACCOUNT"),
        (account(),),
        FIRM,
        ON,
    ),
    Scenario(
        "VS-21: the matching account is only linked where updates are off",
        "contact",
        ("created none", "create Contact new LastName=Ann Title=Boss AccountId=ACCOUNT", "linked Account ACCOUNT"),
        (account(),),
        FIRM,
        AS_IS,
    ),
    *(
        Scenario(
            f"VS-21: several matching accounts are an error, settings {number}",
            "contact",
            TWO_FIRMS,
            (account(), account(ACCOUNT_2)),
            FIRM,
            settings,
        )
        for number, settings in enumerate((ON, AS_IS))
    ),
    Scenario(
        "VS-21: a contact keeps the account that it has, which is updated but not renamed",
        "contact",
        (
            "updated none",
            "update Account ACCOUNT_2 Industry=Rail",
            "update Contact CONTACT Title=Boss",
            "discarded Account.Name",
        ),
        (contact(AccountId=ACCOUNT_2), account(), account(ACCOUNT_2, Name="Other")),
        FIRM,
        ON,
    ),
    Scenario(
        "VS-21: a contact keeps the account that it has, untouched where updates are off",
        "contact",
        (*UPDATE_CONTACT, "linked Account ACCOUNT_2"),
        (contact(AccountId=ACCOUNT_2), account(), account(ACCOUNT_2, Name="Other")),
        FIRM,
        AS_IS,
    ),
    Scenario(
        "VS-21: a contact without account is linked to the matching one",
        "contact",
        ("updated none", OLD_FIRM, "update Contact CONTACT Title=Boss AccountId=ACCOUNT"),
        (contact(), account()),
        FIRM,
        ON,
    ),
    Scenario(
        "VS-21: a contact without account is linked to the new one",
        "contact",
        ("updated none", NEW_FIRM, "update Contact CONTACT AccountId<-account"),
        (contact(Title="Boss"),),
        FIRM,
        ON,
    ),
    Scenario(
        "VS-26 VS-21: a lead is converted into the matching account",
        "convert",
        (
            "converted none",
            "update Lead LEAD Title=Boss",
            "convert Lead LEAD AccountId=ACCOUNT status=Closed - Converted",
            OLD_FIRM,
            "update Contact of convert LastName=Ann Title=Boss",
        ),
        (lead(), account()),
        FIRM,
        ON,
    ),
    Scenario(
        "VS-26 VS-21: a new account is made before the conversion, so that the conversion makes none",
        "convert",
        (
            "converted none",
            "update Lead LEAD Title=Boss",
            NEW_FIRM,
            "convert Lead LEAD AccountId<-account status=Closed - Converted",
            "update Contact of convert LastName=Ann Title=Boss",
        ),
        (lead(),),
        FIRM,
        ON,
    ),
]

DEALS = {"opportunity": {"enabled": True}}
NO_DEALS = {"opportunity": {"enabled": True, "create": False, "update": False}}
DEAL_LOST = tuple(f"discarded Opportunity.{name}" for name in DEAL)
NEW_DEAL = "create Opportunity new Name=Deal StageName=New CloseDate=2026-04-01 NextStep=Meet"
KEPT = {CONTACT: OPPORTUNITY}
HELD = opportunity(StageName="New", CloseDate="2026-04-01")
OPPORTUNITIES = [
    *(
        Scenario(
            f"VS-26: an opportunity that is switched off is left alone, update={update}",
            "contact",
            (*UPDATE_CONTACT, *DEAL_LOST),
            (contact(), HELD),
            {"opportunity": DEAL},
            {"opportunity": {"enabled": False, "update": update}},
            kept=KEPT,
        )
        for update in (True, False)
    ),
    Scenario(
        "VS-26 VS-21: a new opportunity belongs to the new contact and its new account",
        "contact",
        (
            "created none",
            NEW_FIRM,
            "create Contact new LastName=Ann Title=Boss AccountId<-account",
            f"{NEW_DEAL} AccountId<-account ContactId<-contact",
        ),
        (),
        {**FIRM, "opportunity": DEAL},
        {**ON, **DEALS},
    ),
    Scenario(
        "VS-26: a new opportunity of a known contact belongs to its account",
        "only",
        (*UPDATE_CONTACT, f"{NEW_DEAL} AccountId=ACCOUNT ContactId=CONTACT", "linked Account ACCOUNT"),
        (contact(AccountId=ACCOUNT), account()),
        {"opportunity": DEAL},
        {**AS_IS, **DEALS},
    ),
    Scenario(
        "VS-26: a conversion ends with one opportunity, ours",
        "convert",
        (*CONVERT, f"{NEW_DEAL} AccountId<-account ContactId<-contact"),
        (lead(),),
        {"opportunity": DEAL},
        DEALS,
    ),
    Scenario(
        "VS-26: a new opportunity is not made where the switch is off",
        "contact",
        (*UPDATE_CONTACT, *DEAL_LOST),
        (contact(),),
        {"opportunity": DEAL},
        NO_DEALS,
    ),
    Scenario(
        "VS-26: the open opportunity kept for the contact is updated, and no second one made",
        "contact",
        (*UPDATE_CONTACT, "update Opportunity OPPORTUNITY NextStep=Meet"),
        (contact(), HELD),
        {"opportunity": DEAL},
        DEALS,
        kept=KEPT,
    ),
    Scenario(
        "VS-26: the open opportunity is left as it is where updates are off",
        "contact",
        (*UPDATE_CONTACT, "linked Opportunity OPPORTUNITY"),
        (contact(), HELD),
        {"opportunity": DEAL},
        NO_DEALS,
        kept=KEPT,
    ),
    Scenario(
        "VS-26: a closed opportunity is not touched, a new one is made",
        "contact",
        (*UPDATE_CONTACT, f"{NEW_DEAL} ContactId=CONTACT"),
        (contact(), opportunity(IsClosed=True)),
        {"opportunity": DEAL},
        DEALS,
        kept=KEPT,
    ),
]

OWNERS = [
    Scenario(
        f"VS-23: {name}",
        "convert",
        (*CONVERT[:2], f"convert Lead LEAD status=Closed - Converted{told}", CONVERT[3]),
        (lead(OwnerId=owner),),
        settings={"convert": {"owner": setting}},
    )
    for name, owner, setting, told in (
        ("a user keeps the lead that is converted", "005000000000002AAA", DELEGATE, ""),
        ("a lead of a queue goes to the owner that the settings name", QUEUE, DELEGATE, " owner=DELEGATE"),
        ("a lead of a queue goes to the integration's user", QUEUE, None, " owner=USER"),
    )
]

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
            f"said: the new {name} needs {name}.{_NEEDED}: map a value to each, then replay",
        )
    else:
        listed = " ".join(f"{one}={value}" for one, value in {**mapped, _NEEDED: written}.items())
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
                f"said: the new Lead needs Lead.{_NEEDED}: map a value to each, then replay",
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

UNMAPPED = "said: the integration maps no {} field: add the mapping, then replay"
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

SCENARIOS = [*ACTION, *MATCH, *ACCOUNTS, *OPPORTUNITIES, *OWNERS, *POLICIES, *MANDATORY, *MAPPING]
