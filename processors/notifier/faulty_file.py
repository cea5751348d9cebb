"""
Mails about faulty integration files: one to each of its recipients for each faulty text (VS-29).

In: the faulty files of a look.  Out: mails, and a note of each, by which a later look and a restart send none again.
Rule of this file: where mail or database give no answer, a later look tries again.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import NAMESPACE_OID, uuid5

import structlog

from processors.model.backoff import Backoff
from processors.model.errors import Transient
from processors.notifier.clean import clean
from processors.notifier.compose import MailSettings, made
from processors.notifier.delivery import Delivery
from processors.notifier.facts import when
from processors.notifier.ports import Mail
from processors.sources.last_good import FaultyFile

log = structlog.get_logger(__name__)

MOST_FAULTS = 20


class FaultyFileMails:
    """
    Tells the recipients of faulty files; to be called with those of each look, from one thread.

    Two notifiers that look at the same moment may both send a mail: it has one Message-ID and the same bytes.
    """

    def __init__(
        self, settings: MailSettings, delivery: Delivery, backoff: Backoff, ready: Callable[[], bool] = lambda: True
    ) -> None:
        """*settings* say how mails are made; *delivery* sends and notes them once the database is *ready*."""
        self._settings = settings
        self._delivery = delivery
        self._backoff = backoff
        self._ready = ready
        self._done: frozenset[str] = frozenset()
        self._failures = 0
        self._not_before: datetime | None = None

    def __call__(self, faulty: Sequence[FaultyFile]) -> None:
        """Tell of each file once for each of its faulty texts; what cannot be told now is told at a later look."""
        new = [file for file in faulty if file.recipients and faulty_text_id(file) not in self._done]
        now = self._delivery.clock()
        if not new or (self._not_before is not None and now < self._not_before):
            return
        try:
            if not self._ready():
                return
            self._tell(new, now)
        except Transient as error:
            self._failures += 1
            self._not_before = now + timedelta(seconds=self._backoff.delay(self._failures))
            log.warning("recipients of a faulty integration file are not told yet", why=error.reason)
            return
        self._failures, self._not_before = 0, None
        self._done |= {faulty_text_id(file) for file in new}

    def _tell(self, files: Sequence[FaultyFile], now: datetime) -> None:
        mails = [compose_faulty_file(file, to, now, self._settings) for file in files for to in file.recipients]
        self._delivery.notes.intend(mails, now)
        self._delivery.send_all(self._delivery.notes.unsent([faulty_text_id(file) for file in files]))


def faulty_text_id(file: FaultyFile) -> str:
    """Return the ID under which the mails about a faulty text are noted: the same in every process."""
    return str(uuid5(NAMESPACE_OID, f"signalbox faulty file\n{file.name}\n{file.digest}"))


def compose_faulty_file(file: FaultyFile, recipient: str, at: datetime, settings: MailSettings) -> Mail:
    """Return the mail that tells *recipient* what is wrong with an integration file, and what runs meanwhile."""
    name = clean(file.name, 120)
    shown = [clean(fault, 300) for fault in file.faults[:MOST_FAULTS]]
    if len(file.faults) > MOST_FAULTS:
        shown.append(f"and {len(file.faults) - MOST_FAULTS} more; `signalbox check --offline` shows all")
    view = {
        "headline": f"Integration file {name} is faulty",
        "happened": f"The integration file {name} was changed, and what it says now cannot be used.",
        "faults": shown,
        "todo": "Mend the file, or put its last text back. `signalbox check --offline` on a copy shows every fault. "
        "A good file is taken up by itself within seconds.",
        "work": "What the file said before goes on: nothing is lost, and no event is treated by the new text."
        if file.last_good
        else "Nothing of the file runs. Events that only it may want wait; nothing is lost.",
        "foot": [("File", name), ("Time", when(at))],
    }
    return made(
        "faulty_file", f"Integration file {name} is faulty", view, (faulty_text_id(file),), at, recipient, settings
    )
