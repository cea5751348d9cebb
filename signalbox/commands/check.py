"""
Command *check*: integration files are right, and each org has what they write to.

In: settings, integration files, the orgs' describe.  Out: lines for the reader, each naming its org.
Rule of this file: exit 2 for files, 1 for targets and for orgs that do not answer, 0 otherwise.
"""

from collections.abc import Sequence
from typing import Annotated

import typer

from connectors.salesforce.check import PERMISSIONS, missing, permission_lines
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.settings import SalesforceSettings
from processors.integration.catalog import Integrations
from processors.integration.check_campaigns import campaign_faults
from processors.integration.check_org import Finding, owner_faults, owners, targets
from processors.integration.references import mapped_names
from processors.matching.members import campaign_questions, status_questions
from processors.model.errors import RequestRefused, Transient
from processors.model.org_facts import OrgFacts
from processors.model.record import Record
from processors.model.requests import In, Question
from processors.sources.load import load_integrations
from signalbox.commands.common import FAILED, as_json_line
from signalbox.settings import Settings, load_settings
from signalbox.targets_of_changes import changes_targets


def check(
    offline: Annotated[bool, typer.Option("--offline", help="Ask no org; check the files alone.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """
    Check integration files and their targets: exit 2 for wrong files, 1 for wrong targets, 0 otherwise.

    Example: `signalbox check --offline`.
    """
    settings = load_settings()
    integrations = load_integrations(settings.integrations)
    findings = [] if offline else [item for org in integrations.orgs() for item in _org(org, settings, integrations)]
    for finding in findings:
        if as_json:
            as_json_line({"level": finding.level, "org": finding.org, "text": finding.text})
        else:
            typer.echo(f"{finding.level}: {finding.org}: {finding.text}")
    errors = sum(finding.level == "error" for finding in findings)
    if not as_json:
        asked = "no org was asked" if offline else f"{len(integrations.orgs())} orgs asked"
        warnings = len(findings) - errors
        typer.echo(f"{len(integrations.by_name)} integrations, {asked}: {errors} errors, {warnings} warnings")
    if errors:
        raise typer.Exit(FAILED)


def _org(name: str, settings: Settings, integrations: Integrations) -> list[Finding]:
    connection = settings.orgs.get(name)
    wanted = [integration for integration in integrations.by_name.values() if integration.org == name]
    if connection is None:
        names = ", ".join(integration.name for integration in wanted)
        return [Finding("error", name, f"has no connection in the settings, but {names} writes there; add orgs.{name}")]
    try:
        client = SalesforceClient(name, connection)
        facts = client.facts(mapped=mapped_names(wanted))
        given = client.permissions(PERMISSIONS)
        users = _users(client, facts, owners(wanted))
        asked = campaign_questions((integration.campaign for integration in wanted), facts)
        campaigns = client.find(asked).rows[0] if asked else ()
        statuses = _statuses(client, campaigns)
    except (Transient, RequestRefused) as error:
        return [Finding("error", name, f"cannot be asked: {' '.join(str(error).split())}")]
    told = [*missing(facts, connection.person_account_type), *permission_lines(name, given)]
    lacks = [Finding("warning", name, line.removeprefix(f"{name}: ")) for line in told]
    lacks += _too_few_calls(name, connection, client.usage())
    found = [
        finding
        for integration in wanted
        for finding in (*targets(integration, facts), *changes_targets(integration, facts))
    ]
    found += campaign_faults(wanted, name, campaigns, statuses)
    return [*lacks, *found, *(owner_faults(wanted, name, users) if users is not None else ())]


def _too_few_calls(name: str, connection: SalesforceSettings, usage: tuple[int, int] | None) -> list[Finding]:
    """Return a warning where the org allows fewer API calls a day than the settings say are needed (LL-4)."""
    needed = connection.api_calls_needed
    if usage is None or needed is None or usage[1] >= needed:
        return []
    return [
        Finding("warning", name, f"allows {usage[1]} API calls a day, and api_calls_needed says {needed}; buy more")
    ]


def _statuses(client: SalesforceClient, campaigns: Sequence[Record]) -> tuple[Record, ...]:
    """Return the member statuses of these campaigns; none where the integration user may not see them."""
    try:
        return client.find(asked).rows[0] if (asked := status_questions(campaigns)) else ()
    except RequestRefused:
        return ()


def _users(client: SalesforceClient, facts: OrgFacts, names: tuple[str, ...]) -> tuple[Record, ...] | None:
    """Return the users of these e-mails or user names; None where users cannot be read, which `missing` tells."""
    if not names or "User" not in facts.objects:
        return None
    either = ((In("Email", names),), (In("Username", names),))
    return client.find([Question("User", ("Email", "Username", "IsActive"), either)]).rows[0]
