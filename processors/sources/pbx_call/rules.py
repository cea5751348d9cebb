"""
Rules for telephone calls: which are logged, on which record, and what several matches mean.

In: a situation.  Out: the row that decides it.
Rule of this file: data alone; each row names its rule (XB, the PBX document; 1F, what is a setting), and the tables are
total.
"""

from processors.model.rule_table import Row, Table

CALL = Table(
    "call",
    (("internal", "inbound", "outbound", "unknown"), ("known", "nobody"), ("short", "full")),
    ("log", "internal", "unknown_number", "short_call"),
    (
        Row("XB-16", ("internal", "known", "short"), "internal"),
        Row("XB-16", ("internal", "known", "full"), "internal"),
        Row("XB-16", ("internal", "nobody", "short"), "internal"),
        Row("XB-16", ("internal", "nobody", "full"), "internal"),
        Row("XB-11", ("inbound", "known", "short"), "log"),
        Row("XB-11", ("inbound", "known", "full"), "log"),
        Row("XB-14", ("inbound", "nobody", "short"), "unknown_number"),
        Row("XB-14", ("inbound", "nobody", "full"), "unknown_number"),
        Row("XB-15", ("outbound", "known", "short"), "short_call"),
        Row("XB-11", ("outbound", "known", "full"), "log"),
        Row("XB-15", ("outbound", "nobody", "short"), "short_call"),
        Row("XB-27", ("outbound", "nobody", "full"), "unknown_number"),
        Row("XB-11", ("unknown", "known", "short"), "log"),
        Row("XB-11", ("unknown", "known", "full"), "log"),
        Row("XB-14", ("unknown", "nobody", "short"), "unknown_number"),
        Row("XB-14", ("unknown", "nobody", "full"), "unknown_number"),
    ),
)
"""
`nobody`: no record has the number, or there is no number: the call is skipped (1F-unknown_person).

`short`: given up before anyone answered.
"""

CALL_ANSWERED = Table(
    "call_answered",
    (("person", "nobody", "ring_group", "queue", "ivr", "voicemail"),),
    ("plain", "gave_up_waiting", "left_voicemail"),
    (
        Row("XB-13", ("person",), "plain"),
        Row("XB-13", ("nobody",), "plain"),
        Row("1F-machines", ("ring_group",), "plain"),
        Row("1F-machines", ("queue",), "gave_up_waiting"),
        Row("1F-machines", ("ivr",), "gave_up_waiting"),
        Row("1F-machines", ("voicemail",), "left_voicemail"),
    ),
)
"""Who answered, a person before any machine: a machine's answer is no talk, and some calls are of their own kind."""

CALL_ACTIVITY = Table(
    "call_activity",
    (("on", "off"),),
    ("log", "skip"),
    (Row("XB-11", ("on",), "log"), Row("XB-11", ("off",), "skip")),
)

CALL_LOGGED = Table(
    "call_logged",
    (("logged", "not_logged"),),
    ("amend", "decide"),
    (Row("XB-20", ("logged",), "amend"), Row("XB-20", ("not_logged",), "decide")),
)

CALL_PLACE = Table(
    "call_place",
    (("person", "account", "person_before_account", "account_before_person"), ("free", "assigned")),
    ("person", "account"),
    (
        Row("XB-11", ("person", "free"), "person"),
        Row("XB-19", ("person", "assigned"), "person"),
        Row("XB-11", ("account", "free"), "account"),
        Row("XB-19", ("account", "assigned"), "account"),
        Row("XB-11", ("person_before_account", "free"), "person"),
        Row("XB-19", ("person_before_account", "assigned"), "person"),
        Row("XB-11", ("account_before_person", "free"), "account"),
        Row("XB-19", ("account_before_person", "assigned"), "person"),
    ),
)
"""Who has the number, in the order of priority; `assigned`: someone chose the record."""

CALL_BOTH = Table(
    "call_both",
    (("priority", "error", "prefer_contact", "prefer_lead", "park"), ("contact_first", "lead_first")),
    ("contact", "lead", "refuse", "park"),
    (
        Row("XB-22", ("priority", "contact_first"), "contact"),
        Row("XB-22", ("priority", "lead_first"), "lead"),
        Row("XB-22", ("error", "contact_first"), "refuse"),
        Row("XB-22", ("error", "lead_first"), "refuse"),
        Row("XB-22", ("prefer_contact", "contact_first"), "contact"),
        Row("XB-22", ("prefer_contact", "lead_first"), "contact"),
        Row("XB-22", ("prefer_lead", "contact_first"), "lead"),
        Row("XB-22", ("prefer_lead", "lead_first"), "lead"),
        Row("XB-22", ("park", "contact_first"), "park"),
        Row("XB-22", ("park", "lead_first"), "park"),
    ),
)

CALL_LEADS = Table(
    "call_leads",
    (("no_install_date", "after_install", "before_install"),),
    ("newest", "stable"),
    (
        Row("XB-17", ("no_install_date",), "newest"),
        Row("XB-17", ("after_install",), "newest"),
        Row("XB-18", ("before_install",), "stable"),
    ),
)

CALL_SHARED = Table(
    "call_shared",
    (("account", "newest", "park"),),
    ("account", "newest", "park"),
    (
        Row("1F-shared_number", ("account",), "account"),
        Row("1F-shared_number", ("newest",), "newest"),
        Row("1F-shared_number", ("park",), "park"),
    ),
)

CALL_FURTHER = Table(
    "call_further",
    (("nobody", "record", "same_record", "several"),),
    ("leave_out", "log", "name_candidates"),
    (
        Row("XB-28", ("nobody",), "leave_out"),
        Row("XB-28", ("record",), "log"),
        Row("XB-28", ("same_record",), "leave_out"),
        Row("XB-28", ("several",), "name_candidates"),
    ),
)
"""
A further person outside who was in the call, by what their number finds; the others have their activities all the same.

`same_record`: somebody else in the call has an activity on it. `several`: no rule or setting chooses among them.
"""

TABLES = (CALL, CALL_FURTHER, CALL_ANSWERED, CALL_ACTIVITY, CALL_LOGGED, CALL_PLACE, CALL_BOTH, CALL_LEADS, CALL_SHARED)
