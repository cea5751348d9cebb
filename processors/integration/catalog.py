"""
The set of integrations that one process runs with.

In: validated integrations. Out: lookup by name and by trigger, the digest of each one's settings, the orgs.
Rule of this file: frozen and pure; that no trigger is used twice (VS-4) was checked by whoever loaded the files.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from processors.integration.model import Integration
from processors.model.visible import visible


def code_key(text: str) -> str:
    """Return how projects and result codes are compared: as seen, trimmed and without case (VS-1)."""
    return visible(text).strip().casefold()


def settings_digest(integration: Integration) -> str:
    """Return sha256 (hex) of the canonical resolved settings: presets and defaults filled in, keys sorted."""
    settings = integration.model_dump(mode="json", by_alias=True)
    canonical = json.dumps(settings, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Integrations:
    """
    All integrations by name; `triggers` hold the enabled ones alone, since a disabled one wants nothing.

    `unknown_sources`: the sources of which some integration is not known, because its file is faulty and no good text
    of it is there. What nobody wants of them may be that one's.
    """

    by_name: Mapping[str, Integration]
    digests: Mapping[str, str] = field(default_factory=dict)
    triggers: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    unknown_sources: frozenset[str] = frozenset()

    @classmethod
    def of(cls, integrations: Iterable[Integration], unknown_sources: frozenset[str] = frozenset()) -> "Integrations":
        """Return the set of these integrations."""
        by_name = {integration.name: integration for integration in integrations}
        triggers: dict[tuple[str, str, str], str] = {
            (integration.source, code_key(scope), code_key(code)): integration.name
            for integration in by_name.values()
            if integration.enabled
            for scope, code in integration.triggers
        }
        digests = {name: settings_digest(integration) for name, integration in by_name.items()}
        return cls(MappingProxyType(by_name), MappingProxyType(digests), MappingProxyType(triggers), unknown_sources)

    def find(self, source: str, scope: str, code: str = "") -> Integration | None:
        """
        Return the one enabled integration that this fires, or None (VS-1 to VS-4).

        *scope* and *code* are the project and result code of a call result, the workspace of a booking, the network
        of a PBX call.
        """
        name = self.triggers.get((source, code_key(scope), code_key(code)))
        return None if name is None else self.by_name[name]

    def digest(self, name: str) -> str:
        """Return the digest of one integration's settings; KeyError where there is none of that name."""
        return self.digests[name]

    def whole_digest(self) -> str:
        """Return one digest of all integrations and their settings, of 16 hexadecimal digits."""
        digests = "\n".join(f"{name} {self.digests[name]}" for name in sorted(self.by_name))
        return hashlib.sha256(digests.encode()).hexdigest()[:16]

    def orgs(self) -> tuple[str, ...]:
        """Return the names of all orgs, sorted, disabled integrations' orgs too: their commands may still wait."""
        return tuple(sorted({integration.org for integration in self.by_name.values()}))
