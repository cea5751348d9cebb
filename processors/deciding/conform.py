"""
What is written of mapped values, where the field does not take them, and where the event did not say them.

In: settings, describe, the values mapped for an object.  Out: the values to write, and what was changed or left out.
Rule of this file: pure; the only place where a value is changed or left out for its field's sake, and given the form in
which the org keeps it (`processors/model/stored_form.py`). A default is for creation: on an update it counts as empty.
`docs/decisions/0072-values-are-conformed.md`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from processors.integration.model import Integration
from processors.model.decision import Unfit
from processors.model.fit import Fit, Writer, fit
from processors.model.normalise import email, is_blank
from processors.model.org_facts import FieldFacts, ObjectFacts
from processors.model.stored_form import as_stored, moment_text
from processors.model.zones import Zone, zone_of
from schemas.command import Command
from schemas.values import Scalar

_ACTIVITIES = ("Task", "Event")
LONGEST_EVENT = timedelta(days=14)
"""How long Salesforce lets an Event last."""

Values = dict[str, Scalar]
_LIST = FieldFacts(
    name="",
    type="picklist",
    length=0,
    createable=True,
    updateable=True,
    nillable=True,
    defaulted=True,
    unique=False,
    external_id=False,
    restricted=True,
)


@dataclass(frozen=True, slots=True)
class Conform:
    """Conforms the values of one command to the fields of its org. `zone` is that of its event."""

    command: Command
    settings: Integration
    objects: Mapping[str, ObjectFacts]
    zone: Zone

    def create(self, name: str, mapped: Mapping[str, Scalar]) -> tuple[Values, tuple[Unfit, ...]]:
        """Return what a create of *name* writes of *mapped*; a mandatory value that fits nothing stays as sent."""
        return self._conformed(name, mapped, creating=True)

    def update(self, name: str, mapped: Mapping[str, Scalar]) -> tuple[Values, tuple[Unfit, ...]]:
        """Return what an update writes of *mapped*: defaults are empty there, what fits nothing is left out."""
        defaults = self._defaults(name)
        said = {
            field: None if field in defaults and value == defaults[field] else value for field, value in mapped.items()
        }
        return self._conformed(name, said, creating=False)

    def _defaults(self, name: str) -> Values:
        """Return the defaults that stand in the command for what the event did not say of object *name*."""
        key = "activity" if name in _ACTIVITIES else name.lower()
        mapped: Mapping[str, Scalar] = getattr(self.command, key, {})
        marked = {f"{key.title()}.{field}": field for field in mapped}
        return {
            marked[field_name]: mapped[marked[field_name]]
            for field_name in self.command.defaulted
            if field_name in marked
        }

    def _conformed(
        self, name: str, mapped: Mapping[str, Scalar], *, creating: bool
    ) -> tuple[Values, tuple[Unfit, ...]]:
        known = self.objects.get(name)
        if known is None:
            return dict(mapped), ()
        writer = self._writer(name)
        kept: Values = {}
        told: list[Unfit] = []
        for field, value in mapped.items():
            fact = known.fields.get(field)
            found = Fit(value) if fact is None or is_blank(value) else self._fit(name, fact, value, writer)
            if found.dropped and fact is not None and not self._may_drop(fact, value, creating=creating):
                found = Fit(value)
            written_value = as_stored(fact, found.value)
            if not found.dropped:
                kept[field] = written_value
            if found.why is not None:
                shown = found.value if found.dropped else written_value
                told.append(Unfit(f"{name}.{field}", value, shown, found.why, dropped=found.dropped))
        if name == "Event":
            told += self._event_times(kept)
        return kept, tuple(told)

    def _fit(self, name: str, fact: FieldFacts, value: Scalar, writer: Writer) -> Fit:
        """Return the value as the settings let it be changed: conform, drop, or refuse (it is sent as it is)."""
        mode = self.settings.write.unfit_of(f"{name}.{fact.name}")
        if mode == "refuse":
            return Fit(value)
        found = fit(fact, value, writer)
        return Fit(value, found.why, dropped=True) if mode == "drop" and found.why else found

    def listed(self, field: str, value: Scalar, values: tuple[str, ...]) -> tuple[Scalar, tuple[Unfit, ...]]:
        """
        Return what is written of *value* in `Object.Field`, which takes none but *values*; None where it is left out.

        A value that differs in case or spaces alone is the list's own, also where the settings refuse what does not
        fit (decision 0086): whoever asks refuses what is left out. For lists that describe does not tell, such as the
        statuses of one campaign's members.
        """
        name, _, own = field.partition(".")
        fact = replace(_LIST, name=own, values=values)
        refuses = self.settings.write.unfit_of(field) == "refuse"
        writer = self._writer(name)
        found = fit(fact, value, writer) if refuses else self._fit(name, fact, value, writer)
        kept = None if found.dropped else found.value
        return kept, (Unfit(field, value, found.value, found.why, dropped=found.dropped),) if found.why else ()

    def _may_drop(self, fact: FieldFacts, value: Scalar, *, creating: bool) -> bool:
        """Whether a record may be written without it: a new one needs what is mandatory, and a key to be found by."""
        if not creating:
            return True
        if fact.required:
            return False
        if fact.type != "email":
            return True
        others = [key for key in self.command.keys if key.kind != "email" or email(key.value) != email(str(value))]
        return bool(others or self.command.salesforce_id or self.command.record)

    def _writer(self, name: str) -> Writer:
        settings = self.settings
        home = zone_of(settings.zone).tz
        return Writer(settings.locale, home, self.zone.tz if name in _ACTIVITIES else None)

    def _event_times(self, kept: Values) -> Iterable[Unfit]:
        """Cut an Event that is longer than Salesforce takes, or that ends before it begins; it is the meeting still."""
        start, end = _moment(kept.get("StartDateTime")), _moment(kept.get("EndDateTime"))
        if start is None or end is None or self.settings.write.unfit_of("Event.EndDateTime") == "refuse":
            return
        last = min(max(end, start), start + LONGEST_EVENT)
        if last != end:
            sent, text = kept["EndDateTime"], moment_text(last)
            kept["EndDateTime"] = text
            yield Unfit("Event.EndDateTime", sent, text, "over_14_days" if end > start else "before_its_start")


def written(told: Iterable[Unfit], fields: Iterable[str]) -> tuple[Unfit, ...]:
    """Return of *told* what concerns a write of *fields*: what they took in another form, and what was left out."""
    names = set(fields)
    return tuple(unfit for unfit in told if unfit.dropped or unfit.field.partition(".")[2] in names)


def _moment(value: Scalar) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(value or "").strip())
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or UTC)
