"""All scenarios in one list. Rule of this file: nothing else."""

from typing import Protocol

from processors.model.rule_table import Book
from processors.sources.rule_book import BOOK
from tests.unit.deciding.rules.cases_account_opportunity import ACCOUNTS, OPPORTUNITIES, OWNERS
from tests.unit.deciding.rules.cases_actions import ACTION, MATCH
from tests.unit.deciding.rules.cases_bookings import BOOKINGS
from tests.unit.deciding.rules.cases_by_hand import BY_HAND
from tests.unit.deciding.rules.cases_calls import CALLS
from tests.unit.deciding.rules.cases_clocks import CLOCKS
from tests.unit.deciding.rules.cases_fields import MANDATORY, MAPPING, POLICIES
from tests.unit.deciding.rules.cases_interactions import INTERACTIONS
from tests.unit.deciding.rules.cases_own import OWN
from tests.unit.deciding.rules.cases_records import SYNCED


class Witness(Protocol):
    """What proves a row: a name that begins with rule IDs, what must be decided, and what is."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def rules(self) -> frozenset[str]:
        """The rules that it proves."""

    @property
    def then(self) -> tuple[str, ...]:
        """What must be decided."""

    def run(self, book: Book = BOOK) -> tuple[str, ...]:
        """Return what is decided."""


SCENARIOS: list[Witness] = [
    *ACTION,
    *MATCH,
    *ACCOUNTS,
    *OPPORTUNITIES,
    *OWNERS,
    *POLICIES,
    *MANDATORY,
    *MAPPING,
    *BOOKINGS,
    *BY_HAND,
    *INTERACTIONS,
    *CALLS,
    *SYNCED,
    *CLOCKS,
    *OWN,
]
