"""
The decision tables: which record is meant, what the action does with it, and what else comes with it.

In: a situation.  Out: the row that decides it.
Rule of this file: data alone; each row names its rule, and the tables are total. Meaning of the IDs: VS the call result
document, 1F conflicts that are settings, 1G the vendors' own clarifications. The document's list of conversion rules
breaks off, and what it has is taken as the whole (VS-31).
"""

from processors.model.rule_table import Row, Table

ACTIONS = (
    "update_only",
    "update_or_create_lead",
    "update_or_create_contact",
    "update_and_convert_lead_or_create_contact",
)
"""The four actions (VS-10). Where nobody matches, the action decides (1F-unknown_person)."""
_ONLY, _LEAD, _CONTACT, _CONVERT = ACTIONS

ACTION = Table(
    "action",
    (ACTIONS, ("none", "one_lead", "one_contact", "several", "converted_lead")),
    (
        "no_match",
        "multiple_match",
        "update_lead",
        "update_contact",
        "convert_lead",
        "create_lead",
        "create_contact",
        "converted_lead",
    ),
    (
        Row("VS-11", (_ONLY, "none"), "no_match"),
        Row("VS-9", (_ONLY, "one_lead"), "update_lead"),
        Row("VS-9", (_ONLY, "one_contact"), "update_contact"),
        Row("VS-12", (_ONLY, "several"), "multiple_match"),
        Row("VS-7", (_ONLY, "converted_lead"), "converted_lead"),
        Row("VS-15", (_LEAD, "none"), "create_lead"),
        Row("VS-13", (_LEAD, "one_lead"), "update_lead"),
        Row("VS-13", (_LEAD, "one_contact"), "update_contact"),
        Row("VS-14", (_LEAD, "several"), "multiple_match"),
        Row("VS-7", (_LEAD, "converted_lead"), "converted_lead"),
        Row("VS-20", (_CONTACT, "none"), "create_contact"),
        Row("VS-18", (_CONTACT, "one_lead"), "update_lead"),
        Row("VS-18", (_CONTACT, "one_contact"), "update_contact"),
        Row("VS-19", (_CONTACT, "several"), "multiple_match"),
        Row("VS-7", (_CONTACT, "converted_lead"), "converted_lead"),
        Row("VS-25", (_CONVERT, "none"), "create_contact"),
        Row("VS-23", (_CONVERT, "one_lead"), "convert_lead"),
        Row("VS-24", (_CONVERT, "one_contact"), "update_contact"),
        Row("VS-27", (_CONVERT, "several"), "multiple_match"),
        Row("VS-7", (_CONVERT, "converted_lead"), "converted_lead"),
    ),
)

LEAD_AND_CONTACT = Table(
    "lead_and_contact",
    (("error", "prefer_contact", "prefer_lead", "park"),),
    ("both", "contact", "lead", "park"),
    (
        Row("VS-32", ("error",), "both"),
        Row("VS-32", ("prefer_contact",), "contact"),
        Row("VS-32", ("prefer_lead",), "lead"),
        Row("VS-32", ("park",), "park"),
    ),
)

SEVERAL = Table(
    "several",
    (("error", "newest", "oldest", "last_modified", "park"),),
    ("refuse", "newest", "oldest", "last_modified", "park"),
    (
        Row("1F-several", ("error",), "refuse"),
        Row("1F-several", ("newest",), "newest"),
        Row("LL-8", ("oldest",), "oldest"),
        Row("LL-8", ("last_modified",), "last_modified"),
        Row("1F-several", ("park",), "park"),
    ),
)
"""Several records match (match.several), whatever the source: of actions `refuse` asks the table of the actions."""

ACCOUNT_OPPORTUNITY = Table(
    "account_opportunity",
    (("update_lead", "create_lead", "update_contact", "create_contact", "convert_lead"),),
    ("discard", "apply"),
    (
        Row("VS-16", ("update_lead",), "discard"),
        Row("VS-16", ("create_lead",), "discard"),
        Row("VS-21", ("update_contact",), "apply"),
        Row("VS-21", ("create_contact",), "apply"),
        Row("VS-26", ("convert_lead",), "apply"),
    ),
)

ACCOUNT = Table(
    "account",
    (("off", "unkeyed", "none", "one", "several", "own"), ("allowed", "not_allowed")),
    ("create", "update", "link", "leave", "multiple_match"),
    (
        Row("VS-21", ("off", "allowed"), "leave"),
        Row("VS-21", ("off", "not_allowed"), "leave"),
        Row("VS-21", ("unkeyed", "allowed"), "leave"),
        Row("VS-21", ("unkeyed", "not_allowed"), "leave"),
        Row("VS-21", ("none", "allowed"), "create"),
        Row("VS-21", ("none", "not_allowed"), "leave"),
        Row("VS-21", ("one", "allowed"), "update"),
        Row("VS-21", ("one", "not_allowed"), "link"),
        Row("VS-21", ("several", "allowed"), "multiple_match"),
        Row("VS-21", ("several", "not_allowed"), "multiple_match"),
        Row("VS-21", ("own", "allowed"), "update"),
        Row("VS-21", ("own", "not_allowed"), "link"),
    ),
)

OTHER_ACCOUNT = Table(
    "other_account",
    (("leave", "follow", "error"), ("newest", "older")),
    ("leave", "follow", "refuse"),
    (
        Row("1F-other_account", ("leave", "newest"), "leave"),
        Row("1F-other_account", ("leave", "older"), "leave"),
        Row("1F-other_account", ("follow", "newest"), "follow"),
        Row("1F-other_account", ("follow", "older"), "leave"),
        Row("1F-other_account", ("error", "newest"), "refuse"),
        Row("1F-other_account", ("error", "older"), "refuse"),
    ),
)
"""The event's company is another one than the contact's own account: to `follow` moves the contact to it."""

COMPANY_ACCOUNT = Table(
    "company_account",
    (("lead", "new_at_stage"), ("none", "one", "several"), ("on", "off")),
    ("leave", "use", "create", "multiple_match"),
    (
        Row("1F-company_account", ("lead", "none", "on"), "leave"),
        Row("1F-company_account", ("lead", "none", "off"), "leave"),
        Row("1F-company_account", ("lead", "one", "on"), "use"),
        Row("1F-company_account", ("lead", "one", "off"), "use"),
        Row("1F-company_account", ("lead", "several", "on"), "multiple_match"),
        Row("1F-company_account", ("lead", "several", "off"), "leave"),
        Row("SP-11", ("new_at_stage", "none", "on"), "create"),
        Row("SP-11", ("new_at_stage", "none", "off"), "create"),
        Row("SP-11", ("new_at_stage", "one", "on"), "use"),
        Row("SP-11", ("new_at_stage", "one", "off"), "use"),
        Row("SP-11", ("new_at_stage", "several", "on"), "multiple_match"),
        Row("SP-11", ("new_at_stage", "several", "off"), "multiple_match"),
    ),
)
"""
The account of a lead that is converted, or of a new record that stands at the stage of conversion already, where no
account key says which: the one that bears the company's name. `leave`: the conversion makes it.
"""

MAY_CREATE = Table(
    "may_create",
    (("unset", "yes", "no"), ("update_only", "other")),
    ("allowed", "not_allowed"),
    (
        Row("VS-11", ("unset", "update_only"), "not_allowed"),
        Row("VS-21", ("unset", "other"), "allowed"),
        Row("VS-21", ("yes", "update_only"), "allowed"),
        Row("VS-21", ("yes", "other"), "allowed"),
        Row("VS-21", ("no", "update_only"), "not_allowed"),
        Row("VS-21", ("no", "other"), "not_allowed"),
    ),
)
"""Whether an account or opportunity may be made, by the setting `create` and the action (docs/decisions/0073)."""

KEYS = Table(
    "keys",
    (("create", "error"), ("keys", "no_keys")),
    ("go_on", "refuse"),
    (
        Row("1F-no_keys", ("create", "keys"), "go_on"),
        Row("1F-no_keys", ("create", "no_keys"), "go_on"),
        Row("1F-no_keys", ("error", "keys"), "go_on"),
        Row("1F-no_keys", ("error", "no_keys"), "refuse"),
    ),
)
"""An event by which nobody can be looked for: every such event would make another record of the same person."""

OPPORTUNITY = Table(
    "opportunity",
    (("off", "none", "unsaid", "open", "other_account", "elsewhere"), ("allowed", "not_allowed")),
    ("create", "update", "link", "leave"),
    (
        Row("VS-26", ("off", "allowed"), "leave"),
        Row("VS-26", ("off", "not_allowed"), "leave"),
        Row("VS-26", ("none", "allowed"), "create"),
        Row("VS-26", ("none", "not_allowed"), "leave"),
        Row("1F-event_data", ("unsaid", "allowed"), "leave"),
        Row("1F-event_data", ("unsaid", "not_allowed"), "leave"),
        Row("VS-26", ("open", "allowed"), "update"),
        Row("VS-26", ("open", "not_allowed"), "link"),
        Row("1F-other_account", ("other_account", "allowed"), "leave"),
        Row("1F-other_account", ("other_account", "not_allowed"), "leave"),
        Row("1F-other_account", ("elsewhere", "allowed"), "create"),
        Row("1F-other_account", ("elsewhere", "not_allowed"), "leave"),
    ),
)

OWNER = Table(
    "owner",
    (("user", "queue_with_setting", "queue_without_setting"),),
    ("keep", "setting", "integration_user"),
    (
        Row("VS-23", ("user",), "keep"),
        Row("VS-23", ("queue_with_setting",), "setting"),
        Row("VS-23", ("queue_without_setting",), "integration_user"),
    ),
)

_WRITES = (
    "update_lead",
    "create_lead",
    "update_contact",
    "create_contact",
    "convert_lead",
    "create_account",
    "create_opportunity",
)

MAPPING = Table(
    "mapping",
    (_WRITES, ("mapped", "no_mapping")),
    ("write", "refuse"),
    tuple(
        Row("1G-no_mapping", (verb, mapped), then)
        for verb in _WRITES
        for mapped, then in (("mapped", "write"), ("no_mapping", "refuse"))
    ),
)

TABLES = (
    ACTION,
    LEAD_AND_CONTACT,
    SEVERAL,
    ACCOUNT_OPPORTUNITY,
    ACCOUNT,
    OTHER_ACCOUNT,
    COMPANY_ACCOUNT,
    MAY_CREATE,
    KEYS,
    OPPORTUNITY,
    OWNER,
    MAPPING,
)
