"""
What is asked of an org and written to it, and what it answers.

Objects, fields and limits are those of Salesforce, under its API names: Salesforce is the domain (decision 0071).

Rule of this file: frozen values without behaviour beyond their own invariants; no I/O, no clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from processors.model.connection import Cause
from processors.model.record import Record
from schemas.values import Scalar


@dataclass(frozen=True, slots=True)
class In:
    """
    `field IN (values)` of a question; values are raw text, the connector escapes them.

    *like*: the values are patterns of LIKE instead, in which `%` stands for any text; any of them will do.
    """

    field: str
    values: tuple[str, ...]
    like: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """
    Which records of one object to read: any of the alternatives, each a conjunction of INs. Rows come back whole.

    `deleted`: deleted and merged rows too (queryAll); they carry `IsDeleted`, and a merge's loser `MasterRecordId`.
    """

    object: str
    fields: tuple[str, ...]
    any_of: tuple[tuple[In, ...], ...]
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """
    The answer to several questions: rows by question, in order, and the API calls that it took.

    `unsettled` are words of a search of which there are more records than it tells: what is not there may be all the
    same.
    """

    rows: tuple[tuple[Record, ...], ...]
    api_calls: int
    unsettled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Write:
    """
    One record write. A create is an insert: `external` (field, value) is a Unique External ID that goes along, so that
    a second copy is refused with DUPLICATE_VALUE and no record that is there can be written.

    `fields` never contain the ID or the external ID field. `allow_duplicates`: a duplicate rule may warn, and the
    record is saved all the same. `assign`: the org's assignment rules choose the owner. Writes of different
    `collection` numbers go in different collections.
    """

    operation: Literal["create", "update", "delete"]
    object: str
    record_id: str | None = None
    external: tuple[str, str] | None = None
    fields: Mapping[str, Scalar] = field(default_factory=dict)
    allow_duplicates: bool = False
    assign: bool = False
    collection: int = 0


@dataclass(frozen=True, slots=True)
class Conversion:
    """One lead to convert (never with an opportunity: we create that ourselves, VS-26); see `Write` for duplicates."""

    lead_id: str
    status: str
    account_id: str | None = None
    owner_id: str | None = None
    allow_duplicates: bool = False


@dataclass(frozen=True, slots=True)
class RowError:
    """
    Why Salesforce refused one row; `transient` rows (locks) are tried again, others are a refusal.

    `gone` names the field or object that the org says is not there (LL-18). `duplicates` are the records that a
    duplicate rule found (`rule` names it), with the fields that the org told of them. `unsure`: what may pass may as
    well not, and is a refusal after some tries. `too_many`: fewer rows in one collection may pass. `cause` is why the
    whole org takes no such row.
    """

    code: str
    message: str
    fields: tuple[str, ...] = ()
    transient: bool = False
    gone: str | None = None
    duplicates: tuple[Record, ...] = ()
    rule: str = ""
    unsure: bool = False
    too_many: bool = False
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """The answer to one write or conversion, in the order sent."""

    success: bool
    id: str | None = None
    created: bool = False
    account_id: str | None = None
    contact_id: str | None = None
    errors: tuple[RowError, ...] = ()
