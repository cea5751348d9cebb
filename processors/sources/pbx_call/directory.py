"""
Who has which extension, as the settings of an integration say: machines of the network, and users.

In: steps as the network told them.  Out: the same steps, with the kind of each machine and the user of each leg.
Rule of this file: pure; what a step says itself is never replaced.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from processors.model.normalise import record_id
from processors.model.phone_numbers import bare
from processors.sources.pbx_call.answers import is_machine
from schemas.pbx_call_event import CallStep, Party, PartyKind
from schemas.values import Agent


@dataclass(frozen=True, slots=True)
class Directory:
    """
    The network's extensions.

    Attributes:
        machines: The kind of machine at an extension.
        users: Who has an extension: an e-mail, a user name or a Salesforce user ID.
        by_field: A field of the org's users holds their extension.
    """

    machines: Mapping[str, PartyKind] = field(default_factory=dict)
    users: Mapping[str, str] = field(default_factory=dict)
    by_field: bool = False

    def read(self, steps: Iterable[CallStep]) -> list[CallStep]:
        """Return the steps with what this directory knows of their parties and users."""
        return [self._step(step) for step in steps]

    def _step(self, step: CallStep) -> CallStep:
        caller, callee, target = (self._party(party) for party in (step.caller, step.callee, step.transfer_to))
        return replace(step, caller=caller, callee=callee, transfer_to=target, user=self._user(step, caller, callee))

    def _party(self, party: Party | None) -> Party | None:
        if party is None or party.kind == "external":
            return party
        kind = self.machines.get(party.extension or bare(party.number))
        return replace(party, kind=kind) if kind is not None and not is_machine(party) else party

    def _user(self, step: CallStep, caller: Party | None, callee: Party | None) -> Agent | None:
        """Return the step's user; where it names none, the one user whose extension is at an end of its leg."""
        if step.user is not None:
            return self._known(step.user)
        inside = [party for party in (caller, callee) if party and party.extension and not is_machine(party)]
        if len(inside) != 1 or inside[0].kind == "external":
            return None
        extension = inside[0].extension or ""
        known = extension in self.users or self.by_field
        return self._known(Agent(name=inside[0].name, extension=extension)) if known else None

    def _known(self, user: Agent) -> Agent:
        told = self.users.get(user.extension or "")
        if told is None or user.email or user.user_id:
            return user
        return replace(user, user_id=told) if record_id(told) else replace(user, email=told)


NOBODY = Directory()
"""Of a network whose extensions are not known."""
