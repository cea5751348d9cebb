"""
Settings of one org's connection.

In: values from the settings file or environment.  Out: a frozen, validated `SalesforceSettings`.
Rule of this file: every limit (seconds), switch and credential of this connector is here; secrets never show in `repr`.
"""

import re
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from processors.model.mail_address import Address
from processors.model.proxy_address import ProxyUrl

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

SHARED_LOGINS = ("login.salesforce.com", "test.salesforce.com")
"""Hosts at which every org may log in: no record is there."""
CREDENTIAL = (
    "login_url",
    "instance_url",
    "organization_id",
    "client_id",
    "client_secret",
    "private_key",
    "username",
    "audience",
)
"""Settings that say who we are in the org: after a change of one, the mapping is proven again (LL-29)."""


class SalesforceSettings(BaseModel):
    """
    How one org is reached.

    Exactly one credential: `client_secret` (client credentials; `login_url` is then the org's My Domain), or
    `private_key` and `username` (JWT bearer). `audience` of the JWT: None takes what Salesforce documents for the kind
    of `login_url`: https://login.salesforce.com, for a sandbox https://test.salesforce.com, a site's own address.

    `allowed_hosts` names further hosts that may see the token; an entry that begins with a dot allows its subdomains.
    Plain http is refused except to this machine, or where `allow_plain_http` says so.
    `ca_file` replaces the usual certificate authorities, `proxy` is the forward proxy through which every request
    goes; the environment is asked for neither.
    `organization_id` is the org that the credential must belong to (LL-28); without one any org is taken.
    `owners` are mailed when the connection breaks and when it is mended (LL-25); None: the recipients of the org's
    integrations, an empty list: nobody. `api_calls_needed` is how many API calls a day the work needs (LL-4).
    `person_account_type` is the developer name of the Account record type of persons: a new contact without an account
    becomes a person account of it (None: a contact without account).
    `daily_soft_limit` is the share of the org's daily API calls after which no more calls are made (R20).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    login_url: str
    instance_url: str | None = None
    organization_id: Annotated[str, Field(pattern=r"^00D[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?$")] | None = None
    owners: tuple[Address, ...] | None = None
    api_calls_needed: Annotated[int, Field(gt=0)] | None = None
    client_id: str
    client_secret: SecretStr | None = None
    private_key: SecretStr | None = None
    username: str | None = None
    audience: str | None = None
    api_version: Annotated[str, Field(pattern=r"^\d{2,3}\.0$")] = "65.0"
    connect_timeout: Annotated[float, Field(gt=0)] = 5.0
    read_timeout: Annotated[float, Field(gt=0)] = 30.0
    request_limit: Annotated[float, Field(gt=0)] = 600.0
    allowed_hosts: tuple[str, ...] = ()
    allow_plain_http: bool = False
    ca_file: str | None = None
    proxy: ProxyUrl | None = None
    daily_soft_limit: Annotated[float, Field(gt=0, le=1)] = 0.9
    soft_limit_pause: Annotated[float, Field(gt=0)] = 60.0
    login_pause: Annotated[float, Field(gt=0)] = 60.0
    external_field: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*__c$")] = "Signalbox_Key__c"
    person_account_type: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")] | None = None
    statement_length: Annotated[int, Field(ge=1_000, le=100_000)] = 100_000
    auto_assign: bool = False
    allow_duplicates: bool = False
    largest_answer: Annotated[int, Field(gt=0)] = 64 * 1024 * 1024
    connections: Annotated[int, Field(ge=1, le=64)] = 16

    @field_validator("api_version", mode="before")
    @classmethod
    def _without_v(cls, value: object) -> object:
        return value.removeprefix("v") if isinstance(value, str) else value

    @field_validator("login_url", "instance_url")
    @classmethod
    def _origin(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.path.strip("/"):
            raise ValueError("give scheme and host alone, such as https://example.my.salesforce.com")
        return f"{parts.scheme}://{parts.netloc}".lower()

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if (self.client_secret is None) == (self.private_key is None):
            raise ValueError("give exactly one of 'client_secret' and 'private_key'")
        if self.private_key is not None and not self.username:
            raise ValueError("'private_key' needs 'username', the integration user")
        for url in (self.login_url, self.instance_url):
            if url is not None and not self.may_reach(url):
                raise ValueError(f"{url}: plain http is refused; use https, or set 'allow_plain_http'")
        return self

    @property
    def record_address(self) -> str | None:
        """Where people open the org's records: `instance_url`, else `login_url` where that is the org's own address."""
        shared = urlsplit(self.login_url).hostname in SHARED_LOGINS
        return self.instance_url or (None if shared else self.login_url)

    def same_credential(self, other: "SalesforceSettings") -> bool:
        """Return whether *other* logs in as the same user, at the same place, with the same secret (LL-29)."""
        return all(getattr(self, name) == getattr(other, name) for name in CREDENTIAL)

    def may_reach(self, url: str) -> bool:
        """Return whether a token may go to *url*: an allowed host, and https unless it is this machine (S02, S03)."""
        parts = urlsplit(url)
        if parts.username is not None or parts.password is not None or re.search(r"[\s\\]", url):
            return False
        own = {urlsplit(u).netloc for u in (self.login_url, self.instance_url) if u}
        host = (parts.hostname or "").lower()
        if parts.netloc.lower() not in own and not any(_names(entry, host) for entry in self.allowed_hosts):
            return False
        return parts.scheme == "https" or (parts.scheme == "http" and (self.allow_plain_http or host in LOOPBACK))


def _names(entry: str, host: str) -> bool:
    entry = entry.lower()
    return host.endswith(entry) if entry.startswith(".") else host == entry
