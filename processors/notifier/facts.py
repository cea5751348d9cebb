"""
Stage *compose* of the notifier, second half: the facts of an outcome as a mail shows them.

In: parts of an `Outcome`.  Out: plain texts, and links to records where the org's address is known.  Pure.
Rule of this file: every text that leaves has been through `clean`, and every link starts at the org's own address.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from processors.notifier.clean import clean
from processors.notifier.words import ACTIONS, action_meant
from processors.sources.registry import source_of
from schemas.outcome import Candidate, Outcome, Refusal, Touched
from schemas.values import Person

MOST = 50
"""How many candidates, refusals or records one mail lists; the number of the others is given."""

_RECORD_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")

_ID_IN_TEXT = re.compile(r"\b[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?\b")


def when(moment: datetime) -> str:
    """Return a moment as people read it, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def who(person: Person) -> str:
    """Return the shortest text that tells a reader which person is meant."""
    strongest = next(iter((*person.emails, *person.all_phones)), "")
    return _name(person) or clean(strongest, 80) or "a person without a name"


def happened(outcome: Outcome, name: str) -> str:
    """Return the sentence that says what could not be done, for whom and by which integration."""
    source = source_of(outcome.contract)
    tried = f" It was meant to {ACTIONS[meant]}." if (meant := action_meant(outcome)) in ACTIONS else ""
    by = clean(outcome.agent.name or outcome.agent.email or "", 80) if outcome.agent else ""
    return (
        f"{source.words.happened(name, by)}, {when(outcome.event_time)}, could not be written to "
        f"Salesforce by the integration {clean(outcome.integration, 60)}.{tried}"
    )


def person(value: Person) -> list[tuple[str, str]]:
    """Return what is known of the person, as labelled rows."""
    rows = [
        ("Name", _name(value)),
        ("E-mail", clean(", ".join(value.emails), 240)),
        ("Phone", clean(", ".join(value.all_phones[:5]), 120)),
        ("Company", clean(value.company or "", 120)),
    ]
    return [row for row in rows if row[1]] or [("Name", "not known")]


def candidate_row(value: Candidate, instance_url: str) -> dict[str, str]:
    """Return one of several matching records as a row."""
    return {
        "object": clean(value.object, 60),
        "label": label(value.name, value.id, instance_url),
        "owner": clean(value.owner or value.owner_id or "", 80),
        "owner_link": link(value.owner_id or "", instance_url),
        "created": when(value.created) if value.created else "",
        "modified": when(value.modified) if value.modified else "",
        "link": link(value.id, instance_url),
    }


def refusal(value: Refusal) -> dict[str, str]:
    """Return Salesforce's own answer as a row."""
    return {
        "object": clean(value.object, 60),
        "code": clean(value.code, 80),
        "message": clean(value.message, 500),
        "fields": clean(", ".join(value.fields), 200),
    }


def record(value: Touched, instance_url: str) -> dict[str, str]:
    """Return one record that was touched before the error as a row."""
    return {
        "object": clean(value.object, 60),
        "label": label(value.name, value.id or "", instance_url),
        "owner": clean(value.owner or value.owner_id or "", 80),
        "owner_link": link(value.owner_id or "", instance_url),
        "operation": value.operation,
        "fields": clean(", ".join(value.fields), 200),
        "link": link(value.id or "", instance_url),
    }


def most(rows: Sequence[dict[str, str]], label: str) -> list[dict[str, str]]:
    """Return at most `MOST` rows, the last one saying how many others there are."""
    if len(rows) <= MOST:
        return list(rows)
    others = {**dict.fromkeys(rows[0], ""), label: f"and {len(rows) - MOST} more"}
    return [*rows[:MOST], others]


def shared(outcome: Outcome) -> str:
    """Return what errors of one fingerprint have in common beyond their reason."""
    parts = [f"{r['object']}: {r['code']}" for r in map(refusal, outcome.refusals[:1])]
    if outcome.missing_fields:
        parts.append("fields without a source: " + clean(", ".join(outcome.missing_fields), 300))
    return "; ".join(parts)


def rules(outcome: Outcome) -> str:
    """Return the IDs of the rules that led here."""
    return clean(", ".join(outcome.rule_ids), 200) or "none"


def foot(outcome: Outcome) -> list[tuple[str, str]]:
    """Return the facts that support needs, the outcome ID first."""
    rows = [
        ("Outcome", clean(outcome.outcome_id, 80)),
        ("Reason", outcome.reason),
        ("Rules", rules(outcome)),
        ("Integration", clean(outcome.integration, 60)),
        ("Org", clean(outcome.org, 60)),
        ("Event", clean(", ".join(outcome.event_ids) or outcome.reused_event_id or "", 200)),
        ("Settled", when(outcome.settled_time)),
    ]
    return [row for row in rows if row[1]]


def with_names(text: str, outcome: Outcome, instance_url: str) -> list[dict[str, str]]:
    """Return a text in pieces: the ID of each record that the outcome names is that name, with its link."""
    named = [(touched.id or "", touched.name) for touched in outcome.records] + [
        (candidate.id, candidate.name) for candidate in outcome.candidates
    ]
    known = {record_id[:15]: (record_id, name) for record_id, name in named if name}
    pieces: list[dict[str, str]] = []
    end = 0
    for found in _ID_IN_TEXT.finditer(text):
        if found[0][:15] in known:
            own_id, name = known[found[0][:15]]
            pieces.append({"text": text[end : found.start()], "link": ""})
            pieces.append({"text": label(name, own_id, instance_url), "link": link(own_id, instance_url)})
            end = found.end()
    return [piece for piece in (*pieces, {"text": text[end:], "link": ""}) if piece["text"]]


def link(record_id: str, instance_url: str) -> str:
    """Return the address of a record in the org, or an empty text where the org's address is not known."""
    if not instance_url.startswith(("https://", "http://")) or not _RECORD_ID.fullmatch(record_id):
        return ""
    return f"{instance_url.rstrip('/')}/{record_id}"


def label(name: str | None, record_id: str, instance_url: str) -> str:
    """Return what a record is called: its name, with the ID where no link leads to it; the ID where it has no name."""
    shown, own_id = clean(name or "", 100), clean(record_id, 20)
    if not shown:
        return own_id
    return shown if link(record_id, instance_url) or not own_id else f"{shown} ({own_id})"


def _name(person: Person) -> str:
    return clean(person.whole_name or "", 80)
