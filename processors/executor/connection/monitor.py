"""
Whether an org's connection is whole, and whose work waits while it is not (LL-18 to LL-21, LL-25, LL-28, LL-29).

In: failures that name a cause, the org's facts, a changed credential.  Out: held jobs, notices in the ledger,
gauges and one log line for each turn.
Rule of this file: what is told is stored first; a removed field holds the integrations alone that map it, everything
else the whole org; nothing is ever given up here.
"""

import threading
from collections.abc import Callable, Iterable, Sequence

import structlog

from processors.executor.dependencies import OrgDependencies
from processors.executor.jobs.job import Job, postponed
from processors.executor.jobs.notices import incident_notice, ledger_row
from processors.executor.org_queue.scheduler import Scheduler
from processors.integration.check_org import targets
from processors.integration.model import Integration
from processors.model.connection import CAUSES, SENTENCES, Break
from processors.model.errors import OrgDown
from processors.model.incidents import (
    INCIDENTS_KEY,
    Incident,
    IncidentChange,
    incidents_from_json,
    org_answers,
    org_broke,
    to_json,
)
from processors.model.ledger import Lease, LedgerTransaction, Noticed
from processors.model.org_facts import OrgFacts
from schemas.notice import NoticeKind

log = structlog.get_logger()

MOST_DETAIL = 400


class ConnectionMonitor:
    """The state of one org's connection. Methods run in several threads at once."""

    def __init__(
        self, deps: OrgDependencies, lease: Lease, scheduler: Scheduler, tell: Callable[[LedgerTransaction], None]
    ) -> None:
        """
        Args:
            tell: Stores a change in the ledger and lets its notices be published.
        """
        self._deps = deps
        self._lease = lease
        self._scheduler = scheduler
        self._tell = tell
        self._lock = threading.RLock()
        self._incidents: tuple[Incident, ...] = ()
        self._held: frozenset[str] = frozenset()
        self._unproven = False
        self._known_faults: frozenset[str] = frozenset()
        self._new_faults: frozenset[str] = frozenset()
        self._marked: set[str] = set()
        self._warned = False
        self.integrations: tuple[Integration, ...] = tuple(
            decider.integration for decider in deps.deciders.values() if decider.integration.org == deps.org
        )
        self.wanted = deps.salesforce is not None and any(integration.enabled for integration in self.integrations)

    def load(self) -> None:
        """Take up the incidents that the ledger holds: whoever was told of one is not told again."""
        kept = self._deps.ledger.source_states(self._lease, [INCIDENTS_KEY]).get(INCIDENTS_KEY)
        with self._lock:
            self._incidents = incidents_from_json(kept) if kept else ()
            self._held = frozenset(name for incident in self._incidents for name in _held(incident))
        self._scheduler.hold(self._held)
        self._show()

    @property
    def closed(self) -> bool:
        """Whether the whole org waits: its connection is broken, or its credential is not proven yet."""
        return self._unproven or any(incident.cause != "field_removed" for incident in self._incidents)

    @property
    def broken(self) -> bool:
        """Whether anything waits for the connection."""
        return self._unproven or bool(self._incidents)

    @property
    def unproven(self) -> bool:
        """Whether the credential has changed and is not proven yet (LL-29)."""
        return self._unproven

    def holds(self, job: Job) -> bool:
        """Whether the command's integration waits for a field."""
        return job.command.integration in self._held

    def why(self, job: Job) -> str:
        """Return for the reader why a held command waits."""
        if job.settings is None:
            return (
                f"settings: the file of integration {job.command.integration} is faulty, or another one that may be it"
            )
        names = [incident.detail for incident in self._incidents if job.command.integration in incident.integrations]
        return f"connection: {names[0] if names else SENTENCES['field_removed'].what}"

    def changed(self) -> None:
        """The credential is another one: hold the org until its mapping is proven again (LL-29)."""
        with self._lock:
            self._unproven = True
        log.warning("credential changed; work waits until org and mapping are checked with it", org=self._deps.org)
        self._show()

    def broke(self, down: OrgDown) -> None:
        """The org refuses us for a cause that somebody has to mend."""
        if down.cause is None:
            return
        names = tuple(integration.name for integration in self.integrations if integration.enabled)
        with self._lock:
            self._turn(org_broke(self._incidents, Break(down.cause, names, down.reason), self._deps.clock()))

    def seen(self, facts: OrgFacts) -> None:
        """The org answered with its describe: hold whose fields are gone, let go whose are there."""
        with self._lock:
            lost = self._lost(facts)
            self._turn(org_answers(self._incidents, lost, self._deps.clock()))
            self._held = frozenset(name for item in lost for name in item.integrations)
            proven, self._unproven = self._unproven, False
        self._scheduler.hold(self._held)
        if not self._held:
            self._marked.clear()
        if proven:
            log.info("credential is proven; work goes on", org=self._deps.org, waiting=sorted(self._held))
        self._show()
        self._limit()

    def mark(self) -> None:
        """Say in the ledger of each command that waits for a field why it does; each once."""
        fresh = [job for job in self._scheduler.held() if job.id not in self._marked]
        if fresh:
            self._tell(LedgerTransaction(postponed=[postponed(job, self.why(job), "field_removed") for job in fresh]))
            self._marked.update(job.id for job in fresh)

    def _lost(self, facts: OrgFacts) -> list[Break]:
        """
        Return the integrations that cannot be carried out in this org as it is.

        After a change of the credential every new fault of the mapping counts: the new user may lack a right (LL-29).
        """
        found: list[Break] = []
        faults: set[str] = set()
        new: set[str] = set()
        for integration in self.integrations:
            if not integration.enabled:
                continue
            errors = [finding for finding in targets(integration, facts) if finding.level == "error"]
            absent = [finding.text for finding in errors if finding.absent]
            others = {finding.text for finding in errors} - set(absent)
            fresh = others & self._new_faults | (others - self._known_faults if self._unproven else set())
            faults |= others
            new |= fresh
            if absent or fresh:
                found.append(
                    Break("field_removed", (integration.name,), "; ".join([*absent, *sorted(fresh)])[:MOST_DETAIL])
                )
        self._new_faults, self._known_faults = frozenset(new), frozenset(faults - new)
        return found

    def _turn(self, turn: IncidentChange) -> None:
        """Store and tell what began and what ended; only then is it so."""
        if turn.open == self._incidents:
            return
        noticed = [
            *(self._notice(item, "connection_broken") for item in turn.began),
            *(self._notice(item, "connection_mended") for item in turn.ended),
        ]
        self._tell(LedgerTransaction(noticed=noticed, source_states={INCIDENTS_KEY: to_json(turn.open)}))
        self._incidents = turn.open
        for incident in turn.began:
            log.error(
                "connection is broken", org=self._deps.org, **_log_fields(incident), todo=SENTENCES[incident.cause].todo
            )
        for incident in turn.ended:
            log.info("connection is mended", org=self._deps.org, **_log_fields(incident))
        self._show()

    def _notice(self, incident: Incident, kind: NoticeKind) -> Noticed:
        notice = incident_notice(self._deps.org, incident, kind, self._deps.now())
        return ledger_row(notice, self._deps.codec, self._deps.notice_headers)

    def _show(self) -> None:
        deps, causes = self._deps, {incident.cause for incident in self._incidents}
        if deps.salesforce is None:
            return
        states: dict[str, bool] = {cause: cause in causes for cause in CAUSES}
        states |= {"unproven": self._unproven, "whole": not self.broken}
        for state, on in states.items():
            deps.metrics.gauge("connection_state", float(on), org=deps.org, cause=state)
        for integration in self.integrations:
            waits = float(integration.name in self._held)
            deps.metrics.gauge("integration_held", waits, org=deps.org, integration=integration.name)

    def leave(self) -> None:
        """Show nothing of the org any more: another process may own it now."""
        if self._deps.salesforce is None:
            return
        for state in (*CAUSES, "unproven", "whole"):
            self._deps.metrics.gauge("connection_state", 0.0, org=self._deps.org, cause=state)
        for integration in self.integrations:
            self._deps.metrics.gauge("integration_held", 0.0, org=self._deps.org, integration=integration.name)

    def _limit(self) -> None:
        """Say once at start where the org allows fewer API calls a day than the work needs (LL-4)."""
        deps = self._deps
        usage = deps.salesforce.usage() if deps.salesforce is not None else None
        if usage is None:
            return
        deps.metrics.gauge("api_calls_allowed", usage[1], org=deps.org)
        needed = deps.api_calls_needed
        if needed is None:
            return
        deps.metrics.gauge("api_calls_needed", needed, org=deps.org)
        if usage[1] < needed and not self._warned:
            log.warning(
                "the org allows fewer API calls a day than are needed; buy more, or lower api_calls_needed",
                org=deps.org,
                allowed=usage[1],
                needed=needed,
            )
        self._warned = True


def _held(incident: Incident) -> Iterable[str]:
    return incident.integrations if incident.cause == "field_removed" else ()


def _log_fields(incident: Incident) -> dict[str, str | Sequence[str]]:
    return {"cause": incident.cause, "integrations": list(incident.integrations), "why": incident.detail}
