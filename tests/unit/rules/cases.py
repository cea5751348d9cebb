"""All scenarios in one list. Rule of this file: nothing else."""

from tests.unit.rules.cases_actions import ACTION, MATCH
from tests.unit.rules.cases_companions import ACCOUNTS, OPPORTUNITIES, OWNERS
from tests.unit.rules.cases_fields import MANDATORY, MAPPING, POLICIES

SCENARIOS = [*ACTION, *MATCH, *ACCOUNTS, *OPPORTUNITIES, *OWNERS, *POLICIES, *MANDATORY, *MAPPING]
