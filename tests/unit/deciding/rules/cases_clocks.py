"""Scenarios of the event-time guard: what is kept of a field, and what an event may do to it. Rule of this file: data,
and how such a match is made."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from processors.deciding.actions import OLDER
from processors.deciding.case import STALE
from processors.matching.index import Index
from processors.matching.match import match_person
from processors.model.field_history import LastWrite, seen, with_order, written_entry
from processors.model.record import Record
from processors.model.rule_table import Book
from processors.sources.decide import decide
from processors.sources.rule_book import BOOK
from tests.unit.deciding.rules.scenarios import (
    ACCOUNT,
    CONTACT,
    LEAD,
    PERSON_ACCOUNT,
    account,
    command,
    contact,
    integration,
    lead,
    org_facts,
    told,
)

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TIMES = {"earlier": "2026-03-02T09:29:00.000Z", "now": "2026-03-02T09:30:00.000Z", "later": "2026-03-02T09:31:00.000Z"}


def kept(when: str, value: Any = "Chief", event: str = "e-0", name: str = "Title") -> dict[str, dict[str, Any]]:
    """Return what is kept of a title that an event wrote at that time."""
    return written_entry(name, LastWrite(TIMES[when], event, value=value))


@dataclass(frozen=True)
class Guarded:
    """One case: given rows of the org and what is kept of their fields, then exactly this is decided."""

    name: str
    then: tuple[str, ...]
    rows: tuple[Record, ...] = (lead(Title="Chief"),)
    field_history: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    command: Mapping[str, Any] = field(default_factory=lambda: {"lead": {"Title": "Boss"}})
    settings: Mapping[str, Any] = field(default_factory=dict)
    action: str = "only"

    @property
    def rules(self) -> frozenset[str]:
        """The rule IDs that the name states, up to the colon."""
        return frozenset(self.name.partition(":")[0].split())

    def run(self, book: Book = BOOK) -> tuple[str, ...]:
        """Return what is decided, in lines; what is stale and what was there already are told too."""
        asked, settings = command(**self.command), integration(self.action, **self.settings)
        match = replace(match_person(asked, settings, Index(self.rows), {}, book), field_history=self.field_history)
        decision = decide(asked, match, settings, org_facts(), NOW, book)
        lines = [*told(match, decision), *(f"stale {name}" for name in decision.stale_fields)]
        return (*lines, *(f"seen {name}" for names in decision.seen.values() for name in names))


RECEIVED = {"lead": {"Title": "Boss"}, "time_is_receipt": True}
WRITTEN = ("updated none", "update Lead LEAD Title=Boss")
KEPT = ("skipped stale", "linked Lead LEAD", f"said: {STALE}", "stale Lead.Title")
OTHER = (
    "said: the contact belongs to Old, the event names another company: move the contact, "
    "then send the event under a new event_id"
)
OTHER_FIRM: Mapping[str, Any] = {"contact": {"Phone": "1"}, "account": PERSON_ACCOUNT}
MAILED, FIRM_LOST = "update Contact CONTACT Phone=1", ("discarded Account.Name", "discarded Account.Industry")
RESPECT = {"write": {"default": "respect_human"}}

_ORDER = [
    Guarded("EG-1 EG-4: a field that no event wrote is written", WRITTEN),
    Guarded("EG-2: a newer event writes", WRITTEN, field_history={LEAD: kept("earlier")}),
    Guarded("EG-3: another event of the very same time writes", WRITTEN, field_history={LEAD: kept("now")}),
    Guarded("EG-4: an event is not older than itself", WRITTEN, field_history={LEAD: kept("later", event="e-1")}),
    Guarded(
        "EG-10: an event whose time is that of its receipt writes",
        WRITTEN,
        field_history={LEAD: kept("later")},
        command=RECEIVED,
    ),
    Guarded(
        "EG-1: a time of receipt holds no event up",
        WRITTEN,
        field_history={LEAD: with_order(kept("later"), {})},
    ),
    Guarded(
        "EG-5: a value that an event of a time of receipt wrote keeps the time of the one before",
        KEPT,
        field_history={LEAD: with_order(kept("earlier"), {"Title": TIMES["later"]})},
    ),
    Guarded("EG-5: an older event does not write", KEPT, field_history={LEAD: kept("later")}),
    Guarded(
        "EG-5: what is left of an older event is written",
        ("updated none", "update Lead LEAD Phone=1", "stale Lead.Title"),
        field_history={LEAD: kept("later")},
        command={"lead": {"Title": "Boss", "Phone": "1"}},
    ),
    Guarded(
        "EG-5: an event is older than one that found its value there",
        KEPT,
        field_history={LEAD: seen("Title", "9", "x")},
    ),
    Guarded(
        "EG-5: an older event does not empty a field",
        KEPT,
        field_history={LEAD: kept("later")},
        command={"lead": {"Title": None}},
        settings={"write": {"blank": "clear"}},
    ),
    Guarded(
        "EG-5: an older event does not fill what a newer one emptied",
        KEPT,
        (lead(Title=None),),
        {LEAD: kept("later", None)},
        settings={"write": {"default": "fill_blank"}},
    ),
    Guarded(
        "EG-5: of a contact, what was written to the lead that it was counts",
        ("skipped stale", "linked Contact CONTACT", "followed LEAD", f"said: {STALE}", "stale Contact.Title"),
        (lead(IsConverted=True, ConvertedContactId=CONTACT), contact(Email="other", Title="Chief")),
        {LEAD: kept("later")},
        {"contact": {"Title": "Boss"}},
    ),
    Guarded(
        "EG-9: an older event does not convert the lead that a newer one wrote to",
        ("skipped stale", "linked Lead LEAD", f"said: {OLDER}", "stale Lead.IsConverted", "seen LastName"),
        (lead(Title="Chief"),),
        {LEAD: kept("later")},
        {"lead": {"LastName": "Ann"}, "contact": {"Title": "Boss"}},
        action="convert",
    ),
    Guarded(
        "EG-9: what else an older event says is written, and the lead stays a lead",
        ("updated none", "update Lead LEAD Phone=1", f"said: {OLDER}", "stale Lead.IsConverted"),
        (lead(Title="Chief"),),
        {LEAD: kept("later")},
        {"lead": {"Phone": "1"}, "contact": {"Title": "Boss"}},
        action="convert",
    ),
    Guarded(
        "EG-9: an event is older than one that found its value there",
        ("skipped stale", "linked Lead LEAD", f"said: {OLDER}", "stale Lead.IsConverted", "seen LastName"),
        (lead(Title="Chief"),),
        {LEAD: seen("Title", "9", "x")},
        {"lead": {"LastName": "Ann"}, "contact": {"Title": "Boss"}},
        action="convert",
    ),
    Guarded(
        "EG-8: a newer event converts, and so does one that is decided again",
        (
            "converted none",
            "convert Lead LEAD status=Closed - Converted",
            "update Contact of convert LastName=Ann",
            "seen LastName",
        ),
        (lead(Title="Chief"),),
        {LEAD: {**kept("earlier"), **kept("later", event="e-1", name="Phone")}},
        {"lead": {"LastName": "Ann"}, "contact": {"LastName": "Ann"}},
        action="convert",
    ),
    Guarded(
        "EG-9 1F-other_account: an older event does not move a contact",
        ("updated none", MAILED, *FIRM_LOST),
        (contact(AccountId=ACCOUNT), account(Name="Old")),
        {CONTACT: kept("later")},
        OTHER_FIRM,
        {"account": {"enabled": True, "on_other": "follow"}},
        "contact",
    ),
    Guarded(
        "1F-other_account: an older event about another company leaves both",
        ("updated none", MAILED, *FIRM_LOST),
        (contact(AccountId=ACCOUNT), account(Name="Old")),
        {CONTACT: kept("later")},
        OTHER_FIRM,
        {"account": {"enabled": True}},
        "contact",
    ),
    Guarded(
        "1F-other_account: an older event about another company is refused too, by setting",
        ("error other_account", "candidate Contact CONTACT", OTHER),
        (contact(AccountId=ACCOUNT), account(Name="Old")),
        {CONTACT: kept("later")},
        OTHER_FIRM,
        {"account": {"enabled": True, "on_other": "error"}},
    ),
    Guarded(
        "EG-5: an account has clocks too",
        (
            "skipped stale",
            "linked Account ACCOUNT",
            "linked Contact CONTACT",
            f"said: {STALE}",
            "stale Account.Industry",
            "seen Title",
        ),
        (
            contact(Title="Boss", AccountId=ACCOUNT),
            Record("Account", ACCOUNT, {"Name": "Acme", "Industry": "Steel"}),
        ),
        {ACCOUNT: kept("later", "Steel", name="Industry")},
        {"contact": {"Title": "Boss"}, "account": {"Name": "Acme", "Industry": "Rail"}},
        {"account": {"enabled": True}},
        action="contact",
    ),
    Guarded(
        "EG-2 EG-5: a time far ahead counts as now",
        KEPT,
        field_history={LEAD: kept("later")},
        command={"lead": {"Title": "Boss"}, "event_time": NOW + timedelta(hours=2)},
    ),
    Guarded(
        "EG-2: a time a little ahead is believed",
        WRITTEN,
        field_history={LEAD: kept("later")},
        command={"lead": {"Title": "Boss"}, "event_time": NOW + timedelta(minutes=5)},
    ),
    Guarded(
        "EG-1: a newer event that finds its value there is remembered",
        ("updated unchanged", "linked Lead LEAD", "seen Title"),
        (lead(Title="Boss"),),
        {LEAD: kept("earlier", "Boss")},
    ),
    Guarded(
        "EG-5: an older event that finds its value there is not",
        ("updated unchanged", "linked Lead LEAD"),
        (lead(Title="Boss"),),
        {LEAD: kept("later", "Boss")},
    ),
]
_HUMAN = [
    Guarded("EG-6: our own value is overwritten", WRITTEN, field_history={LEAD: kept("earlier")}, settings=RESPECT),
    Guarded("EG-7: a person's value stays", KEPT, field_history={LEAD: kept("earlier", "Aide")}, settings=RESPECT),
    Guarded("EG-7: a value that we never wrote is a person's", KEPT, settings=RESPECT),
    Guarded(
        "EG-7: that an event found a person's value there does not make it ours",
        KEPT,
        field_history={LEAD: seen("Title", TIMES["earlier"], "x")},
        settings=RESPECT,
    ),
    Guarded(
        "EG-5: our own value stays against an older event", KEPT, field_history={LEAD: kept("later")}, settings=RESPECT
    ),
    Guarded("EG-2: overwrite writes over a person's value", WRITTEN, field_history={LEAD: kept("earlier", "Aide")}),
    Guarded("EG-5: overwrite does not by an older event", KEPT, field_history={LEAD: kept("later", "Aide")}),
    Guarded(
        "EG-7: what a person typed is not emptied",
        KEPT,
        command={"lead": {"Title": None}},
        settings={"write": {"default": "respect_human", "blank": "clear"}},
    ),
]
_VALUES: dict[str, tuple[Any, Any, str]] = {
    "value_over_blank": ("Boss", None, "skip"),
    "value_over_value": ("Boss", "Chief", "skip"),
    "blank_skips_value": (" ", "Chief", "skip"),
    "blank_clears_value": (None, "Chief", "clear"),
}
_WRITES = {
    "overwrite": {"value_over_blank", "value_over_value", "blank_clears_value"},
    "fill_blank": {"value_over_blank"},
    "respect_human": {"value_over_blank", "value_over_value", "blank_clears_value"},
    "never": set[str](),
}
_POLICIES = [
    Guarded(
        f"1F-{policy}: {case}, where {'we wrote what is there' if ours else 'nobody knows who wrote what is there'}",
        (
            ("updated none", f"update Lead LEAD Title={value}")
            if case in writes and (ours or policy != "respect_human" or held is None)
            else (KEPT if case in writes else ("updated unchanged", "linked Lead LEAD"))
        ),
        (lead(Title=held),),
        {LEAD: kept("earlier", held)} if ours else {},
        {"lead": {"Title": value}},
        {"write": {"fields": {"Lead.Title": policy}, "blank": blank}},
    )
    for policy, writes in _WRITES.items()
    for case, (value, held, blank) in _VALUES.items()
    for ours in (True, False)
]

CLOCKS = [*_ORDER, *_HUMAN, *_POLICIES]
