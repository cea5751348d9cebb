"""
Stage: the rows that an org has from its first day: one for each value of its status lists.

In: the objects of the org.  Out: (object, values) of each row.
Rule of this file: what follows from the lists of the stock file; labels are values here.
Source: Object Reference (LeadStatus, TaskStatus, TaskPriority, CaseStatus, OpportunityStage).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from simulator.catalogue import ObjectDef

WON = {"Closed Won": ("Closed", 100.0), "Closed Lost": ("Omitted", 0.0)}
"""Forecast category and probability of the stages that close an opportunity."""
PROBABILITY = {"Prospecting": 10.0, "Qualification": 10.0, "Needs Analysis": 20.0, "Value Proposition": 50.0,
               "Id. Decision Makers": 60.0, "Perception Analysis": 70.0, "Proposal/Price Quote": 75.0,
               "Negotiation/Review": 90.0, "Closed Won": 100.0, "Closed Lost": 0.0}  # fmt: skip
_LISTS = (
    ("LeadStatus", "lead", "status", "IsConverted", "Closed - Converted"),
    ("TaskStatus", "task", "status", "IsClosed", "Completed"),
    ("TaskPriority", "task", "priority", "IsHighPriority", "High"),
    ("CaseStatus", "case", "status", "IsClosed", "Closed"),
)
"""Object, the object and field of its list, its flag, and the value that has the flag."""
Seed = tuple[str, dict[str, Any]]


def first_rows(objects: Mapping[str, ObjectDef], currencies: Sequence[str] = ()) -> Iterator[Seed]:
    """Yield the rows of the status objects in the order of their lists, and of the org's *currencies*."""
    for sobject, parent, name, flag, flagged in _LISTS:
        field = objects[parent].fields[name]
        default = field.default or next(iter(field.values), None)
        for number, label in enumerate(field.values, 1):
            first = {"MasterLabel": label, "ApiName": label, "SortOrder": number, "IsDefault": label == default}
            yield sobject, {**first, flag: label == flagged}
    for number, code in enumerate(currencies):
        rate = {"ConversionRate": 1.0, "DecimalPlaces": 2}
        yield "CurrencyType", {"IsoCode": code, **rate, "IsCorporate": number == 0}
    for number, label in enumerate(objects["opportunity"].fields["stagename"].values, 1):
        forecast = WON.get(label, ("Pipeline", 0.0))[0]
        first = {"MasterLabel": label, "ApiName": label, "SortOrder": number, "ForecastCategoryName": forecast}
        ends = {"IsClosed": label in WON, "IsWon": label == "Closed Won", "DefaultProbability": PROBABILITY.get(label)}
        yield "OpportunityStage", {**first, **ends}
