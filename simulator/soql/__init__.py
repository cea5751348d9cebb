"""
Noun: SOQL and SOSL of the simulated org.

In: a statement and a view of an org. Out: records in the JSON shape of the REST API, or a ``SoqlError``.
Rule of this package: it knows the org by ``view.View`` alone.
"""

from simulator.soql.answer import Answer
from simulator.soql.columns import columns
from simulator.soql.errors import SoqlError
from simulator.soql.functions import AGGREGATES
from simulator.soql.parse import parse, parse_search
from simulator.soql.query import run
from simulator.soql.search import search
from simulator.soql.tree import Call, Query
from simulator.soql.view import FieldType, ObjectType, Row, View

__all__ = [
    "AGGREGATES", "Answer", "Call", "FieldType", "ObjectType", "Query", "Row", "SoqlError", "View", "columns", "parse",
    "parse_search", "run", "search",
]  # fmt: skip
