"""
I2 and I3: the org's own log shows at most one effect for each command, no older value over a newer one, and order.

Rule of this file: pure; the org's log is believed, outcomes are held to it.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from tests.torture.verifier.check_activities import moment
from tests.torture.verifier.history import Effect, History, Person, Published, Violation

MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
PEOPLE = ("Lead", "Contact")
CLOCKED = (*PEOPLE, "Account", "Opportunity")
KEYED = (*PEOPLE, "Account", "Opportunity", "Task", "Event")


class Writing(NamedTuple):
    """One field of one record as one outcome tells that it was written, at the command's place."""

    place: int
    outcome: str
    value: str
    time: Any = None


def effects_once(history: History) -> Iterator[Violation]:
    """I2a: one record for each external ID, each create of ours carries one, one conversion a lead."""
    converting = _converting(history)
    alive: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    most = Counter[tuple[str, str, str]]()
    for effect in history.effects or ():
        keys = [(effect.org, effect.object, value) for value in effect.external.values() if value]
        for key in keys:
            if effect.kind == "create":
                alive[key].add(effect.id)
            elif effect.kind == "delete":
                # What was deleted may be made again under its key: a booking that is made anew after its end.
                alive[key].discard(effect.id)
            most[key] = max(most[key], len(alive[key]))
        ours = effect.kind == "create" and (effect.org, effect.request) not in converting
        if ours and effect.object in KEYED and not keys:
            yield Violation("I2a", f"{effect.object} {effect.id} of {effect.org} was created without an external ID")
    for (org, name, value), count in most.items():
        if count > 1:
            yield Violation("I2a", f"{count} {name}s of {org} were created for external ID {value}")
    conversions = Counter((item.org, item.id) for item in history.effects or () if item.kind == "convert")
    for (org, lead), count in conversions.items():
        if count > 1:
            yield Violation("I2a", f"Lead {lead} of {org} was converted {count} times")


def people_once(history: History) -> Iterator[Violation]:
    """I2a: at most one Lead or Contact is created for one person (none where there was one), one Account for a name."""
    converting = _converting(history)
    own = [create for create in _creates(history) if (create.org, create.request) not in converting]
    people, accounts = _index(history.sent.people), set(history.sent.accounts)
    found: dict[tuple[str, Person], set[str]] = defaultdict(set)
    named = Counter[tuple[str, str]]()
    for effect in own:
        if effect.object in PEOPLE:
            for person in {people[key] for key in _keys(effect.after) if key in people}:
                found[effect.org, person].add(effect.id)
        elif effect.object == "Account" and effect.after.get("Name") in accounts:
            named[effect.org, str(effect.after["Name"])] += 1
    for (org, person), ids in found.items():
        if len(ids) > (0 if person.seeded else 1):
            yield Violation("I2a", f"person {person.name} of {org} was created as {', '.join(sorted(ids))}")
    for (org, name), count in named.items():
        if count > 1:
            yield Violation("I2a", f"account {name!r} of {org} was created {count} times")


def created_once_told(history: History) -> Iterator[Violation]:
    """I2a: one outcome at most tells that it created a record: what was made before is no new record."""
    told: dict[tuple[str, str], set[str]] = defaultdict(set)
    for outcome, record in _records(history):
        if record["operation"] == "created":
            told[str(outcome.value["org"]), str(record["id"])].add(outcome.id)
    for (org, record_id), outcomes in told.items():
        if len(outcomes) > 1:
            yield Violation("I2a", f"{record_id} of {org} is told as created by {', '.join(sorted(outcomes))}")


def before_is_true(history: History) -> Iterator[Violation]:
    """I2b: no outcome tells a field as blank before its write that held a value, by the outcomes and the org's log."""
    if history.effects is None or history.ledger is None:
        return
    places = {row.id: row.place for row in history.ledger}
    blanked = {
        (effect.org, _short(effect.id), name)
        for effect in history.effects
        for name, value in effect.after.items()
        if not value
    }
    written: set[tuple[str, str, str]] = set()
    for outcome, record in sorted(_records(history), key=lambda pair: places.get(pair[0].id, 0)):
        for name, value in record["fields"].items():
            field = (str(outcome.value["org"]), _short(record["id"]), name)
            blank = record["operation"] == "updated" and record["before"].get(name) in (None, "")
            if blank and field in written and field not in blanked:
                yield Violation(
                    "I2b", f"outcome {outcome.id} tells that {name} of {record['id']} was blank; it was not"
                )
            if value not in (None, ""):
                written.add(field)


def told_and_done(history: History) -> Iterator[Violation]:
    """I2c: what outcomes tell as created, converted or changed is in the org's log, and nothing is created untold."""
    if history.effects is None:
        return
    done: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for effect in history.effects:
        done[effect.org, _short(effect.id), effect.kind] |= effect.after.keys()
    for outcome, record in _records(history):
        yield from _not_done(outcome, record, done)
    told = {(str(outcome.value["org"]), _short(record["id"])) for outcome, record in _records(history)}
    converting = _converting(history)
    for effect in _creates(history):
        if (effect.org, effect.request) not in converting and (effect.org, _short(effect.id)) not in told:
            yield Violation("I2c", f"{effect.object} {effect.id} of {effect.org} was created; no outcome tells of it")


def _not_done(
    outcome: Published, record: dict[str, Any], done: dict[tuple[str, str, str], set[str]]
) -> Iterator[Violation]:
    org, record_id = str(outcome.value["org"]), _short(record["id"])
    where = f"{record['object']} {record['id']} of {org}"
    for operation, kind in (("created", "create"), ("converted", "convert"), ("deleted", "delete")):
        if record["operation"] == operation and (org, record_id, kind) not in done:
            yield Violation("I2c", f"outcome {outcome.id} tells that {where} was {operation}; the org does not")
    if record["operation"] == "updated":
        written = done.get((org, record_id, "update"), set()) | done.get((org, record_id, "create"), set())
        for name, value in record["fields"].items():
            if record["before"].get(name, value) != value and name not in written:
                yield Violation("I2c", f"outcome {outcome.id} tells that {name} of {where} changed; it did not")


def values_newest(history: History) -> Iterator[Violation]:
    """I2b: each field took its values in the order of the commands' places, and ended with the last one's."""
    if history.effects is None or history.ledger is None:
        return
    values: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    converting = _converting(history)
    for effect in history.effects:
        if effect.object in ("Task", "Event") and (effect.org, effect.request) in converting:
            continue  # the org itself hangs a lead's activities on its contact
        for name, value in effect.after.items():
            values[effect.org, _short(effect.id), name].append(_text(value))
    for (org, record_id, name), writings in _writings(history).items():
        seen = values.get((org, record_id, name))
        if seen:
            yield from _in_order(f"{name} of {record_id} in {org}", writings, seen)


def _in_order(where: str, writings: list[Writing], seen: list[str]) -> Iterator[Violation]:
    position = 0
    for value in seen:
        later = [n for n, writing in enumerate(writings) if writing.value == value and n >= position]
        if later:
            position = later[0]
        elif any(writing.value == value for writing in writings):
            yield Violation("I2b", f"{where}: older value {value!r} was written after {writings[position].value!r}")
        # A value that no outcome tells is judged by its end: a refused command's write never lands.
    if seen[-1] != writings[-1].value:
        last = writings[-1]
        yield Violation(
            "I2b", f"{where} ends as {seen[-1]!r}; outcome {last.outcome}, the latest, wrote {last.value!r}"
        )


def no_older_event(history: History) -> Iterator[Violation]:
    """I2e: no field of a person, an account or an opportunity is written by an event older than one that wrote it."""
    for (org, record_id, name), writings in _writings(history).items():
        for before, after in pairwise(writing for writing in writings if writing.time is not None):
            if after.time < before.time:
                line = f"{name} of {record_id} in {org}: outcome {after.outcome} wrote {after.value!r} of {after.time}"
                yield Violation("I2e", f"{line} over {before.value!r} of {before.time} (outcome {before.outcome})")


def order_kept(history: History) -> Iterator[Violation]:
    """I3: what was done to one record was settled in the order of the commands' places."""
    places = {row.id: row.place for row in history.ledger or ()}
    done: dict[tuple[str, str], list[tuple[int, int, str]]] = defaultdict(list)
    for outcome, record in _records(history):
        if record["operation"] in ("created", "updated", "converted") and outcome.id in places:
            key = (str(outcome.value["org"]), _short(record["id"]))
            done[key].append((places[outcome.id], outcome.sequence, outcome.id))
    for (org, record_id), settled in done.items():
        ordered = sorted(set(settled))
        for before, after in pairwise(ordered):
            if before[1] > after[1]:
                line = f"{record_id} of {org}: outcome {after[2]} (place {after[0]}) was settled before {before[2]}"
                yield Violation("I3", f"{line} (place {before[0]})")


def _writings(history: History) -> dict[tuple[str, str, str], list[Writing]]:
    places = {row.id: row.place for row in history.ledger or ()}
    found: dict[tuple[str, str, str], list[Writing]] = defaultdict(list)
    for outcome, record in _records(history):
        if record["operation"] in ("created", "updated") and outcome.id in places:
            for name, value in record["fields"].items():
                key = (str(outcome.value["org"]), _short(record["id"]), name)
                time = outcome.value.get("event_time") if record["object"] in CLOCKED else None
                found[key].append(Writing(places[outcome.id], outcome.id, _text(value), time))
    return {key: sorted(some, key=lambda writing: (writing.place, writing.outcome)) for key, some in found.items()}


def _records(history: History) -> Iterator[tuple[Published, dict[str, Any]]]:
    for outcome in history.outcomes:
        for record in outcome.value["records"]:
            if record["id"]:
                yield outcome, record


def _creates(history: History) -> list[Effect]:
    return [effect for effect in history.effects or () if effect.kind == "create"]


def _converting(history: History) -> set[tuple[str, int]]:
    # A conversion makes its own contact and account; they belong to the lead.
    return {(effect.org, effect.request) for effect in history.effects or () if effect.kind == "convert"}


def _index(people: tuple[Person, ...]) -> dict[str, Person]:
    return {
        key: person
        for person in people
        for key in (*map(str.lower, person.emails), *map(_digits, person.phones))
        if key
    }


def _keys(after: Any) -> list[str]:
    return [str(after.get("Email") or "").lower(), _digits(str(after.get("Phone") or ""))]


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


def _text(value: Any) -> str:
    """Return a value as text; a moment in UTC, for the org writes it in another form than it takes it."""
    text = str(value)
    told = moment(text) if MOMENT.match(text) else None
    return told.isoformat() if told else text


def _short(record_id: str) -> str:
    return record_id[:15]
