"""
Noun: a client of the control endpoint.

In: its address. Out: its answers as Python values.
Rule of this file: the standard library alone, so that any test can use it.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen


class Control:
    """Speaks to the control endpoint of one org (None: the first)."""

    def __init__(self, url: str, org: str | None = None, *, timeout: float = 30.0) -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"not an HTTP address: {url}")
        self._base = url.rstrip("/") + (f"/{org}" if org else "")
        self._timeout = timeout

    def ask(self, method: str, what: str, body: Any = None) -> Any:
        """Return the answer. Raises ValueError with the endpoint's words where it refuses."""
        data = json.dumps(body, default=str).encode() if body is not None else None
        request = Request(f"{self._base}/{what}", data=data, method=method)  # noqa: S310  # http(s) is checked above
        try:
            with urlopen(request, timeout=self._timeout) as answer:  # noqa: S310  # as above
                return json.loads(answer.read())
        except HTTPError as error:
            raise ValueError(error.read().decode()) from error

    def state(self) -> Any:
        """Return the whole org."""
        return self.ask("GET", "state")

    def load(self, state: Any) -> Any:
        """Put a whole org."""
        return self.ask("PUT", "state", state)

    def fault(
        self, action: str, *, match: Mapping[str, Any] | None = None, count: int | None = 1, **params: Any
    ) -> Any:
        """Add one fault to the script; count None: until deleted."""
        return self.ask("POST", "faults", [{"action": action, "match": dict(match or {}), "count": count, **params}])

    def clear_faults(self) -> Any:
        """Delete the script; return what it was, with how often each struck."""
        return self.ask("DELETE", "faults")

    def log(self, since: int = 0) -> Any:
        """Return the requests after *since*, each with its effects."""
        return self.ask("GET", f"log?since={since}")

    def effects(self, since: int = 0) -> Any:
        """Return the effects from number *since* on."""
        return self.ask("GET", f"effects?since={since}")["effects"]

    def calls(self) -> Any:
        """Return the API call counter."""
        return self.ask("GET", "calls")

    def seed(self, sobject: str, records: Sequence[Mapping[str, Any]]) -> list[str]:
        """Write records past the rules; return their IDs."""
        entries = [{"type": sobject, "fields": dict(record)} for record in records]
        found: list[str] = self.ask("POST", "records", entries)["ids"]
        return found

    def change(self, sobject: str, record_id: str, **fields: Any) -> None:
        """Change a record past the rules; audit fields that are not named are now's."""
        self.ask("PATCH", "records", [{"type": sobject, "id": record_id, "fields": fields}])

    def merge(self, sobject: str, winner: str, loser: str) -> None:
        """Merge *loser* into *winner* as a person would: it goes into the bin and names its master."""
        self.change(sobject, loser, IsDeleted=True, MasterRecordId=winner)
        self.change(sobject, winner)

    def pace(self, model: Any) -> Any:
        """Set the pace: a model's name, or seconds a call."""
        return self.ask("POST", "pace", {"pace": model})

    def shift(self, seconds: float) -> Any:
        """Move the org's clock."""
        return self.ask("POST", "time", {"seconds": seconds})

    def lock(self, record_id: str, seconds: float) -> Any:
        """Hold a record's lock."""
        return self.ask("POST", "lock", {"id": record_id, "seconds": seconds})

    def credentials(self, **changed: str) -> Any:
        """Give the app another `client_secret` or `client_id`."""
        return self.ask("POST", "credentials", changed)

    def field(self, sobject: str, field: str, state: str) -> Any:
        """Let a field be `removed`, `hidden` or `read_only` for every user, or `there` again."""
        return self.ask("POST", "fields", {"object": sobject, "field": field, "state": state})

    def revoke(self) -> Any:
        """Revoke every token."""
        return self.ask("POST", "tokens/revoke", {})

    def wipe(self) -> Any:
        """Return the org to its first state."""
        return self.ask("POST", "wipe", {})
