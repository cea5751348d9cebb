"""
Settings of an integration whose source is a field sales application: its records, activities and visits.

In: the keys of its file.  Out: a frozen, validated value.
Rule of this file: a leaf: it knows what every integration has, and no other file of a source.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

from processors.integration.base import Code, Flag, LinkSettings, Model, UserName
from processors.integration.model import Integration
from processors.integration.paths import AGENT, OWNER, PERSON, Paths

RECORD = (
    "record_id",
    "kind",
    "stage",
    "changed",
    "created",
    *OWNER,
    "notes",
    "disposition",
)
ACTIVITY = tuple(
    f"activity.{name}"
    for name in (
        "activity_id",
        "record_id",
        "kind",
        "changed",
        "created",
        "name",
        "description",
        "status",
        "done",
        "started",
        "ended",
        "zone",
        "day",
        "disposition",
    )
)

PATHS_OF_RECORDS = Paths(("event_id", "workspace", *RECORD))
PATHS_OF_ACTIVITIES = Paths(ACTIVITY)
"""What a condition may ask of a field record, and of a field activity."""


class FieldSalesSettings(Model):
    """
    How records and activities of a field sales application reach Salesforce (SP-3, SP-11, SP-18, SP-20, SP-26, SP-28).

    `to_salesforce` is the outgoing switch (SP-2), apart from `enabled`. `object` says what a record becomes. A record
    that reaches the stage `convert_at` converts its lead, once. With `stages`, only records at one of them are sent,
    and `stages_name` is what the outcome calls that condition. `owner` is the e-mail or user name of the user who owns
    a record whose owner at the source is no active user of the org. `visits` are Events, whatever activities are.
    """

    to_salesforce: Flag = False
    object: Literal["lead", "account"] = "lead"
    convert_at: Code | None = None
    stages: tuple[Code, ...] = ()
    stages_name: str = "stages"
    owner: UserName | None = None
    visits: Literal["Event"] = "Event"


class FieldSalesIntegration(Integration):
    """What fires it is a workspace of the field sales application; it carries out records and activities."""

    PATHS: ClassVar[Paths] = Paths(("event_id", "workspace", *RECORD, *ACTIVITY, *AGENT, *PERSON))

    source: Literal["field_sales"] = "field_sales"
    workspace: Code
    field_sales: FieldSalesSettings = FieldSalesSettings()
    link: LinkSettings = LinkSettings()

    @property
    def record_link(self) -> LinkSettings:
        """The person's record tells of the field record as `link` says (LL-9)."""
        return self.link

    @property
    def may_convert(self) -> bool:
        """Whether a stage converts leads (SP-11)."""
        return self.field_sales.convert_at is not None and not self.makes_accounts

    @property
    def makes_accounts(self) -> bool:
        """Whether a record of the source becomes an account (SP-3)."""
        return self.field_sales.object == "account"

    @property
    def default_owners(self) -> tuple[str, ...]:
        """Of activities, and of records (SP-28)."""
        return (*super().default_owners, *((self.field_sales.owner,) if self.field_sales.owner else ()))

    @property
    def named_users(self) -> Mapping[str, str]:
        """Of activities and conversions, and of records (SP-28)."""
        own = (self.field_sales.owner or "").strip()
        return {**super().named_users, **({"field_sales.owner": own} if own else {})}

    def activity_object(self, kind: str | None) -> str:
        """Return Task or Event; a visit is an Event (SP-26)."""
        return self.field_sales.visits if kind == "visit" else super().activity_object(kind)
