"""
The client of one org: the port `Salesforce` on simple-salesforce.

In: questions, writes, conversions.  Out: values, or an error named for what the caller must do.
Rule of this file: it only joins the parts; each method makes as few API calls as its parts say, and every exception
of a library is turned into one of ours here. Several threads may use one client.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from requests import RequestException
from simple_salesforce.api import Salesforce as SimpleSalesforce
from simple_salesforce.exceptions import SalesforceError

from connectors.salesforce import composite, convert
from connectors.salesforce.changes import PolledChanges
from connectors.salesforce.composite import api_name
from connectors.salesforce.duplicates import DUPLICATES
from connectors.salesforce.errors import NotSent, Refused, doubt, fail, problems
from connectors.salesforce.facts import FactReader
from connectors.salesforce.find import Finder
from connectors.salesforce.login import Login
from connectors.salesforce.person_accounts import PersonAccounts
from connectors.salesforce.search import search
from connectors.salesforce.session import OrgSession
from connectors.salesforce.settings import SalesforceSettings
from connectors.salesforce.usage import Usage
from connectors.salesforce.whole_org import WholeOrg
from connectors.salesforce.write import ASSIGN, collections_of, packed_calls
from connectors.salesforce.writer import RecordWriter
from processors.model.errors import InDoubt, OrgDown, RequestRefused, Transient
from processors.model.org_facts import OrgFacts
from processors.model.ports import Clock
from processors.model.requests import Conversion, Found, Question, Write, Written

CLIENT = "signalbox"


def _utc_now() -> datetime:
    """Return now, in UTC."""
    return datetime.now(UTC)


class SalesforceClient:
    """One org over HTTP. Implements `processors.model.ports.Salesforce`."""

    def __init__(self, org: str, settings: SalesforceSettings, *, clock: Clock = _utc_now) -> None:
        """Nothing is sent before the first method that asks the org."""
        self._org = org
        self._settings = settings
        self._clock = clock
        self._usage = Usage(soft_limit=settings.daily_soft_limit, pause=settings.soft_limit_pause)
        self._session = OrgSession(settings, self._usage, clock)
        self._login = Login(self._session, settings, clock)
        self._session.tokens = self._login
        self._lock = threading.Lock()
        self._simple: SimpleSalesforce | None = None
        self._types: dict[tuple[str, str], str] = {}
        self._headers = write_headers(settings)
        self._writer = RecordWriter(self._send, self._headers)
        self._facts = FactReader(self._get, external_field=settings.external_field)
        self._whole = WholeOrg(lambda name: self._facts.describe(name, fresh=True), self._permission, self._room)
        self._people = PersonAccounts(self.find, made_as=settings.person_account_type)
        self._finder = Finder(self._read, self._page, longest=settings.statement_length, types=lambda: self._types)

    def facts(self, *, fresh: bool = False, mapped: Sequence[tuple[str, str]] = ()) -> OrgFacts:
        """
        Read describe of the objects in use, the converted status, the organisation and the user.

        *mapped*: names that maps give values to, as (object, name).

        After a refusal for full storage, or for a right to a whole object, it raises `OrgDown` until the org says that
        there is room again, or the right.
        """
        try:
            self._whole.check()
            facts = self._facts.read(self._org, self._login.identity, self._clock(), fresh=fresh, mapped=mapped)
        except RequestException as error:
            doubt(f"facts of {self._org}: {error}", write=False)
        self._people.learn(facts)
        self._types = {
            (name, field.name): field.type
            for name, sobject in facts.objects.items()
            for field in sobject.fields.values()
        }
        return facts

    def find(self, questions: Sequence[Question]) -> Found:
        """
        Answer the questions by SOQL. Raises `OrgDown` or `Transient`, never `InDoubt`.

        Raises `errors.Refused` where a question names what the org has not, and ValueError where it is no question.
        """
        self._usage.check(self._clock())
        try:
            found = self._finder.find(questions)
        except RequestException as error:
            doubt(f"find: {error}", write=False)
        self._people.note(row for rows in found.rows for row in rows)
        return found

    def search(self, numbers: Sequence[str], fields: Mapping[str, tuple[str, ...]]) -> Found:
        """Return the records that may hold one of the telephone numbers. Raises `OrgDown` or `Transient`."""
        self._usage.check(self._clock())
        try:
            found = search(self._page, numbers, fields)
        except RequestException as error:
            doubt(f"search: {error}", write=False)
        self._people.note(row for rows in found.rows for row in rows)
        return found

    def write(self, writes: Sequence[Write], *, send_by: datetime) -> Sequence[Written]:
        """
        Write the records in one composite call; answers in the order given.

        Raises `InDoubt` where no usable answer came, and ValueError where one call cannot take them
        (see `collections_of`).
        """
        if not writes:
            return []
        collections = collections_of(writes)
        self._usage.check(self._clock())
        if self._people.enabled and any(item.object == "Contact" for item in writes):
            return self._write_people(writes, send_by)
        return self._whole.written(writes, self._writer.write(collections, send_by=send_by))

    def _write_people(self, writes: Sequence[Write], send_by: datetime) -> Sequence[Written]:
        """Write the records, contacts that are person accounts by their account: these first, as collections of it."""
        sent = self._people.sent(writes)
        going = sorted((n for n, entry in enumerate(sent) if entry.write), key=lambda n: not sent[n].person)
        asked = [item for n in going if (item := sent[n].write) is not None]
        answers = self._whole.written(asked, self._writer.write_calls(packed_calls(asked), send_by=send_by))
        by_place = dict(zip(going, answers, strict=True))
        try:
            return self._people.answered(sent, [by_place[n] for n in sorted(by_place)])
        except (Transient, RequestRefused) as error:
            raise InDoubt(f"the contacts of new person accounts are not read: {error}") from error

    def _room(self) -> int | None:
        limits, _ = self._get("limits", {})
        room = limits.get("DataStorageMB", {}).get("Remaining") if isinstance(limits, dict) else None
        return room if isinstance(room, int) else None

    def permissions(self, names: Sequence[str]) -> Mapping[str, bool]:
        """Return which of these permissions the user has; empty where the org does not say. Raises as `facts`."""
        fields = ", ".join(f"Permissions{api_name(name)}" for name in names)
        try:
            body, _ = self._get("query?q=" + quote(f"SELECT {fields} FROM UserPermissionAccess", safe=""), {})  # noqa: S608  names only, checked
            row = body["records"][0]
        except (Refused, KeyError, IndexError, TypeError):
            return {}
        except RequestException as error:
            doubt(f"permissions: {error}", write=False)
        return {name: row.get(f"Permissions{name}") is True for name in names}

    def _permission(self, name: str) -> bool | None:
        return self.permissions([name]).get(name)

    def convert(self, conversions: Sequence[Conversion], *, send_by: datetime) -> Sequence[Written]:
        """Convert at most 100 leads in one SOAP call; a refusal of the whole call is a refusal of each lead."""
        if not conversions:
            return []
        duplicates = self._settings.allow_duplicates or all(conversion.allow_duplicates for conversion in conversions)
        # What no call can carry is refused before anything is sent.
        convert.request(conversions, "", client=CLIENT, allow_duplicates=duplicates)
        self._usage.check(self._clock())
        try:
            response = self._session.request(
                "POST",
                f"{self._login.instance()}/services/Soap/u/{self._settings.api_version}",
                headers={"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'},
                data=lambda token: convert.request(conversions, token, client=CLIENT, allow_duplicates=duplicates),
                send_by=send_by,
            )
            if response.status_code != 200:
                refused = _refused(response.status_code, convert.fault(response.text), conversions)
                return self._whole.converted(refused)
            used = convert.usage(response.text)
            if used:
                self._usage.counted(*used, self._clock())
            return self._whole.converted(convert.conversion_results(response.text, conversions))
        except NotSent as error:
            raise OrgDown(f"convert: {error}", code="UNREACHABLE") from error
        except RequestException as error:
            doubt(f"convert: {error}", write=True)

    def usage(self) -> tuple[int, int] | None:
        """Return (used, limit) of the org's daily API calls as last answered, or None before the first answer."""
        return self._usage.last

    def api_calls(self) -> int:
        """Return how many requests left, logins included."""
        return self._usage.calls

    def changes(self) -> PolledChanges:
        """Return the feed of changes of this org's records."""

        def send(
            subrequests: Sequence[composite.Subrequest],
        ) -> tuple[Sequence[composite.Answer], Mapping[str, str]]:
            self._usage.check(self._clock())
            seen: dict[str, str] = {}
            body = composite.envelope(subrequests, self._settings.api_version)
            answer = self._call("POST", "composite", writing=False, json=body, hooks=_noting(seen))
            return composite.answers(answer, len(subrequests)), seen

        return PolledChanges(send, lambda: self._get("", {})[1], self._facts.describe, self.api_calls, self._clock)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _send(self, subrequests: Sequence[composite.Subrequest], send_by: datetime) -> Sequence[composite.Answer]:
        body = composite.envelope(subrequests, self._settings.api_version)

        def send() -> Sequence[composite.Answer]:
            answer = self._call("POST", "composite", writing=True, headers=self._headers, json=body, send_by=send_by)
            return composite.answers(answer, len(subrequests))

        return self._in_session(send, writing=True)

    def _read(self, subrequests: Sequence[composite.Subrequest]) -> Sequence[composite.Answer]:
        body = composite.envelope(subrequests, self._settings.api_version)
        return self._in_session(
            lambda: composite.answers(self._call("POST", "composite", writing=False, json=body), len(subrequests)),
            writing=False,
        )

    def _in_session(
        self, send: Callable[[], Sequence[composite.Answer]], *, writing: bool
    ) -> Sequence[composite.Answer]:
        """
        Return the answers; where the session ended under the call (401 inside of HTTP 200), renew it.

        A call of which nothing was written is made once more; of others the subrequests that were refused stand so.
        """
        token = self._login.token()
        answers = send()
        if any(answer.status == 401 for answer in answers):
            self._login.refused(token)
            if not writing or all(answer.status == 401 for answer in answers):
                return send()
        return answers

    def _page(self, path: str) -> Any:
        return self._call("GET", path, writing=False)

    def _get(self, path: str, headers: Mapping[str, str]) -> tuple[Any, Mapping[str, str]]:
        seen: dict[str, str] = {}
        return self._call("GET", path, writing=False, headers=headers, hooks=_noting(seen)), seen

    def _call(
        self, method: str, path: str, *, writing: bool, headers: Mapping[str, str] | None = None, **more: Any
    ) -> Any:
        what = f"{method} {path.partition('?')[0]}"
        headers = {"Sforce-Call-Options": f"client={CLIENT}", **(headers or {})}
        try:
            return self._salesforce().restful(path, method=method, headers=headers, **more)
        except SalesforceError as error:
            if error.status == 304:
                return None
            fail(error.status, error.content, write=writing, what=what)
        except NotSent as error:
            raise OrgDown(f"{what}: {error}", code="UNREACHABLE") from error
        except (RequestException, RecursionError) as error:
            doubt(f"{what}: {error if not isinstance(error, ValueError) else 'the answer is not JSON'}", write=writing)

    def _salesforce(self) -> SimpleSalesforce:
        """Return simple-salesforce on our session; its own refresh loses headers and has no end: ours stands in."""
        instance = self._login.instance()
        host = urlsplit(instance).netloc
        with self._lock:
            if self._simple is None or self._simple.sf_instance != host:
                simple = SimpleSalesforce(
                    session_id="set by the session",
                    instance_url=f"https://{host}",
                    session=self._session,
                    version=self._settings.api_version,
                    object_pairs_hook=dict,
                )
                simple._salesforce_login_partial = lambda: (self._login.token(), host)  # type: ignore[assignment]  # typed as None there
                self._simple = simple
            return self._simple


def _noting(seen: dict[str, str]) -> Mapping[str, Any]:
    """Return what notes the headers of an answer in *seen*: restful() keeps them to itself, a hook sees them."""
    return {"response": lambda response, **_: seen.update(response.headers)}


def write_headers(settings: SalesforceSettings) -> dict[str, str]:
    """Return the headers that say what a write may set off; they go with the call and with each subrequest (A6, J)."""
    headers = {ASSIGN: "TRUE" if settings.auto_assign else "FALSE"}
    if settings.allow_duplicates:
        headers[DUPLICATES] = "allowSave=true"
    return headers


def _refused(status: int, fault: list[dict[str, Any]], conversions: Sequence[Conversion]) -> list[Written]:
    """Return a refusal for each lead where the call as a whole was refused by a fault; else raise what it means."""
    try:
        fail(400 if fault else status, fault, write=True, what="convert")
    except Refused:
        if not fault:
            raise
        errors = problems(fault)
        return [Written(False, conversion.lead_id, errors=errors) for conversion in conversions]
