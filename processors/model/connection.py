"""
Connection: why an org cannot be worked on, and which of its integrations cannot.

In: nothing.  Out: the closed set of causes, each with one sentence of what to do; `Break`, one that is found.
Rule of this file: words and values alone; which answer of Salesforce means which cause is the connector's to say.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Cause = Literal[
    "field_removed",
    "auth_password",
    "auth_credentials",
    "auth_token",
    "ip_restricted",
    "no_api",
    "wrong_org",
    "storage_full",
    "api_version",
    "wrong_domain",
    "wrong_audience",
    "app_blocked",
    "no_rights",
]
CAUSES: tuple[Cause, ...] = get_args(Cause)

WHOLE_ORG: tuple[Cause, ...] = tuple(cause for cause in CAUSES if cause != "field_removed")
"""Causes that stop every integration of the org; a removed field stops those alone that map it."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """What a cause is called, and what its reader has to do."""

    what: str
    todo: str


SENTENCES: Mapping[Cause, Sentence] = {
    "field_removed": Sentence(
        "a mapped field is gone, or hidden from the integration user",
        "Give the integration user the right to the field, make the field again, or take it out of the map.",
    ),
    "auth_password": Sentence(
        "the password of the integration user was changed or has expired",
        "Set the user's password in Salesforce, unlock the user there if it is locked, and renew the credential here.",
    ),
    "auth_credentials": Sentence(
        "Salesforce does not take the credential",
        "Compare client_id, secret or key with the app in Salesforce; see that the user is active and may use it.",
    ),
    "auth_token": Sentence(
        "the token was revoked or replaced, perhaps by another application that uses the same app",
        "Give every application an app of its own in Salesforce, and approve this one again for the integration user.",
    ),
    "ip_restricted": Sentence(
        "Salesforce refuses this address, or the hour",
        "Add this address to the trusted IP ranges (and the profile's login ranges and hours), or relax the app's.",
    ),
    "no_api": Sentence(
        "the org's licence, or the user's profile, has no API access",
        "Give the integration user the permission API Enabled, or ask Salesforce to enable the API for this org.",
    ),
    "wrong_org": Sentence(
        "the credential belongs to another org than organization_id says",
        "Put in the credential of the right org, or correct organization_id; nothing was read or written there.",
    ),
    "storage_full": Sentence(
        "the org's data storage is full, so that no record can be made",
        "Delete or archive records in Salesforce, or buy storage; nothing was refused, and work goes on by itself.",
    ),
    "api_version": Sentence(
        "the org has retired the API version that api_version says",
        "Set api_version of the org to one that /services/data of the org lists, and restart the executor.",
    ),
    "wrong_domain": Sentence(
        "login_url or instance_url is not the address at which this org takes such requests",
        "Set login_url to the org's My Domain address (Setup, My Domain), and take instance_url out of the settings.",
    ),
    "wrong_audience": Sentence(
        "the audience of the JWT is not the one that the org expects",
        "Set audience to https://login.salesforce.com, https://test.salesforce.com (sandbox), or the site's address.",
    ),
    "app_blocked": Sentence(
        "an administrator has blocked the app, or it is not installed in the org or not open to the user",
        "Unblock or install the app in Setup (Connected Apps OAuth Usage), and give the user the app's permission set.",
    ),
    "no_rights": Sentence(
        "the integration user lacks a licence, or the right to a whole object",
        "Assign the user the licence and the permission set that signalbox check asks for; nothing was refused.",
    ),
}
"""LL-18 to LL-21, LL-28: each cause told apart."""


@dataclass(frozen=True, slots=True)
class Break:
    """One broken connection as it is found: *integrations* that wait for it, and what was seen."""

    cause: Cause
    integrations: tuple[str, ...]
    detail: str
