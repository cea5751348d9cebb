"""
Call results for torture tests, by a seed: people, repeats, the same person by different keys, several integrations.

Rule of this file: equal seeds give equal messages; beside each message stands what the verifier is to expect of it.
"""

import base64
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.call_result import CallResult
from schemas.codec import SingleObject
from schemas.values import Person

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
CODEC = SingleObject()
TEAM = "team@example.com"

_HEAD = """
name: {name}
preset: vanillasoft
org: {org}
enabled: true
project: Solar {org}
result_codes: [{code}]
action: {action}
match:
  key_sets:
    - - {{from: person.email, kind: email, lead: Email, contact: Email}}
map:
  lead: {{Description: fields.comment}}
  contact: {{Description: fields.comment}}
"""
_ACCOUNT = """  account: {Name: person.company}
account: {enabled: true, keys: [Name]}
"""


def integrations(org: str = "acme", recipients: str = TEAM) -> dict[str, str]:
    """Return the integration files of one org by name: leads, contacts with accounts, conversions, updates alone."""
    actions = {
        "lead": ("update_or_create_lead", ""),
        "contact": ("update_or_create_contact", _ACCOUNT),
        "convert": ("update_and_convert_lead_or_create_contact", _ACCOUNT),
        "update": ("update_only", ""),
    }
    found = {}
    for code, (action, more) in actions.items():
        name = f"{org}-{code}"
        head = _HEAD.format(name=name, org=org, code=code.upper(), action=action)
        found[name] = head + more + f"recipients: [{recipients}]\n"
    return found


KINDS = {
    "lead": ("created", "updated", "skipped.stale"),
    "contact": ("created", "updated", "skipped.stale"),
    "convert": ("created", "updated", "converted", "skipped.stale"),
    "update": ("updated", "error", "skipped.stale"),
}


@dataclass
class Deal:
    """Messages in the order of their delivery, and what to expect of them."""

    messages: list[tuple[bytes, bytes | None]] = field(default_factory=list)
    expected: list[dict[str, Any]] = field(default_factory=list)

    def say(self, call: CallResult, integration: str, kinds: Sequence[str] = (), times: int = 1) -> None:
        """Deliver a call result *times* times, of which one outcome for *integration* is expected."""
        self.messages += [(call.call_id.encode(), CODEC.encode("call_result", call.to_avro()))] * times
        entry = {"type": "event", "event_id": call.event_id, "integration": integration, "kinds": list(kinds)}
        if entry not in self.expected:
            self.expected.append(entry)

    def garbage(self, data: bytes) -> None:
        """Deliver bytes that nobody can read."""
        self.messages.append((b"garbage", data))
        self.expected.append({"type": "unreadable", "bytes": base64.b64encode(data).decode()})

    def person(self, number: int | str, *, seeded: bool = False) -> None:
        """Tell that all records with this person's address are one."""
        entry = {"type": "person", "name": f"p{number}", "emails": [address(number)], "seeded": seeded}
        self.expected.append(entry)


def address(number: int | str) -> str:
    """Return a person's e-mail address."""
    return f"p{number}@example.org"


def call(
    event: str,
    person: int | str,
    code: str,
    *,
    org: str = "acme",
    company: str = "Acme",
    comment: str | None = None,
    salesforce_id: str | None = None,
    keyed: bool = True,
    at: int = 0,
) -> CallResult:
    """Return one call result; its comment is its own ID, so that every written value can be told from every other."""
    return CallResult(
        event_id=event,
        call_id=f"call-{event}",
        project=f"Solar {org}",
        result_code=code.upper(),
        resulted=START + timedelta(seconds=at),
        person=Person(
            first_name="Pat",
            last_name=f"Number {person}",
            email=address(person) if keyed else None,
            company=company,
        ),
        salesforce_id=salesforce_id,
        fields={"comment": comment or event},
    )


def recipients(*orgs: str, to: str = TEAM) -> list[dict[str, Any]]:
    """Return the input lines that say who is told of errors."""
    names = [name for org in orgs or ("acme",) for name in integrations(org)]
    return [{"type": "integration", "integration": name, "recipients": [to]} for name in names]


def deal(
    seed: int, calls: int, people: int, seeded: dict[int, str] | None = None, orgs: Sequence[str] = ("acme",)
) -> Deal:
    """Return *calls* call results of *people*, each delivered one to five times, with repeats and garbage between."""
    rng, made = random.Random(seed), Deal()
    known = seeded or {}
    # Who is a lead already is changed or converted; whoever is new becomes a lead or a contact.
    ways = {
        number: rng.choice(("lead", "convert") if number in known else ("lead", "lead", "contact", "convert"))
        for number in range(people)
    }
    for number in range(people):
        made.person(number, seeded=number in known)
    for name in {company(number) for number in range(people)}:
        made.expected.append({"type": "account", "name": name})
    for event in range(calls):
        person = rng.randrange(people)
        code = rng.choices((ways[person], "update", "nobody"), (12, 3, 1))[0]
        org = orgs[person % len(orgs)]
        by_id = person in known and rng.random() < 0.3
        call_result = call(
            f"s{seed}-{event}",
            person,
            code,
            org=org,
            company=company(person),
            salesforce_id=known.get(person) if by_id else None,
            keyed=not by_id,
            at=event,
        )
        wanted = call_result.result_code.lower()
        integration = "none" if wanted == "nobody" else f"{org}-{wanted}"
        made.say(call_result, integration, KINDS.get(wanted, ("skipped",)), times=rng.randint(1, 5))
    for number in range(max(1, calls // 100)):
        made.garbage(rng.randbytes(rng.randint(1, 40)) + bytes([number % 256, number // 256]))
    rng.shuffle(made.messages)
    made.expected += recipients(*orgs)
    return made


def company(person: int) -> str:
    """Return a person's company: three people share one."""
    return f"Company {person // 3}"
