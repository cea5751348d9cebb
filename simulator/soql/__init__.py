"""
Noun: SOQL and SOSL of the simulated org.

In: a statement and a view of an org. Out: records in the JSON shape of the REST API, or a ``SoqlError``.
Rule of this package: it knows the org by ``view.View`` alone.
"""

from simulator.soql.answer import Answer
from simulator.soql.errors import SoqlError
from simulator.soql.parse import parse, parse_search
from simulator.soql.query import run
from simulator.soql.search import search
from simulator.soql.view import FieldType, ObjectType, Row, View

__all__ = [
    "Answer", "FieldType", "ObjectType", "Row", "SoqlError", "View", "parse", "parse_search", "run", "search",
]  # fmt: skip
