"""
One mail to its recipient, with a note of what became of it.

In: a `Mail` that is noted as intended.  Out: its note: sent, or refused for good.
Rule of this file: the note follows the server's answer at once; without an answer the mail stays intended.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from processors.model.errors import Transient
from processors.model.ports import Clock, Mailer, Metrics, Probe
from processors.notifier.ports import Mail, MailNotes

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What sends one mail at a time; `sender` is the address that mails come from."""

    sender: str
    mailer: Mailer
    notes: MailNotes
    metrics: Metrics
    clock: Clock
    probe: Probe

    def send(self, mail: Mail) -> None:
        """Send a mail and note it; raise `Transient` where the server gives no final answer."""
        refused = self.mailer.send(mail.content, self.sender, [mail.recipient])
        self.probe("mailed")
        if mail.recipient in refused:
            reason = refused[mail.recipient]
            log.error("mail was refused for good", recipient=mail.recipient, reason=reason, outcomes=mail.outcome_ids)
            self.notes.settle(mail, "refused", self.clock(), reason)
            self.metrics.count("mails_total", state="refused")
        else:
            self.notes.settle(mail, "sent", self.clock())
            self.metrics.count("mails_total", state="sent")

    def send_all(self, mails: Sequence[Mail], go_on: Callable[[], bool] = lambda: True) -> bool:
        """
        Send mails for as long as *go_on* says; return whether each had its turn.

        Raises `Transient` where some had theirs and have to wait: those behind them are sent, unless the server itself
        gives no answer.
        """
        waiting: Transient | None = None
        for mail in mails:
            if not go_on():
                return False
            try:
                self.send(mail)
            except Transient as error:
                waiting = error
                # A code is this recipient's alone; without one the server itself does not answer.
                if not error.code:
                    break
        if waiting is not None:
            raise waiting
        return True
