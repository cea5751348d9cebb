"""
Stage *compose* of the notifier: what a mail about an error says.

In: error `Outcome`s and one recipient.  Out: a `Mail`, its bytes the same for the same input.  Pure.
Rule of this file: text of others enters only through `clean`, addresses only through `address`, HTML only through
the autoescaping templates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from processors.notifier.clean import address, clean
from processors.notifier.facts import (
    candidate_row,
    foot,
    happened,
    most,
    person,
    record,
    refusal,
    rules,
    shared,
    when,
    who,
    with_names,
)
from processors.notifier.ports import Mail
from processors.notifier.words import words_for
from schemas.outcome import Outcome

_LOADER = FileSystemLoader(Path(__file__).parent / "templates")
_TEXT = SandboxedEnvironment(loader=_LOADER, autoescape=False, undefined=StrictUndefined)
_HTML = SandboxedEnvironment(loader=_LOADER, autoescape=True, undefined=StrictUndefined, trim_blocks=True)


@dataclass(frozen=True, slots=True)
class MailSettings:
    """
    How mails are made. `domain` is the right side of every Message-ID; `instance_urls` maps an org to its address.

    More than `group_above` errors of one fingerprint that wait together share mails (R35), `group_most` in one at most;
    after so many of one fingerprint within `group_window` seconds, its next ones wait so long to be collected (0: no).
    """

    sender: str
    domain: str
    sender_name: str = "Signalbox"
    instance_urls: Mapping[str, str] = field(default_factory=dict)
    group_above: int = 20
    group_most: int = 200
    group_window: float = 10.0

    def __post_init__(self) -> None:
        """Refuse addresses that no mail can be sent from."""
        address(self.sender)
        address(f"x@{self.domain}")


def compose(outcome: Outcome, recipient: str, settings: MailSettings) -> Mail:
    """Return the mail that tells *recipient* of one error (VS-11, VS-12, VS-29, VS-30)."""
    words = words_for(outcome)
    name = who(outcome.person)
    url = settings.instance_urls.get(outcome.org, "")
    view = {
        "headline": f"Not written to Salesforce: {name}",
        "happened": happened(outcome, name),
        "words": words,
        "detail": with_names(clean(outcome.detail or "", 500), outcome, url),
        "person": person(outcome.person),
        "candidates": most([candidate_row(c, url) for c in outcome.candidates], "object"),
        "missing": [clean(field_name, 120) for field_name in outcome.missing_fields],
        "refusals": most([refusal(r) for r in outcome.refusals], "object"),
        "records": most([record(r, url) for r in outcome.records if r.operation != "failed"], "object"),
        "foot": foot(outcome),
    }
    subject = f"{clean(name, 60)}: {words.short} ({clean(outcome.integration, 60)})"
    return _mail("error", subject, view, [outcome], recipient, settings)


def compose_digest(outcomes: Sequence[Outcome], recipient: str, settings: MailSettings) -> Mail:
    """Return the one mail that tells *recipient* of several errors of one fingerprint; it lists every outcome ID."""
    first = outcomes[0]
    words = words_for(first)
    integration = clean(first.integration, 60)
    view = {
        "headline": f"Not written to Salesforce: {len(outcomes)} events of {integration}",
        "happened": f"{len(outcomes)} events of the integration {integration} could not be written to Salesforce, "
        "all for the same reason.",
        "words": words,
        "what": shared(first),
        "rows": [
            {"time": when(o.event_time), "person": who(o.person), "outcome_id": clean(o.outcome_id, 80)}
            for o in outcomes
        ],
        "foot": [("Rules", rules(first)), ("Integration", integration), ("Outcomes", str(len(outcomes)))],
    }
    subject = f"{len(outcomes)} events: {words.short} ({integration})"
    return _mail("digest", subject, view, outcomes, recipient, settings)


def plan(outcomes: Sequence[tuple[Outcome, str]], settings: MailSettings) -> list[Mail]:
    """
    Return the mails for these (error, recipient) pairs: one for each, or one for many of one fingerprint (R35).

    Every pair is told of in exactly one of the mails.
    """
    groups: dict[tuple[str, ...], list[Outcome]] = {}
    for outcome, recipient in outcomes:
        groups.setdefault((recipient, *fingerprint(outcome)), []).append(outcome)
    mails: list[Mail] = []
    for (recipient, *_), group in groups.items():
        if len(group) <= settings.group_above:
            mails += [compose(outcome, recipient, settings) for outcome in group]
            continue
        for start in range(0, len(group), settings.group_most):
            mails.append(compose_digest(group[start : start + settings.group_most], recipient, settings))
    return mails


def fingerprint(outcome: Outcome) -> tuple[str, ...]:
    """Return what makes errors alike: integration, reason, Salesforce's code and the fields named."""
    refusal = outcome.refusals[0] if outcome.refusals else None
    fields = refusal.fields if refusal else outcome.missing_fields
    return (outcome.integration, outcome.reason, refusal.code if refusal else "", *sorted(fields))


def message_id(outcome_ids: Sequence[str], recipient: str, domain: str) -> str:
    """Return the Message-ID of the mail that tells *recipient* of these outcomes: the same for ever."""
    told = sha256("\n".join([recipient.lower(), *sorted(outcome_ids)]).encode()).hexdigest()[:40]
    return f"<{told}@{domain}>"


def _mail(
    template: str,
    subject: str,
    view: Mapping[str, Any],
    outcomes: Sequence[Outcome],
    recipient: str,
    settings: MailSettings,
) -> Mail:
    ids = tuple(outcome.outcome_id for outcome in outcomes)
    # The settled time, not now: a mail made again after a crash is the same mail.
    return made(template, subject, view, ids, max(outcome.settled_time for outcome in outcomes), recipient, settings)


def made(
    template: str,
    subject: str,
    view: Mapping[str, Any],
    ids: tuple[str, ...],
    at: datetime,
    recipient: str,
    settings: MailSettings,
) -> Mail:
    """Return the mail of a template; its bytes are the same for the same *ids*, view and moment."""
    identity = message_id(ids, recipient, settings.domain)
    message = EmailMessage(policy=SMTP)
    message["Subject"] = clean(subject, 180)
    message["From"] = address(settings.sender, settings.sender_name)
    message["To"] = address(recipient)
    message["Date"] = at.astimezone(UTC)
    message["Message-ID"] = identity
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_TEXT.get_template(f"{template}.txt.j2").render(view), cte="quoted-printable")
    html = _HTML.get_template(f"{template}.html.j2").render(view)
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    message.set_boundary(f"=_{sha256(identity.encode()).hexdigest()[:32]}")
    return Mail(identity, recipient, ids, message.as_bytes())
