"""
Ports: what the stages' shells need from outside systems. Connectors implement them, fakes too; one contract suite
tests both.

Salesforce is the domain (decision 0071): its port has the words of Salesforce, such as conversion, describe and API
call. SOQL, HTTP and the library are the connector's.

Rule of this file: protocols only, in the words of the glossary; no library type crosses a port.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from processors.model.org_facts import OrgFacts
from processors.model.requests import Conversion, Found, Question, Write, Written


class Salesforce(Protocol):
    """
    One org. Every method raises `OrgDown` or `Transient` where it certainly was not applied.

    Writes raise `TooLate` where *send_by* had passed just before sending, and `InDoubt` where no usable answer came.
    """

    def facts(self, *, fresh: bool = False, mapped: Sequence[tuple[str, str]] = ()) -> OrgFacts:
        """
        Read describe of the objects in use, the converted status, the organisation and the user.

        *mapped* are names that maps give values to, as (object, name): what they refer to is in use too.
        *fresh*: read all of it, whatever the org says has not changed: it has refused what its describe promised.
        """

    def find(self, questions: Sequence[Question]) -> Found:
        """Answer the questions by SOQL inside as few composite calls as possible."""

    def search(self, numbers: Sequence[str], fields: Mapping[str, tuple[str, ...]]) -> Found:
        """
        Look for telephone numbers in the org's search index; rows by object, in the order of *fields* (object → fields
        to read).

        They are candidates: the index lags behind the records and finds parts of numbers, so compare.
        """

    def write(self, writes: Sequence[Write], *, send_by: datetime) -> Sequence[Written]:
        """
        Write at most 1,000 records in one composite call, ≤ 5 collections of ≤ 200, in the order given; answers in
        that order.
        """

    def convert(self, conversions: Sequence[Conversion], *, send_by: datetime) -> Sequence[Written]:
        """Convert at most 100 leads in one SOAP call; answers in the order given."""

    def usage(self) -> tuple[int, int] | None:
        """Return (used, limit) of the org's daily API calls as last answered, or None before the first answer."""

    def api_calls(self) -> int:
        """Return how many API calls this client has sent."""


class Credential(Protocol):
    """The credential of one org's port, which may be changed while the process runs."""

    def changed(self) -> bool:
        """Whether the settings hold another credential than the port uses; they are read again where they changed."""

    def adopt(self) -> None:
        """Let the port use the credential that the settings hold, from the next call on."""


class Clock(Protocol):
    """Where shells take the time from."""

    def __call__(self) -> datetime:
        """Return now, in UTC."""


class Probe(Protocol):
    """A named place in a process: a no-op in production; tests kill, stop or wait there."""

    def __call__(self, place: str) -> None:
        """Reach the place."""


class Metrics(Protocol):
    """Where shells report. Names and labels are checked against the one registry; an unknown one raises."""

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Add to a counter."""

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Add an observation to a histogram."""


class Mailer(Protocol):
    """The mail server."""

    def send(self, message: bytes, sender: str, recipients: Sequence[str]) -> Mapping[str, str]:
        """
        Hand one message to the server; return the recipients that it refused for good, with the reason.

        Raises `Transient` where the server is unreachable or answers 4xx.
        """
