"""
A small org behind the port `Salesforce`, in memory, whose answers can be lost and whose writes can land late.

Rule of this file: it keeps a log of effects, so that a test can count what was done, not what was answered.
"""

import itertools
import re
import threading
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from processors.model.errors import InDoubt, OrgDown, RequestRefused, TooLate, Transient
from processors.model.org_facts import FieldFacts, ObjectFacts, OrgFacts
from processors.model.record import Record
from processors.model.requests import Conversion, Found, In, Question, RowError, Write, Written

KEY = "Signalbox_Key__c"
PREFIX = {"Lead": "00Q", "Contact": "003", "Account": "001", "Opportunity": "006"}
USER = "005000000000001AAA"

_TEXT = ("FirstName", "Title", "Email", "Phone", "MobilePhone", "Company", "Status", "Description", "LeadSource")
_FIELDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "Lead": (("LastName", "Company"), _TEXT),
    "Contact": (("LastName",), (*_TEXT, "AccountId")),
    "Account": (("Name",), ("Phone", "Industry")),
    "Opportunity": (("Name", "StageName", "CloseDate"), ("AccountId", "ContactId", "Amount")),
}
_READ_ONLY = ("Id", "CreatedDate", "LastModifiedDate", "SystemModstamp", "OwnerId", "IsDeleted", "LastModifiedById")
_MORE = {
    "Lead": ("Name", "IsConverted", "ConvertedContactId", "ConvertedAccountId"),
    "Contact": ("Name",),
    "Account": (),
    "Opportunity": ("IsClosed",),
}


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that was done to a record."""

    operation: str
    object: str
    id: str
    fields: Mapping[str, Any]
    call: int


@dataclass(slots=True)
class Fault:
    """What happens to the next write or conversion: `lost_before`, `lost_after`, `late`, `down`, `slow`, `refused`."""

    kind: str
    when: Callable[[Sequence[Write | Conversion]], bool] = lambda _: True
    event: threading.Event = field(default_factory=threading.Event)


class FakeOrg:
    """An org in memory. Give it faults; `land()` lets writes land whose answers were lost."""

    def __init__(self, clock: Callable[[], float], *, external: bool = True) -> None:
        self.records: dict[str, dict[str, Any]] = {}
        self.effects: list[Effect] = []
        self.faults: deque[Fault] = deque()
        self.late: list[Callable[[], Any]] = []
        self.locked: set[str] = set()
        self.lock: Callable[[Write], bool] = lambda _write: False
        self.refuse: Callable[[Write], str | None] = lambda _write: None
        self.refuse_questions: Callable[[Sequence[Question]], bool] = lambda _asked: False
        self.before: Callable[[Sequence[Any]], None] = lambda _rows: None
        self.is_down = False
        self.down_for_reads = 0
        self.broken: OrgDown | None = None
        self.hidden: set[str] = set()
        self.read_only: set[str] = set()
        self.gone_rows: set[str] = set()
        self.asked = 0
        self.used: tuple[int, int] | None = None
        self.refused_field = ""
        self.facts_read: list[bool] = []
        self.calls = 0
        self.log: list[str] = []
        self._clock = clock
        self._external = external
        self._numbers = itertools.count(1)
        self._lock = threading.RLock()

    def facts(self, *, fresh: bool = False, mapped: Sequence[tuple[str, str]] = ()) -> OrgFacts:
        """Return the objects in use."""
        self.asked += 1
        if self.broken is not None:
            raise self.broken
        self.facts_read.append(fresh)
        objects = {name: _object(name, self._external, self.hidden, self.read_only) for name in _FIELDS}
        external = dict.fromkeys(_FIELDS, KEY) if self._external else {}
        return OrgFacts("main", "00D000000000001AAA", USER, objects, external, "Closed - Converted", self._now())

    def find(self, questions: Sequence[Question]) -> Found:
        """Answer from what has landed."""
        with self._lock:
            self._call("find")
            if self.down_for_reads:
                self.down_for_reads -= 1
                raise Transient("this read got no answer")
            if self.refused_field and any(self.refused_field in question.fields for question in questions):
                raise RequestRefused(f"No such column '{self.refused_field}'", absent=self.refused_field)
            if self.refuse_questions(questions):
                raise RequestRefused("a question that the org does not understand")
            return Found(tuple(tuple(self._rows(question)) for question in questions), 1)

    def search(self, numbers: Sequence[str], fields: Mapping[str, tuple[str, ...]]) -> Found:
        """Return the records whose telephone fields end with the digits of one of the numbers."""
        with self._lock:
            self._call("search")
            digits = tuple("".join(filter(str.isdigit, number)) for number in numbers)
            rows = []
            for name, wanted in fields.items():
                held = [record for record in self.of(name) if _has_number(record, digits)]
                rows.append(tuple(Record(name, row["Id"], {field: row.get(field) for field in wanted}) for row in held))
            return Found(tuple(rows), 1)

    def write(self, writes: Sequence[Write], *, send_by: datetime) -> Sequence[Written]:
        """Write, unless a fault says otherwise."""
        return self._send(writes, lambda: [self._write(item) for item in writes], send_by)

    def convert(self, conversions: Sequence[Conversion], *, send_by: datetime) -> Sequence[Written]:
        """Convert, unless a fault says otherwise."""
        return self._send(conversions, lambda: [self._convert(conversion) for conversion in conversions], send_by)

    def usage(self) -> tuple[int, int] | None:
        """Return what a test says; nothing else is known of a fake."""
        return self.used

    def api_calls(self) -> int:
        """Return how many calls were made."""
        return self.calls

    def remove(self, field: str) -> None:
        """Take a field (`Object.Field`) away from us: describe lacks it, and writing it is refused."""
        self.hidden.add(field)
        self.gone_rows.add(field.partition(".")[2])

    def restore(self, field: str) -> None:
        """Give a field back."""
        self.hidden.discard(field)
        self.gone_rows.discard(field.partition(".")[2])

    def refuse_by_query(self, field: str) -> None:
        """Refuse questions that name the field, as an org does that lacks it."""
        self.refused_field = field

    def land(self) -> None:
        """Let everything land that was sent and not answered."""
        late, self.late = self.late, []
        for apply in late:
            apply()

    def add(self, name: str, **fields: Any) -> str:
        """Put a record in, as a person would; return its ID."""
        with self._lock:
            return self._store(name, fields)

    def of(self, name: str) -> list[dict[str, Any]]:
        """Return the records of one object."""
        with self._lock:
            return [record for record in self.records.values() if record["object"] == name]

    def created(self, name: str) -> int:
        """Return how often a record of the object was created by a call."""
        return sum(1 for effect in self.effects if effect.operation == "create" and effect.object == name)

    def _send(self, rows: Sequence[Any], apply: Callable[[], list[Written]], send_by: datetime) -> Sequence[Written]:
        fault = self._fault(rows)
        if fault is not None and fault.kind == "slow":
            fault.event.wait(20)
        if self._clock() > send_by.timestamp():
            raise TooLate("send-by had passed")
        with self._lock:
            self._call(type(rows[0]).__name__)
            if fault is None:
                self.before(rows)
            if fault is not None and fault.kind == "down":
                raise OrgDown("down")
            if fault is not None and fault.kind == "lost_before":
                raise InDoubt("no answer")
            if fault is not None and fault.kind == "late":
                self.late.append(apply)
                raise InDoubt("no answer")
            answers = apply()
            if fault is not None and fault.kind == "lost_after":
                raise InDoubt("no answer")
            return answers

    def _fault(self, rows: Sequence[Any]) -> Fault | None:
        with self._lock:
            for fault in list(self.faults):
                if fault.when(rows):
                    self.faults.remove(fault)
                    return fault
        return None

    def _call(self, what: str) -> None:
        if self.broken is not None:
            raise self.broken
        if self.is_down:
            raise OrgDown("the org is down")
        self.calls += 1
        self.log.append(what)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)

    def _rows(self, question: Question) -> list[Record]:
        return [
            Record(question.object, record["Id"], {name: record.get(name) for name in question.fields})
            for record in self.records.values()
            if record["object"] == question.object and (question.deleted or not record["IsDeleted"])
            if any(
                all(_in(record.get(condition.field), condition) for condition in all_of) for all_of in question.any_of
            )
        ]

    def _write(self, write: Write) -> Written:
        said = self.refuse(write)
        if said is not None:
            return Written(False, errors=(RowError(said, f"{said} by the test"),))
        if absent := sorted(self.gone_rows & set(write.fields)):
            text = f"No such column '{absent[0]}' on sobject of type {write.object}"
            return Written(False, errors=(RowError("INVALID_FIELD", text, gone=absent[0]),))
        if write.record_id in self.locked or self.lock(write):
            return Written(False, errors=(RowError("UNABLE_TO_LOCK_ROW", "locked", transient=True),))
        known = write.record_id
        if known is None and (twin := self._by_key(write)):
            text = f"duplicate value found: {KEY} duplicates value on record with id: {twin}"
            return Written(False, errors=(RowError("DUPLICATE_VALUE", text),))
        if known is None:
            fields = {**write.fields, **({write.external[0]: write.external[1]} if write.external else {})}
            record_id = self._store(write.object, fields)
            self._note("create", write.object, record_id, fields)
            return Written(True, record_id, created=True)
        record = self.records[known]
        if record.get("IsConverted"):
            return Written(False, errors=(RowError("CANNOT_UPDATE_CONVERTED_LEAD", "converted"),))
        record.update(write.fields, LastModifiedById=USER, SystemModstamp=self._text(), LastModifiedDate=self._text())
        self._note("update", write.object, known, write.fields)
        return Written(True, known)

    def _by_key(self, write: Write) -> str | None:
        if write.external is None:
            return None
        name, value = write.external
        held = (
            record for record in self.records.values() if record["object"] == write.object and not record["IsDeleted"]
        )
        found = [row["Id"] for row in held if row.get(name) == value]
        return found[0] if found else None

    def _convert(self, conversion: Conversion) -> Written:
        lead = self.records[conversion.lead_id]
        if lead["IsConverted"]:
            return Written(False, errors=(RowError("CANNOT_UPDATE_CONVERTED_LEAD", "converted"),))
        account = conversion.account_id or self._store("Account", {"Name": lead.get("Company")})
        names = ("LastName", "FirstName", "Email", "Phone", "Title")
        fields = {name: lead.get(name) for name in names}
        contact = self._store("Contact", {**fields, "AccountId": account})
        lead.update(IsConverted=True, ConvertedContactId=contact, ConvertedAccountId=account)
        self._note("convert", "Lead", lead["Id"], {"contact": contact, "account": account})
        return Written(True, lead["Id"], account_id=account, contact_id=contact)

    def _store(self, name: str, fields: Mapping[str, Any]) -> str:
        checksum = "EAA" if name == "Lead" else "AAA"
        record_id = f"{PREFIX[name]}{next(self._numbers):012d}{checksum}"
        now = self._text()
        self.records[record_id] = {
            "object": name,
            "Id": record_id,
            "CreatedDate": now,
            "LastModifiedDate": now,
            "SystemModstamp": now,
            "OwnerId": USER,
            "LastModifiedById": USER,
            "IsDeleted": False,
            **({"IsConverted": False} if name == "Lead" else {}),
            **fields,
        }
        return record_id

    def _note(self, operation: str, name: str, record_id: str, fields: Mapping[str, Any]) -> None:
        self.effects.append(Effect(operation, name, record_id, dict(fields), self.calls))

    def _text(self) -> str:
        return self._now().isoformat(timespec="milliseconds").replace("+00:00", "+0000")


def _in(value: Any, wanted: In) -> bool:
    if value is None:
        return False
    text = str(value).casefold()
    if not wanted.like:
        return text in {item.casefold() for item in wanted.values}
    patterns = (re.escape(item.casefold()).replace("%", ".*") for item in wanted.values)
    return any(re.fullmatch(pattern, text) for pattern in patterns)


def _object(name: str, external: bool, hidden: Collection[str] = (), read_only: Collection[str] = ()) -> ObjectFacts:
    required, optional = _FIELDS[name]
    own = [
        _field(text, required=text in required, createable=f"{name}.{text}" not in read_only)
        for text in (*required, *optional)
    ]
    own += [_field(text, createable=False) for text in (*_READ_ONLY, *_MORE[name])]
    if external:
        own.append(_field(KEY, unique=True))
    return ObjectFacts(name, {item.name: item for item in own if f"{name}.{item.name}" not in hidden})


def _field(name: str, *, required: bool = False, createable: bool = True, unique: bool = False) -> FieldFacts:
    return FieldFacts(
        name=name,
        type="date" if name == "CloseDate" else "string",
        length=255,
        createable=createable,
        updateable=createable,
        nillable=not required,
        defaulted=False,
        unique=unique,
        external_id=unique,
        restricted=False,
    )


__all__ = ["KEY", "USER", "Effect", "FakeOrg", "Fault", "Transient"]


def _has_number(record: Mapping[str, Any], digits: tuple[str, ...]) -> bool:
    held = ("".join(filter(str.isdigit, str(record.get(field) or ""))) for field in ("Phone", "MobilePhone"))
    return any(text.endswith(digit) or digit.endswith(text) for text in held if text for digit in digits)
