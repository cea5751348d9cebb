"""
Records that mapped references name by an external ID: what to ask, and which records have the value.

In: mapped values by object, the org's facts, rows.  Out: questions; the IDs by object, field and value.  Pure.
Rule of this file: these rows are kept apart from the people's: a parent is read for its ID alone, and matches nobody.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from processors.model.match import Match
from processors.model.normalise import is_blank, record_id
from processors.model.org_facts import OrgFacts
from processors.model.parents import BY_ID, ParentIds, key_faults, known_path, named_by_id, parent_key
from processors.model.record import Record
from processors.model.requests import In, Question
from schemas.values import Scalar

PARENT = "parent:"
"""What claim keys of records begin with that others name by an external ID."""
MappedValues = Mapping[str, Mapping[str, Scalar]]
"""The values of one command by object and mapped name."""


def parent_questions(mapped: Iterable[MappedValues], facts: OrgFacts) -> tuple[Question, ...]:
    """Return what to ask about the records that these values name by an external ID or a record ID; each value once."""
    wanted: dict[tuple[str, str], dict[str, None]] = {}
    for values in mapped:
        for name, fields in values.items():
            for field, value in fields.items():
                path = known_path(facts.objects.get(name), field)
                if path is not None and not is_blank(value) and key_faults(path, facts) is None:
                    wanted.setdefault((path.parent, path.key), {})[_text(value)] = None
                own = named_by_id(facts.objects.get(name), field, value)
                if own is not None and own.parent in facts.objects:
                    wanted.setdefault((own.parent, own.key), {})[str(record_id(str(value)))] = None
    return tuple(
        Question(name, tuple(dict.fromkeys(("Id", key))), ((In(key, tuple(values)),),))
        for (name, key), values in wanted.items()
    )


def parent_names(mapped: MappedValues, facts: OrgFacts) -> frozenset[str]:
    """Return the claim keys of the records that these values name by an external ID."""
    found = set()
    for name, fields in mapped.items():
        for field, value in fields.items():
            path = known_path(facts.objects.get(name), field)
            if path is not None and not is_blank(value):
                found.add(_name(path.parent, path.key, value, facts))
    return frozenset(found)


def names_written(object_name: str, fields: Mapping[str, Scalar], facts: OrgFacts) -> frozenset[str]:
    """Return the claim keys under which others may name a record into which these *fields* are written."""
    known = facts.objects.get(object_name)
    held = ((fact, value) for name, value in fields.items() if known and (fact := known.fields.get(name)))
    keys = ((fact, value) for fact, value in held if (fact.external_id or fact.lookup) and not is_blank(value))
    return frozenset(_name(object_name, fact.name, value, facts) for fact, value in keys)


def _name(object_name: str, key: str, value: Scalar, facts: OrgFacts) -> str:
    return f"{PARENT}{object_name}.{key}={parent_key(facts.field(object_name, key), value)}"


def _text(value: Scalar) -> str:
    """Return the value as the question has it: a whole number without a fraction, a text trimmed."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def parents_found(questions: Iterable[Question], rows: Iterable[Iterable[Record]], facts: OrgFacts) -> ParentIds:
    """Return the IDs of the records found, by object and key field, then by the value in its compared form."""
    found: dict[tuple[str, str], dict[str, tuple[str, ...]]] = {}
    for question, records in zip(questions, rows, strict=True):
        key = question.fields[-1]
        fact = facts.field(question.object, key)
        ids = found.setdefault((question.object, key), {})
        for record in records:
            value = record.id if key == BY_ID else record.fields.get(key)
            if value is not None:
                same = parent_key(fact, value)
                ids[same] = (*ids.get(same, ()), record.id)
    return found


def with_parents(match: Match, named: ParentIds) -> Match:
    """Return *match*, and that of a call's further people, with the records that references name."""
    if not named:
        return match
    further = {number: replace(found_at, parents=named) for number, found_at in match.further.items()}
    return replace(match, parents=named, further=further)
