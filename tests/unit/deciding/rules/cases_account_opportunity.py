"""Scenarios of accounts, opportunities and owners. Rule of this file: data alone."""

from collections.abc import Mapping
from typing import Any

from processors.model.record import Record
from tests.unit.deciding.rules.cases_actions import CONVERT, CREATE_CONTACT, CREATE_LEAD, UPDATE_CONTACT, UPDATE_LEAD
from tests.unit.deciding.rules.scenarios import (
    ACCOUNT,
    ACCOUNT_2,
    CONTACT,
    DEAL,
    DELEGATE,
    OPPORTUNITY,
    PERSON_ACCOUNT,
    QUEUE,
    Scenario,
    account,
    contact,
    lead,
    opportunity,
)

BOTH = {"account": PERSON_ACCOUNT, "opportunity": {"Name": "Deal"}}
LOST = ("discarded Account.Name", "discarded Account.Industry", "discarded Opportunity.Name")
ON = {"account": {"enabled": True}}
FOLLOW = {"account": {"enabled": True, "on_other": "follow"}}
UNNAMED: Mapping[str, Any] = {
    "lead": {"LastName": "Ann", "Title": "Boss"},
    "account": {"Name": None},
}
AS_IS = {"account": {"enabled": True, "create": False, "update": False}}
FIRM = {"account": PERSON_ACCOUNT}
FIRM_LOST = LOST[:2]
NEW_FIRM = "create Account new Name=Acme Industry=Rail"
OLD_FIRM = "update Account ACCOUNT Industry=Rail"
TWO_FIRMS = (
    "error multiple_match",
    "candidate Account ACCOUNT",
    "candidate Account ACCOUNT_2",
    "said: 2 accounts match its keys: merge them or add a key, then send the event under a new event_id",
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
        (contact(AccountId=ACCOUNT_2), account(ACCOUNT_2, Name="Acme, Inc.")),
        FIRM,
        ON,
    ),
    Scenario(
        "VS-21: a contact keeps the account that it has, untouched where updates are off",
        "contact",
        (*UPDATE_CONTACT, "linked Account ACCOUNT_2"),
        (contact(AccountId=ACCOUNT_2), account(ACCOUNT_2, Name="Acme, Inc.")),
        FIRM,
        AS_IS,
    ),
    Scenario(
        "1F-other_account: an event about another company writes nothing to the contact's own account",
        "contact",
        (*UPDATE_CONTACT, *FIRM_LOST),
        (contact(AccountId=ACCOUNT_2), account(), account(ACCOUNT_2, Name="Other")),
        FIRM,
        ON,
    ),
    Scenario(
        "1F-other_account: by setting the contact moves to the account that matches",
        "contact",
        ("updated none", OLD_FIRM, "update Contact CONTACT Title=Boss AccountId=ACCOUNT"),
        (contact(AccountId=ACCOUNT_2), account(), account(ACCOUNT_2, Name="Other")),
        FIRM,
        FOLLOW,
    ),
    Scenario(
        "1F-other_account: by setting the contact moves to an account that is made",
        "contact",
        ("updated none", NEW_FIRM, "update Contact CONTACT Title=Boss AccountId<-account"),
        (contact(AccountId=ACCOUNT_2), account(ACCOUNT_2, Name="Other")),
        FIRM,
        FOLLOW,
    ),
    Scenario(
        "1F-other_account: by setting an event about another company is an error",
        "contact",
        (
            "error other_account",
            "candidate Contact CONTACT",
            (
                "said: the contact belongs to Other, the event names another company: move the contact, "
                "then send the event under a new event_id"
            ),
        ),
        (contact(AccountId=ACCOUNT_2), account(), account(ACCOUNT_2, Name="Other")),
        FIRM,
        {"account": {"enabled": True, "on_other": "error"}},
    ),
    Scenario(
        "VS-21: a company is found in another writing",
        "contact",
        (
            "created none",
            "update Account ACCOUNT_2 Industry=Rail",
            "create Contact new LastName=Ann Title=Boss AccountId=ACCOUNT_2",
            "discarded Account.Name",
        ),
        (account(ACCOUNT_2, Name="Acme, Inc."), account(Name="Acme Roofing")),
        FIRM,
        ON,
    ),
    Scenario(
        "VS-21: the same writing goes before another one",
        "contact",
        ("created none", OLD_FIRM, "create Contact new LastName=Ann Title=Boss AccountId=ACCOUNT"),
        (account(ACCOUNT_2, Name="Acme, Inc."), account()),
        FIRM,
        ON,
    ),
    Scenario(
        "VS-21: two accounts in other writings are an error",
        "contact",
        TWO_FIRMS,
        (account(Name="Acme GmbH"), account(ACCOUNT_2, Name="Acme, Inc.")),
        FIRM,
        ON,
    ),
    Scenario(
        "VS-21: an account that is a default alone is none",
        "contact",
        (*CREATE_CONTACT, *FIRM_LOST),
        (account(),),
        {**FIRM, "defaulted": ("Account.Name",)},
        ON,
    ),
    Scenario("VS-11: update only makes no account", "only", (*UPDATE_CONTACT, *FIRM_LOST), (contact(),), FIRM, ON),
    Scenario(
        "VS-21: update only makes an account where the integration says so",
        "only",
        ("updated none", NEW_FIRM, "update Contact CONTACT Title=Boss AccountId<-account"),
        (contact(),),
        FIRM,
        {"account": {"enabled": True, "create": True}},
    ),
    Scenario(
        "VS-21: an account is made where the integration says so in any action",
        "contact",
        ("created none", NEW_FIRM, "create Contact new LastName=Ann Title=Boss AccountId<-account"),
        (),
        FIRM,
        {"account": {"enabled": True, "create": True}},
    ),
    Scenario(
        "VS-21: update only, an account is not made where the switch is off",
        "only",
        (*UPDATE_CONTACT, *FIRM_LOST),
        (contact(),),
        FIRM,
        {"account": {"enabled": True, "create": False}},
    ),
    *(
        Scenario(
            f"1F-company_account: an event without a company converts into the account of the lead's, accounts {on}",
            "convert",
            (
                "converted none",
                "update Lead LEAD Title=Boss",
                "convert Lead LEAD AccountId=ACCOUNT status=Closed - Converted",
                "update Contact of convert LastName=Ann Title=Boss",
                "linked Account ACCOUNT",
            ),
            (lead(Company="Acme, Inc."), account(), account(ACCOUNT_2, Name="Other")),
            UNNAMED,
            {"account": {"enabled": on}},
        )
        for on in (True, False)
    ),
    *(
        Scenario(
            f"1F-company_account: a lead of no known company converts as Salesforce does, accounts {on}",
            "convert",
            CONVERT,
            (lead(Company="N/A"), account(), account(ACCOUNT_2, Name="N/A")),
            UNNAMED,
            {"account": {"enabled": on}},
        )
        for on in (True, False)
    ),
    *(
        Scenario(
            f"1F-company_account: a lead whose company has no account converts as Salesforce does, accounts {on}",
            "convert",
            CONVERT,
            (lead(Company="Newcomer"), account()),
            UNNAMED,
            {"account": {"enabled": on}},
        )
        for on in (True, False)
    ),
    Scenario(
        "1F-company_account: two accounts of the lead's company are an error",
        "convert",
        TWO_FIRMS,
        (lead(), account(), account(ACCOUNT_2)),
        UNNAMED,
        ON,
    ),
    Scenario(
        "1F-company_account: two accounts of the lead's company, accounts off: as Salesforce does",
        "convert",
        CONVERT,
        (lead(), account(), account(ACCOUNT_2)),
        UNNAMED,
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


def _deal_of(owner: str) -> Record:
    """Return the open opportunity that is kept, of an account."""
    return opportunity(AccountId=owner)


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
        {**AS_IS, "opportunity": {"enabled": True, "create": True}},
    ),
    *(
        Scenario(
            f"1F-other_account: an event about another company makes no opportunity, create={create}",
            "contact",
            (*UPDATE_CONTACT, *FIRM_LOST, *DEAL_LOST),
            (contact(AccountId=ACCOUNT_2), account(), account(ACCOUNT_2, Name="Other")),
            {**FIRM, "opportunity": DEAL},
            {**ON, "opportunity": {"enabled": True, "create": create}},
        )
        for create in (True, False)
    ),
    *(
        Scenario(
            f"1F-other_account: it writes nothing to the open one of the contact's own account, update={update}",
            "contact",
            (*UPDATE_CONTACT, *FIRM_LOST, *DEAL_LOST),
            (contact(AccountId=ACCOUNT_2), account(), account(ACCOUNT_2, Name="Other"), _deal_of(ACCOUNT_2)),
            {**FIRM, "opportunity": DEAL},
            {**ON, "opportunity": {"enabled": True, "update": update}},
            kept=KEPT,
        )
        for update in (True, False)
    ),
    Scenario(
        "1F-other_account VS-26: it writes the open one of the company that it names",
        "contact",
        (*UPDATE_CONTACT, "update Opportunity OPPORTUNITY NextStep=Meet", *FIRM_LOST),
        (contact(AccountId=ACCOUNT_2), account(), account(ACCOUNT_2, Name="Other"), _deal_of(ACCOUNT)),
        {**FIRM, "opportunity": {"NextStep": "Meet"}},
        {**ON, **DEALS},
        kept=KEPT,
    ),
    Scenario(
        "1F-other_account: a contact that follows leaves the open one with its last account, and has a new one",
        "contact",
        (
            "updated none",
            OLD_FIRM,
            "update Contact CONTACT Title=Boss AccountId=ACCOUNT",
            f"{NEW_DEAL} AccountId=ACCOUNT ContactId=CONTACT",
        ),
        (contact(AccountId=ACCOUNT_2), account(), account(ACCOUNT_2, Name="Other"), _deal_of(ACCOUNT_2)),
        {**FIRM, "opportunity": DEAL},
        {**FOLLOW, **DEALS},
        kept=KEPT,
    ),
    Scenario(
        "1F-other_account: a contact that moved before has no part in the open one of its last account",
        "contact",
        (*UPDATE_CONTACT, f"{NEW_DEAL} AccountId=ACCOUNT ContactId=CONTACT", "linked Account ACCOUNT"),
        (contact(AccountId=ACCOUNT), account(), account(ACCOUNT_2, Name="Other"), _deal_of(ACCOUNT_2)),
        {"opportunity": DEAL},
        {"account": {"enabled": True, "update": False}, **DEALS},
        kept=KEPT,
    ),
    Scenario(
        "1F-other_account: nor is one made where the setting forbids it",
        "contact",
        (*UPDATE_CONTACT, "linked Account ACCOUNT", *DEAL_LOST),
        (contact(AccountId=ACCOUNT), account(), account(ACCOUNT_2, Name="Other"), _deal_of(ACCOUNT_2)),
        {"opportunity": DEAL},
        {"account": {"enabled": True, "update": False}, "opportunity": {"enabled": True, "create": False}},
        kept=KEPT,
    ),
    Scenario(
        "1F-other_account: by setting an event about another company writes no opportunity either",
        "contact",
        (
            "error other_account",
            "candidate Contact CONTACT",
            (
                "said: the contact belongs to Other, the event names another company: move the contact, "
                "then send the event under a new event_id"
            ),
        ),
        (contact(AccountId=ACCOUNT_2), account(), account(ACCOUNT_2, Name="Other")),
        {**FIRM, "opportunity": DEAL},
        {"account": {"enabled": True, "on_other": "error"}, **DEALS},
    ),
    Scenario(
        "VS-11: update only makes no opportunity",
        "only",
        (*UPDATE_CONTACT, *DEAL_LOST),
        (contact(),),
        {"opportunity": DEAL},
        DEALS,
    ),
    *(
        Scenario(
            f"1F-event_data: constants and defaults alone make no opportunity, create={create}",
            "contact",
            (*UPDATE_CONTACT, "discarded Opportunity.StageName", "discarded Opportunity.CloseDate"),
            (contact(),),
            {
                "opportunity": {"Name": None, "StageName": "New", "CloseDate": "2026-04-01"},
                "defaulted": ("Opportunity.StageName",),
            },
            {
                "opportunity": {"enabled": True, "create": create},
                "map": {"opportunity": {"CloseDate": {"constant": "2026-04-01"}}},
            },
        )
        for create in (True, False)
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
