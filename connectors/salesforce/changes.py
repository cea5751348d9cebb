"""
Changes by polling: pages of records in the order of (SystemModstamp, Id), many objects in one composite call.

In: asks.  Out: pages.  Implements `processors.changes.ports.ChangeFeed`.
Rule of this file: at most 5 asks, one API call; a page that the org cut short is told as full, and read on by position,
never by its locator. Reads only: nothing here is ever in doubt. Source: fact sheet E.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import orjson
from requests import RequestException

from connectors.salesforce.composite import Answer, Subrequest, api_name, checked_record_id, field_path
from connectors.salesforce.errors import Refused, Unusable, doubt, fail
from connectors.salesforce.soql import path
from processors.changes.ports import Ask, ChangedRecord, Page
from processors.model.org_facts import ObjectFacts
from processors.model.ports import Clock
from schemas.values import Scalar

Send = Callable[[Sequence[Subrequest]], tuple[Sequence[Answer], Mapping[str, str]]]
_OWN = ("Id", "SystemModstamp", "CreatedDate", "IsDeleted", "LastModifiedById", "LastModifiedBy.Email", "Owner.Email")
LEAST = 50
"""Rows of the smallest page that is asked where an org finds larger ones too much work."""
_MERGED = ("Lead", "Contact", "Account")
"""Objects that can be merged."""
DESCRIBED_FOR = timedelta(hours=1)
"""How long a describe is believed: by it our own writes are known again, and each object of it is an API call."""


class PolledChanges:
    """`ChangeFeed` by SOQL."""

    def __init__(
        self,
        send: Send,
        headers: Callable[[], Mapping[str, str]],
        describe: Callable[[str], ObjectFacts | None],
        calls: Callable[[], int],
        clock: Clock,
    ) -> None:
        """
        *send* makes one composite call, *headers* those of the cheapest answer, *describe* reads one object's describe;
        *calls* tells how many were made.
        """
        self._send = send
        self._headers = headers
        self._clock = clock
        self._describe = describe
        self._described: dict[str, tuple[datetime, ObjectFacts | None]] = {}
        self._ahead: timedelta | None = None
        self._most: dict[str, int] = {}
        self.api_calls = calls

    def now(self) -> datetime:
        """Return the org's own time, to the second, as its last answer told it; else it is asked by one API call."""
        if self._ahead is None:
            try:
                self._told(self._headers())
            except RequestException as error:
                doubt(f"the org's time: {error}", write=False)
        return self._clock() + (self._ahead or timedelta())

    def read(self, asks: Sequence[Ask]) -> Sequence[Page]:
        """Answer the asks by one API call. Raises `OrgDown` or `Transient`; a refused ask is told in its page."""
        if not asks:
            return []
        asks = [replace(ask, most=min(ask.most, self._most.get(ask.object, ask.most))) for ask in asks]
        requests = [Subrequest("GET", path(changes_statement(ask), deleted=ask.deleted)) for ask in asks]
        try:
            answers, headers = self._send(requests)
            self._told(headers)
            return [self._page(ask, answer) for ask, answer in zip(asks, answers, strict=True)]
        except RequestException as error:
            doubt(f"changes: {error}", write=False)

    def describe(self, name: str) -> ObjectFacts | None:
        """Return what describe says of an object, asked for once an hour. Raises `OrgDown` or `Transient`."""
        kept, now = self._described.get(name), self._clock()
        if kept is None or now - kept[0] > DESCRIBED_FOR:
            try:
                kept = now, self._describe(name)
            except RequestException as error:
                doubt(f"describe of {name}: {error}", write=False)
            self._described[name] = kept
        return kept[1]

    def _page(self, ask: Ask, answer: Answer) -> Page:
        if answer.status != 200:
            try:
                fail(answer.status, answer.body, write=False, what=f"changes of {ask.object}")
            except Refused as error:
                if error.kind == "smaller" and ask.most > LEAST:
                    # Nothing was read, and it is asked again at once: fewer rows are less work for the org.
                    self._most[ask.object] = max(LEAST, ask.most // 2)
                    return Page(full=True)
                return Page(refused=str(error))
        body = answer.body
        if not isinstance(body, Mapping) or not isinstance(body.get("records"), list) or "done" not in body:
            raise Unusable("the answer to a query has no records")
        rows = tuple(_row(ask, item) for item in body["records"])
        return Page(rows, full=bool(rows) and (body["done"] is not True or len(rows) >= ask.most))

    def _told(self, headers: Mapping[str, str]) -> None:
        text = next((value for name, value in headers.items() if name.lower() == "date"), "")
        try:
            moment = parsedate_to_datetime(text).astimezone(UTC)
        except ValueError:
            # A proxy took it away: this machine's clock is the best that is known.
            self._ahead = self._ahead or timedelta()
            return
        self._ahead = moment - self._clock()


def changes_statement(ask: Ask) -> str:
    """Return the SOQL of one ask; raises ValueError for what is no name or no ID."""
    # Names are told apart in no case, and an org refuses one that is given twice.
    names = {name.lower(): name for name in reversed([*_names(ask.object), *map(field_path, ask.fields)])}
    conditions = []
    if ask.ids:
        conditions.append("Id IN ('" + "','".join(map(checked_record_id, ask.ids)) + "')")
    if ask.after is not None:
        moment = _moment(ask.after.at)
        after = f"SystemModstamp >= {moment}"
        if ask.after.id:
            same = f"SystemModstamp = {moment} AND Id > '{checked_record_id(ask.after.id)}'"
            after = f"(SystemModstamp > {moment} OR ({same}))"
        conditions.append(after)
    if ask.until is not None:
        conditions.append(f"SystemModstamp <= {_moment(ask.until)}")
    if ask.created_until is not None:
        conditions.append(f"CreatedDate <= {_moment(ask.created_until)}")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    order = f" ORDER BY SystemModstamp, Id LIMIT {int(ask.most)}"
    return f"SELECT {', '.join(names.values())} FROM {api_name(ask.object)}{where}{order}"  # noqa: S608  names only, checked


def _names(name: str) -> tuple[str, ...]:
    return (*_OWN, "MasterRecordId") if name in _MERGED else _OWN


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _row(ask: Ask, record: Any) -> ChangedRecord:
    try:
        values = _flat(record)
        return ChangedRecord(
            object=ask.object,
            id=values["id"],
            changed=_time(values["systemmodstamp"]),
            created=_time(values["createddate"]),
            deleted=bool(values.get("isdeleted")),
            merged_into=values.get("masterrecordid"),
            changed_by_id=values.get("lastmodifiedbyid"),
            changed_by_email=_value(values, "LastModifiedBy.Email"),
            owner_email=_value(values, "Owner.Email"),
            fields={name: _scalar(_value(values, name)) for name in ask.fields},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unusable(f"a row of changes of {ask.object} has not the shape of one") from error


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name.lower(): value for name, value in record.items()}


def _value(values: Mapping[str, Any], name: str) -> Any:
    value: Any = values
    for part in name.lower().split("."):
        value = _flat(value).get(part) if isinstance(value, Mapping) else None
    return value


def _scalar(value: Any) -> Scalar:
    """Return the value as it travels; a compound one (an address) as JSON."""
    if isinstance(value, Mapping | list):
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
