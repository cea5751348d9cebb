"""Whatever comes: decide never raises, and what it decides keeps its order and its limits."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from processors.integration.model import Integration
from processors.model.decision import Decision
from processors.model.match import Match
from processors.model.record import Record
from processors.sources.decide import decide
from schemas.command import Command
from tests.unit.deciding.rules.scenarios import (
    ACCOUNT,
    ACCOUNT_2,
    ACTIONS,
    CONTACT,
    CONTACT_2,
    LEAD,
    LEAD_2,
    NOW,
    OPPORTUNITY,
    QUEUE,
    USER,
    command,
    integration,
    org_facts,
)

ORDER = {"lead": 0, "convert": 2, "contact": 4, "opportunity": 5}
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just("2026-01-01"))
FIELDS = {
    "Lead": ("LastName", "Company", "Title", "Unknown__c"),
    "Contact": ("LastName", "Title", "AccountId", "Unknown__c"),
    "Account": ("Name", "Industry"),
    "Opportunity": ("Name", "StageName", "CloseDate", "Amount", "IsClosed"),
}


def mapped(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """Any values for some fields of an object."""
    return st.dictionaries(st.sampled_from(FIELDS[name]), SCALARS)


def records(name: str, *ids: str, **links: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Record, ...]]:
    """Some records of an object, each ID once, with any values."""
    fields = st.builds(lambda values, more: {**values, **more}, mapped(name), st.fixed_dictionaries(links))
    search_strategy = st.tuples(st.sampled_from(ids), fields)
    found = st.lists(search_strategy, max_size=len(ids), unique_by=lambda pair: pair[0])
    return found.map(lambda pairs: tuple(Record(name, *pair) for pair in pairs))


LEADS = records("Lead", LEAD, LEAD_2, OwnerId=st.sampled_from([USER, QUEUE, None]), IsConverted=st.booleans())
CONTACTS = records("Contact", CONTACT, CONTACT_2, AccountId=st.sampled_from([ACCOUNT, None]))
ONE_ACCOUNT = records("Account", ACCOUNT).map(lambda found: found[0] if found else None)
ONE_DEAL = records("Opportunity", OPPORTUNITY).map(lambda found: found[0] if found else None)
MATCHES = st.builds(
    Match,
    leads=LEADS,
    contacts=CONTACTS,
    accounts=records("Account", ACCOUNT, ACCOUNT_2),
    account_of=ONE_ACCOUNT,
    opportunity=ONE_DEAL,
)
COMMANDS = st.fixed_dictionaries({name.lower(): mapped(name) for name in FIELDS}).map(lambda maps: command(**maps))
SWITCHES = st.fixed_dictionaries({name: st.booleans() for name in ("enabled", "create", "update")})
SETTINGS = st.builds(
    integration,
    st.sampled_from(sorted(ACTIONS)),
    account=SWITCHES,
    opportunity=SWITCHES,
    match=st.fixed_dictionaries({"lead_and_contact": st.sampled_from(["error", "prefer_contact", "prefer_lead"])}),
    write=st.fixed_dictionaries(
        {
            "default": st.sampled_from(["overwrite", "fill_blank", "respect_human", "never"]),
            "blank": st.sampled_from(["skip", "clear"]),
        }
    ),
    mandatory=st.fixed_dictionaries({"empty": st.sampled_from(["default", "error"])}),
    convert=st.fixed_dictionaries({"owner": st.sampled_from([None, USER])}),
)


def _decide(asked: Command, match: Match, settings: Integration) -> Decision:
    return decide(asked, match, settings, org_facts(), NOW)


@given(COMMANDS, MATCHES, SETTINGS)
def test_any_combination_is_decided_within_the_limits(asked: Command, match: Match, settings: Integration) -> None:
    """Nothing raises; errors write nothing; steps keep their order; one opportunity at most; no converted lead."""
    decision = _decide(asked, match, settings)
    steps = decision.steps
    assert not (decision.kind == "error" and steps)
    assert (decision.reason == "unchanged") == (decision.kind == "updated" and not steps)
    roles = [step.role for step in steps]
    assert len(roles) == len(set(roles))
    places = [ORDER[role] for role in roles if role in ORDER]
    assert places == sorted(places)
    assert sum(step.object == "Opportunity" and step.operation == "create" for step in steps) <= 1
    converted = {lead.id for lead in match.leads if lead.fields["IsConverted"]}
    assert not converted & {step.record_id for step in steps}
    assert decision.rule_ids or decision.kind == "skipped"


@given(COMMANDS, MATCHES, SETTINGS)
def test_references_point_to_roles_that_come_before(asked: Command, match: Match, settings: Integration) -> None:
    """A step only waits for steps before it; a conversion answers for contact and account."""
    known: set[str] = set()
    for step in _decide(asked, match, settings).steps:
        wanted = set(step.refs.values()) | ({step.target} if step.target else set())
        assert wanted <= known
        known |= {step.role} | ({"contact", "account"} if step.operation == "convert" else set())


@given(COMMANDS, MATCHES, SETTINGS)
def test_only_mapped_fields_and_links_are_written(asked: Command, match: Match, settings: Integration) -> None:
    """What the integration does not map stays as it is."""
    for step in _decide(asked, match, settings).steps:
        allowed = set(getattr(asked, step.object.lower())) | {"AccountId", "ContactId"}
        assert set(step.fields) <= allowed


@given(COMMANDS, MATCHES, SETTINGS)
def test_the_same_arguments_decide_the_same(asked: Command, match: Match, settings: Integration) -> None:
    """A decision taken again after a crash is the decision taken before it."""
    assert repr(_decide(asked, match, settings)) == repr(_decide(asked, match, settings))
