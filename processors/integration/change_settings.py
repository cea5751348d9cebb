"""
Settings of reverse sync: which changes in Salesforce are sent to the source, and how (SP-13 to SP-17, SP-28).

Rule of this file: frozen, validated values; what is done with them is in `processors/changes/`.
"""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from processors.integration.base import Condition, Flag, Model
from processors.model.mail_address import Address
from schemas.values import Scalar

OBJECTS = ("Lead", "Account", "Contact", "Opportunity")
"""Objects whose changes come back."""

Scope = Literal["historical_and_forward", "historical_only", "forward_only"]


def _known(name: str) -> str:
    if name in OBJECTS:
        return name
    if name in ("Task", "Event"):
        raise ValueError(
            f"{name}s of Salesforce never go back to the source (SP-36, SP-39); take it out, use {', '.join(OBJECTS)}"
        )
    raise ValueError(f"changes of {name} are not read; use {', '.join(OBJECTS)}")


ObjectName = Annotated[str, AfterValidator(_known)]
FieldPath = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*){0,4}$")]
"""A field's API name, or a field of a parent (`Owner.Name`)."""


class ChangedField(Model):
    """
    Which Salesforce field one field of the source takes its value from.

    `values` maps picklist values of the org to those of the source; `unmapped` says what becomes of a value that it
    does not list: `keep` it, or take the `default` (SP-23, SP-41).
    """

    salesforce: FieldPath = Field(alias="from")
    values: dict[str, Scalar] = Field(default_factory=dict)
    unmapped: Literal["keep", "default"] = "keep"
    default: Scalar = None

    @model_validator(mode="after")
    def _values_listed(self) -> Self:
        if (self.unmapped != "keep" or self.default is not None) and not self.values:
            raise ValueError("'unmapped' and 'default' speak of values that 'values' does not list; list some")
        return self


def _in_full(value: object) -> object:
    return {"from": value} if isinstance(value, str) else value


ChangedFields = dict[str, Annotated[ChangedField, BeforeValidator(_in_full, json_schema_input_type=ChangedField | str)]]
"""The source's field name → where its value comes from; a plain string is short for `{from: <string>}`."""


class ChangeFilter(Condition):
    """
    One condition on the record in Salesforce; all of them must hold (SP-16, SP-17).

    Compared without case; a field that is empty is the empty text: it equals '' alone. `name` goes into the metric of
    what is left out.
    """

    name: Annotated[str, Field(pattern=r"\S", max_length=60)]
    field: FieldPath


class ObjectChanges(Model):
    """
    What comes back of one object.

    `scope`: what is there already and what changes later, or one of both alone (SP-13 to SP-15); what is there goes
    through the same filters (SP-40).
    """

    scope: Scope = "forward_only"
    filters: tuple[ChangeFilter, ...] = ()
    fields: ChangedFields = Field(default_factory=dict)

    @property
    def forward(self) -> bool:
        """Whether what changes after the activation is told."""
        return self.scope != "historical_only"

    @property
    def historical(self) -> bool:
        """Whether what is there at the activation is told."""
        return self.scope != "forward_only"


class ChangesSettings(Model):
    """
    Changes in Salesforce that go to `crm.change.<integration>`; off unless `enabled`, a switch of its own (SP-2).

    `users` are the e-mails of the source's users: who owns a record and is none of them becomes `default_owner`
    (SP-28). Without `users` every owner is taken as he is.
    """

    enabled: Flag = False
    objects: dict[ObjectName, ObjectChanges] = Field(default_factory=dict)
    users: tuple[Address, ...] = ()
    default_owner: Address | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.enabled and not self.objects:
            raise ValueError(f"nothing comes back without 'objects'; name at least one of {', '.join(OBJECTS)}")
        if self.users and self.default_owner is None:
            raise ValueError("'users' needs 'default_owner', who stands in for owners that are none of them (SP-28)")
        return self
