"""
One org's poller in a thread of its own, so that a slow org delays no other.

In: what makes the org's poller.  Out: polls, one after another, until it is told to stop.
Rule of this file: what may work later is tried again after growing pauses; anything else is our bug: the process ends.
"""

import random
import threading
from collections.abc import Callable
from time import time

import structlog

from processors.changes.org import OrgChanges, PollerDependencies
from processors.changes.ports import NotKept, Superseded
from processors.model.backoff import Backoff
from processors.model.errors import Transient

log = structlog.get_logger()

BACKOFF = Backoff(base=1.0, cap=60.0, jitter=random.random)


class PollerThread:
    """The thread of one org. `why` says why it is not well ('' where it is), `failed` what ended it."""

    def __init__(self, org: str, context: Callable[[], PollerDependencies]) -> None:
        """*context* is asked in the thread, anew at each beginning."""
        self.org = org
        self.why = "starting"
        self.failed: BaseException | None = None
        self._context = context
        self._stop = threading.Event()
        self._poller: OrgChanges | None = None
        self._thread = threading.Thread(target=self._run, name=f"changes-{org}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Begin nothing more."""
        self._stop.set()

    def join(self, seconds: float) -> bool:
        """Wait until it has ended; return whether it has. What it leaves open, the next owner ends."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        tries = 0
        try:
            while not self._stop.is_set():
                try:
                    pause, tries, self.why = self._turn(), 0, ""
                except (Transient, NotKept, Superseded) as error:
                    tries += 1
                    pause = BACKOFF.delay(tries)
                    self._troubled(error, pause)
                self._stop.wait(pause)
        except BaseException as error:  # noqa: BLE001  told by the process, which ends with it
            self.failed = error
        finally:
            self._close()

    def _turn(self) -> float:
        """Make one poll; return the seconds until the next."""
        if self._poller is None:
            self._poller = OrgChanges(self._context())
            log.info("changes of an org are read", org=self.org)
        hurried = self._poller.turn()
        context = self._poller.context
        context.metrics.gauge("last_success_timestamp_seconds", time())
        return 0.0 if hurried else context.pace.every

    def _troubled(self, error: Exception, pause: float) -> None:
        self.why = f"{self.org}: {' '.join(str(error).split())}"
        log.warning(
            "changes of an org cannot be read now, nothing is lost",
            org=self.org,
            why=str(error),
            again_in=round(pause, 1),
        )
        if isinstance(error, Superseded):
            self._close()

    def _close(self) -> None:
        if self._poller is not None:
            self._poller.close()
        self._poller = None
