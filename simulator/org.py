"""
Noun: one simulated org, alive.

In: an org file. Out: objects, records, users, tokens, clock, counters, faults.
Rule of this file: what the parts share, and nothing that a part can own.
"""

import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from simulator import access, catalogue, compounds, ids, seeds
from simulator.errors import ApiError
from simulator.faults import Faults
from simulator.fielddef import FieldDef
from simulator.orgfile import OrgFile
from simulator.pace import Pace
from simulator.store import Store
from simulator.values import to_date, to_datetime
from simulator.view import UserView

MOST_LOG = 50_000
DAY = timedelta(hours=24)


class Org:
    """Everything one org holds."""

    def __init__(self, file: OrgFile, number: int = 0) -> None:
        self.file = self._first_file = file
        self.number = number
        self.name = file.name
        self.objects = catalogue.build(file)
        self.pace = Pace.of(file.pace)
        self.faults = Faults()
        self.shift = timedelta()
        self.written_at: datetime | None = None
        self.log: deque[dict[str, Any]] = deque(maxlen=MOST_LOG)
        self.seq = 0
        self.tokens: dict[str, tuple[str, datetime]] = {}
        self.refresh: dict[str, str] = {}
        self.used = 0
        self.window = self.now()
        self.limit = file.daily_limit
        self.running: dict[int, datetime] = {}
        self.modified = self.now().replace(microsecond=0)
        self._removed: dict[tuple[str, str], FieldDef] = {}
        self.wipe()

    def now(self) -> datetime:
        """Return the org's time, to the millisecond."""
        moment = datetime.now(UTC) + self.shift
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def stamp(self) -> datetime:
        """Return the time that a row is stamped with: that of the write, at whole seconds, whenever it is visible."""
        return (self.written_at or self.now()).replace(microsecond=0)

    def wipe(self) -> None:
        """Return to the first state: records, fields and secret as the org file has them; tokens stay valid."""
        self.file = self._first_file
        for name, _ in list(self._removed):
            back = {field: held for (own, field), held in self._removed.items() if own == name}
            self._with_fields(self.objects[name], {**self.objects[name].fields, **back})
        self._removed.clear()
        self.store = Store(self.objects, self.number)
        self.users: dict[str, access.User] = {}
        self.locks: dict[str, datetime] = {}
        self.jobs: dict[str, Any] = {}
        self.cursors: dict[str, Any] = {}
        self._limited: dict[tuple[str, str], catalogue.ObjectDef] = {}
        self._seed()

    def _seed(self) -> None:
        self.id = ids.make("00D", 1, self.number)
        self.insert("Organization", {"Id": self.id, "Name": self.name, "InstanceName": "SIM1"})
        profile = self.insert("Profile", {"Name": "System Administrator"})
        entries = list(self.file.users)
        if not any(row.get("username") == self.file.username for row in entries):
            entries.insert(0, {"username": self.file.username, "password": self.file.password})
        for entry in entries:
            name = str(entry["username"])
            key = self.insert(
                "User", {"Username": name, "LastName": name.split("@", maxsplit=1)[0], "Email": name, "Alias": name[:8],
                         "ProfileId": profile, **entry.get("record", {})},
            )  # fmt: skip
            self.users[key] = access.user(key, entry)
            self._permit(self.users[key])
        for queue in self.file.queues:
            self.insert("Group", {"Name": queue, "DeveloperName": queue.replace(" ", "_"), "Type": "Queue"})
        for sobject, values in seeds.first_rows(self.objects, self.file.currencies):
            self.insert(sobject, values)
        for sobject, types in self.file.record_types.items():
            for kind in types:
                self.insert("RecordType", record_type(sobject, kind))
        for record in self.file.records:
            self.insert(str(record["type"]), record.get("fields", {}))

    def _permit(self, user: access.User) -> None:
        """Write the row by which a user reads its own permissions."""
        given = {"PermissionsApiEnabled": user.api, "PermissionsConvertLeads": user.convert,
                 "PermissionsViewAllData": user.all_data, "PermissionsModifyAllData": user.all_data}  # fmt: skip
        self.insert("UserPermissionAccess", given, owner=user.id)

    def insert(self, sobject: str, values: Mapping[str, Any], *, owner: str | None = None) -> str:
        """Write a whole row past the rules: for seeds. Raises KeyError for an unknown object or field."""
        entity = self.objects[sobject.lower()]
        now, by = self.stamp(), owner or next(iter(self.users), ids.make("005", 1, self.number))
        row: dict[str, Any] = dict(entity.defaults)
        row.update(Id="", IsDeleted=False, CreatedDate=now, CreatedById=by, LastModifiedDate=now, LastModifiedById=by,
                   SystemModstamp=now)  # fmt: skip
        if "ownerid" in entity.fields:
            row["OwnerId"] = by
        for name, value in values.items():
            if name.lower() not in entity.fields:
                raise KeyError(f"{sobject} has no field {name}")
            row[entity.fields[name.lower()].name] = _typed(entity.fields[name.lower()].type, value)
        if "name" in entity.fields and row.get("LastName"):
            row["Name"] = " ".join(part for part in (row.get("FirstName"), row.get("LastName")) if part)
        compounds.addresses(entity.fields, row)
        row["Id"] = ids.normal(row["Id"]) or self.store.next_id(entity)
        self.store.put(entity.name, row)
        if entity.name == "Campaign":
            self.add_statuses(str(row["Id"]))
        return str(row["Id"])

    def add_statuses(self, campaign: str) -> None:
        """Give a new campaign the two member statuses that each begins with."""
        for number, label in enumerate(("Sent", "Responded"), 1):
            first = {"CampaignId": campaign, "Label": label, "SortOrder": number}
            self.insert("CampaignMemberStatus", {**first, "IsDefault": number == 1, "HasResponded": number == 2})

    def change(self, sobject: str, record_id: str, values: Mapping[str, Any]) -> None:
        """
        Change a row past the rules, also into the bin and out of it; audit fields that are not named are now's.

        Raises KeyError for an unknown object, record or field.
        """
        entity = self.objects[sobject.lower()]
        found = self.store.get(entity.name, ids.normal(record_id) or "")
        if found is None:
            raise KeyError(f"{sobject} has no record {record_id}")
        row = {**found, "LastModifiedDate": self.stamp(), "SystemModstamp": self.stamp()}
        for name, value in values.items():
            if name.lower() not in entity.fields:
                raise KeyError(f"{sobject} has no field {name}")
            row[entity.fields[name.lower()].name] = _typed(entity.fields[name.lower()].type, value)
        self.store.put(entity.name, row)
        if row["IsDeleted"] and not found["IsDeleted"] and row.get("MasterRecordId"):
            self._reparent(entity, row)

    def _reparent(self, entity: catalogue.ObjectDef, loser: Mapping[str, Any]) -> None:
        """Give what belongs to a record that was merged away to the winner (SOAP guide, merge())."""
        for child in self.objects.values():
            for field in child.fields.values():
                if entity.name in field.reference_to and field.name != "MasterRecordId":
                    for row in list(self.store.find(child.name, field.name, loser["Id"])):
                        self.change(child.name, str(row["Id"]), {field.name: loser["MasterRecordId"]})

    def default_user(self) -> access.User:
        """Return the user that the connected app runs as."""
        return next(user for user in self.users.values() if user.username == self.file.username)

    def object(self, name: str, user: access.User) -> catalogue.ObjectDef | None:
        """Return the object of that name, in any case, as *user* knows it."""
        found = self.objects.get(name.lower())
        if found is None or found.name not in user.fields:
            return found
        key = (user.id, found.name)
        if key not in self._limited:
            self._limited[key] = access.limited(found, user)
        return self._limited[key]

    def set_field(self, sobject: str, field: str, state: str) -> None:
        """
        Let a field be `removed`, `hidden` or `read_only` for every user, or `there` again; its values stay.

        A right moves no describe's Last-Modified, a removed field does. Raises ValueError for what is unknown.
        """
        if state not in ("there", "hidden", "read_only", "removed"):
            raise ValueError(f"state {state!r}: one of there, hidden, read_only, removed")
        entity, key = self.objects.get(sobject.lower()), (sobject.lower(), field.lower())
        if entity is None or (field.lower() not in entity.fields and key not in self._removed):
            raise ValueError(f"{sobject} has no field {field}")
        if key in self._removed:
            entity = self._with_fields(entity, {**entity.fields, field.lower(): self._removed.pop(key)})
        if state == "removed":
            self._removed[key] = entity.fields[field.lower()]
            entity = self._with_fields(
                entity, {name: held for name, held in entity.fields.items() if name != field.lower()}
            )
        rights = {"hidden": (), "read_only": ("read",)}.get(state)
        own = next((held.name for name, held in entity.fields.items() if name == field.lower()), field)
        for user in list(self.users.values()):
            given = {name: held for name, held in user.fields.get(entity.name, {}).items() if name != own}
            given |= {own: rights} if rights is not None else {}
            self.users[user.id] = replace(user, fields={**user.fields, entity.name: given})
        self._limited.clear()

    def set_rights(self, sobject: str, rights: list[str]) -> None:
        """Give every user these rights to an object; no describe's Last-Modified moves. Raises ValueError."""
        entity = self.objects.get(sobject.lower())
        if entity is None or set(rights) - set(access.RIGHTS):
            raise ValueError(f"{sobject}: name an object, and rights of {', '.join(access.RIGHTS)}")
        for user in list(self.users.values()):
            self.users[user.id] = replace(user, objects={**user.objects, entity.name: tuple(rights)})
        self._limited.clear()

    def set_convert(self, given: bool) -> None:
        """Give every user the permission to convert leads, or take it away."""
        for user in list(self.users.values()):
            self.users[user.id] = replace(user, convert=given)
        for row in list(self.store.rows("UserPermissionAccess")):
            self.change("UserPermissionAccess", str(row["Id"]), {"PermissionsConvertLeads": given})

    def _with_fields(self, entity: catalogue.ObjectDef, fields: Mapping[str, FieldDef]) -> catalogue.ObjectDef:
        found = replace(entity, fields=fields)
        self.objects[entity.name.lower()] = found
        self.modified = max(self.now(), self.modified + timedelta(seconds=1)).replace(microsecond=0)
        return found

    def view(self, user: access.User) -> UserView:
        """Return what *user* sees."""
        return UserView(self.store, user, self.file.search_lag, lambda name: self.object(name, user))

    def open_session(self, user: access.User) -> str:
        """Return a new token of *user*."""
        token = f"{self.id[:15]}!AQ{secrets.token_urlsafe(48)}"
        self.tokens[token] = (user.id, self.now() + timedelta(seconds=self.file.session_seconds))
        return token

    def session(self, token: str) -> access.User:
        """Return whose *token* it is. Raises the org's refusal of an old or unknown one."""
        found = self.tokens.get(token)
        if found is None or found[1] <= self.now() or found[0] not in self.users:
            raise ApiError("INVALID_SESSION_ID", "Session expired or invalid", status=401)
        return self.users[found[0]]

    def count(self) -> None:
        """Count one API call. Raises the org's refusal at the limit."""
        now = self.now()
        if now - self.window >= DAY:
            self.window, self.used = now, 0
        if self.used >= self.limit:
            raise ApiError("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", status=403)
        self.used += 1

    def crowded(self) -> bool:
        """Whether too many long requests are under way for one more."""
        before = self.now() - timedelta(seconds=self.file.concurrent_after)
        return sum(1 for since in self.running.values() if since <= before) >= self.file.concurrent_limit

    def locked(self, record_id: str | None) -> bool:
        """Whether another transaction holds the record."""
        until = self.locks.get(record_id) if record_id else None
        return until is not None and until > self.now()


def record_type(sobject: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row of a record type that an org file describes: `{name, label, active}`."""
    fields = {"DeveloperName": said["name"], "Name": said.get("label", said["name"]), "SobjectType": sobject}
    person = {"IsPersonType": True} if said.get("person") else {}
    return {**fields, "IsActive": said.get("active", True), **person}


def _typed(kind: str, value: Any) -> Any:
    if isinstance(value, str) and kind in ("date", "datetime"):
        return to_date(value) if kind == "date" else to_datetime(value).replace(microsecond=0)
    return value.lower() if isinstance(value, str) and kind == "email" else value
