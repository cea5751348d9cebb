"""
Person accounts: a contact that is one person with its account is written by that account.

In: writes of contacts.  Out: the writes as they are sent, and their answers as if the contact had been written.
Rule of this file: nobody else knows that a contact may be an account; IDs, keys and field names of answers are the
contact's again. What such a contact cannot do is refused before anything is sent. An org without person accounts costs
nothing; in others, rows that were read say who is a person, and only contacts that nobody has read are asked for.
Source: API guide (Person Account Record Types), Object Reference (Account), decision 0107.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from processors.model.errors import Transient
from processors.model.org_facts import IS_PERSON, OrgFacts
from processors.model.record import Record
from processors.model.requests import Found, In, Question, RowError, Write, Written

SHARED = frozenset({"FirstName", "LastName", "MiddleName", "Salutation", "Suffix", "Phone", "Fax", "Description"})
"""Fields that an account and its person share under one name."""
OWN = frozenset({"OwnerId", "CurrencyIsoCode"})
"""Fields that both records have: a person's are those of the account."""
NOT_THERE = frozenset({"AccountId", "ReportsToId", "RecordTypeId"})
"""Fields of a contact that a person does not have, or cannot change."""
CODE = "PERSON_ACCOUNT"
_MOST = 100_000


@dataclass(frozen=True, slots=True)
class Sent:
    """One write as it is sent (None: it is refused before); *contact* is the ID that its answer is to tell."""

    write: Write | None
    contact: str | None = None
    refusal: str = ""
    made: bool = False
    person: bool = False


def on_account(name: str) -> str:
    """Return how a person account names a field of its contact."""
    if name in SHARED or name in OWN:
        return name
    return f"{name[:-1]}pc" if name.endswith("__c") else f"Person{name}"


class PersonAccounts:
    """What is known of an org's person accounts. Thread-safe."""

    def __init__(self, find: Callable[[Sequence[Question]], Found], *, made_as: str | None) -> None:
        """*made_as*: developer name of the record type of new persons; None: contacts without account stay so."""
        self._find = find
        self._made_as = made_as
        self._lock = threading.Lock()
        self._accounts: dict[str, str] = {}
        self._type: str | None = None
        self.enabled = False

    def learn(self, facts: OrgFacts) -> None:
        """Note whether the org has person accounts, and the record type that new ones get."""
        self.enabled = facts.field("Contact", IS_PERSON) is not None
        account = facts.objects.get("Account")
        self._type = account.record_types.get(self._made_as or "") if account else None

    def note(self, records: Iterable[Record]) -> None:
        """Note which of the records that were read are persons."""
        if self.enabled:
            known = {
                record.id[:15]: _account(record)
                for record in records
                if record.object == "Contact" and IS_PERSON in record.fields
            }
            with self._lock:
                if len(self._accounts) + len(known) > _MOST:
                    self._accounts.clear()
                self._accounts |= known

    def sent(self, writes: Sequence[Write]) -> list[Sent]:
        """Return each write as it is sent. Raises what a read raises: nothing is applied by then."""
        if not self.enabled:
            return [Sent(write) for write in writes]
        accounts = self._of([write.record_id for write in writes if write.object == "Contact" and write.record_id])
        return [self._sent(write, accounts.get((write.record_id or "")[:15], "")) for write in writes]

    def _of(self, contacts: Sequence[str]) -> Mapping[str, str]:
        """Return the account of each contact that is a person, by the first 15 characters of its ID; others: ""."""
        with self._lock:
            unknown = tuple(dict.fromkeys(contact for contact in contacts if contact[:15] not in self._accounts))
        if unknown:
            asked = Question("Contact", (IS_PERSON, "AccountId"), ((In("Id", unknown),),))
            self.note(row for rows in self._find([asked]).rows for row in rows)
        with self._lock:
            return {contact[:15]: self._accounts.get(contact[:15], "") for contact in contacts}

    def _sent(self, write: Write, account: str) -> Sent:
        if write.object != "Contact":
            return Sent(write)
        if write.operation == "create":
            return self._person(write) if self._made_as and not write.fields.get("AccountId") else Sent(write)
        if not account:
            return Sent(write)
        if write.operation == "delete":
            return Sent(None, write.record_id, "it is one with its account: delete the account, if it is meant")
        if lost := sorted(NOT_THERE & set(write.fields)):
            return Sent(None, write.record_id, f"it is one with its account, and has no {', '.join(lost)} to write")
        fields = {on_account(name): value for name, value in write.fields.items()}
        return Sent(replace(write, object="Account", record_id=account, fields=fields), write.record_id, person=True)

    def _person(self, write: Write) -> Sent:
        if self._type is None:
            return Sent(None, None, f"the user has no record type {self._made_as} for accounts (person_account_type)")
        if lost := sorted((NOT_THERE - {"AccountId"}) & set(write.fields)):
            return Sent(None, None, f"a person account has no {', '.join(lost)} of a contact")
        fields = {on_account(name): value for name, value in write.fields.items() if name != "AccountId"}
        key = (on_account(write.external[0]), write.external[1]) if write.external else None
        made = replace(write, object="Account", external=key, fields={**fields, "RecordTypeId": self._type})
        return Sent(made, made=True, person=True)

    def answered(self, sent: Sequence[Sent], answers: Sequence[Written]) -> list[Written]:
        """
        Return the answers of all writes, of which *answers* are those that were sent. Raises what a read raises: the
        contact of a new person is read by one more call.
        """
        waiting = iter(answers)
        found = [
            Written(False, item.contact, errors=(RowError(CODE, item.refusal),))
            if item.write is None
            else next(waiting)
            for item in sent
        ]
        made = [
            written.id for written, of in zip(found, sent, strict=True) if of.made and written.success and written.id
        ]
        contacts = self._contacts(made) if made else {}
        return [_told(of, written, contacts) for of, written in zip(sent, found, strict=True)]

    def _contacts(self, accounts: Sequence[str]) -> Mapping[str, str]:
        asked = Question("Account", ("PersonContactId",), ((In("Id", tuple(accounts)),),))
        rows = [row for rows in self._find([asked]).rows for row in rows]
        found = {row.id: str(row.fields["PersonContactId"]) for row in rows if row.fields.get("PersonContactId")}
        if lost := set(accounts) - set(found):
            raise Transient(f"{len(lost)} new person accounts have no contact yet")
        with self._lock:
            self._accounts |= {contact[:15]: account for account, contact in found.items()}
        return found


def _account(contact: Record) -> str:
    return str(contact.fields.get("AccountId") or "") if contact.fields.get(IS_PERSON) is True else ""


def _told(of: Sent, written: Written, contacts: Mapping[str, str]) -> Written:
    """Return the answer as the contact's."""
    if not of.person or of.write is None:
        return written
    errors = tuple(
        replace(
            error, fields=tuple(map(_on_contact, error.fields)), gone=_on_contact(error.gone) if error.gone else None
        )
        for error in written.errors
    )
    if of.made and written.success:
        return replace(written, id=contacts[written.id or ""], errors=errors)
    return replace(written, id=of.contact, errors=errors)


def _on_contact(name: str) -> str:
    if name.endswith("__pc"):
        return f"{name[:-2]}c"
    return name.removeprefix("Person") if name not in SHARED else name
