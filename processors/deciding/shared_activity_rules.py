"""
Rules for an activity that two sources share: whose word counts for which field.

In: a situation.  Out: the row that decides it.
Rule of this file: data alone; ONE names the rule "one interaction, one activity", which no source document has.
"""

from processors.model.rule_table import Row, Table

SHARED_ACTIVITY = Table(
    "shared_activity",
    (("call_result", "pbx_call"), ("duration", "description", "subject", "disposition", "other")),
    ("write", "keep"),
    (
        Row("ONE-duration", ("call_result", "duration"), "keep"),
        Row("ONE-duration", ("pbx_call", "duration"), "write"),
        Row("ONE-description", ("call_result", "description"), "keep"),
        Row("ONE-description", ("pbx_call", "description"), "write"),
        Row("ONE-subject", ("call_result", "subject"), "write"),
        Row("ONE-subject", ("pbx_call", "subject"), "keep"),
        Row("ONE-disposition", ("call_result", "disposition"), "write"),
        Row("ONE-disposition", ("pbx_call", "disposition"), "keep"),
        Row("ONE-other", ("call_result", "other"), "write"),
        Row("ONE-other", ("pbx_call", "other"), "write"),
    ),
)

TABLES = (SHARED_ACTIVITY,)
