"""
When the connection of an org is looked at: after a changed credential (LL-29), and while anything is broken (LL-25).

In: the monitor's state, the clock's reading.  Out: a look at the org now and then.  I/O through ports.
Rule of this file: one look at a time, and none while work is under way that began with the connection as it was.
"""

from collections.abc import Callable

from processors.executor.connection.monitor import ConnectionMonitor
from processors.executor.connection.org_facts import OrgMetadataCache
from processors.executor.dependencies import OrgDependencies
from processors.executor.org_queue.scheduler import Scheduler
from processors.model.errors import OrgDown, RequestRefused, Transient

CREDENTIAL_SECONDS = 5.0
"""Seconds between two looks whether the credential changed."""


class ConnectionCheck:
    """Looks after one org's connection. `due` is asked by the org's thread, `check` runs in another."""

    def __init__(
        self, deps: OrgDependencies, monitor: ConnectionMonitor, org: OrgMetadataCache, scheduler: Scheduler
    ) -> None:
        self._deps = deps
        self._monitor = monitor
        self._org = org
        self._scheduler = scheduler
        self._checking = False
        self._credential_at = 0.0
        self._was_broken = False
        self.next_at = 0.0

    def begin(self, now: float, submit: Callable[[Callable[[], None]], None]) -> None:
        """Submit a check where it is time for one."""
        if self._due(now):
            self._checking = True
            submit(self._check)

    def _due(self, now: float) -> bool:
        monitor = self._monitor
        if self._checking or not (monitor.wanted or monitor.broken):
            return False
        if now >= self._credential_at:
            self._credential_at = now + min(CREDENTIAL_SECONDS, self._deps.check_every)
            credential = self._deps.credential
            if credential is not None and credential.changed() and not monitor.unproven:
                monitor.changed()
                self.next_at = now
        if monitor.broken and not self._was_broken and self.next_at and not monitor.unproven:
            self.next_at = now + self._deps.check_every
        self._was_broken = monitor.broken
        # What is under way ends with the connection that it began with.
        due = now >= self.next_at and (monitor.broken or not self.next_at)
        return due and (self._scheduler.idle() or not monitor.closed)

    def _check(self) -> None:
        """Prove the connection: log in, read describe, check what is mapped; it goes on by itself where it is whole."""
        try:
            if self._monitor.unproven and self._deps.credential is not None:
                self._deps.credential.adopt()
            if self._monitor.broken:
                self._org.prove()
            else:
                self._org.org()
            self._monitor.mark()
        except OrgDown as down:
            self._monitor.broke(down)
        except RequestRefused:
            self._org.forget()
        except Transient as transient:
            if transient.code == "database":
                raise
        finally:
            self.next_at = self._deps.clock() + self._deps.check_every
            self._checking = False
            self._scheduler.signal.changed()
