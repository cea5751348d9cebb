"""
The feed of changes with the credential that the settings hold now: a new one is used without a restart (LL-29).

In: the settings of an org, word of a change in them.  Out: the port `ChangeFeed`.
Rule of this file: nothing is written by it, so a new credential needs no proof but its login, which knows the org.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.settings import SalesforceSettings
from processors.changes.ports import Ask, ChangeFeed, Page
from processors.model.org_facts import ObjectFacts
from signalbox.rotation import Rotation


def polled(name: str, settings: SalesforceSettings) -> ChangeFeed:
    """Return the feed of one org by polling."""
    return SalesforceClient(name, settings).changes()


class RotatingFeed:
    """One org's feed. Implements `processors.changes.ports.ChangeFeed`; used by one thread."""

    def __init__(
        self,
        name: str,
        settings: SalesforceSettings,
        rotation: Rotation,
        make: Callable[[str, SalesforceSettings], ChangeFeed] = polled,
    ) -> None:
        self._name = name
        self._settings = settings
        self._rotation = rotation
        self._make = make
        self._feed = make(name, settings)
        self._calls_before = 0

    def now(self) -> datetime:
        """As the port says."""
        return self._present().now()

    def read(self, asks: Sequence[Ask]) -> Sequence[Page]:
        """As the port says."""
        return self._present().read(asks)

    def describe(self, name: str) -> ObjectFacts | None:
        """As the port says."""
        return self._present().describe(name)

    def api_calls(self) -> int:
        """As the port says, with those of earlier credentials."""
        return self._calls_before + self._feed.api_calls()

    def _present(self) -> ChangeFeed:
        found = self._rotation.org(self._name)
        if found is not None and not found.same_credential(self._settings):
            self._settings = found
            self._calls_before += self._feed.api_calls()
            self._feed = self._make(self._name, found)
        return self._feed
