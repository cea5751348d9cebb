"""
The notifier's process: every error outcome becomes a mail to each recipient of its integration (VS-11, VS-29, SP-33,
1F-on_error), and every broken or mended connection one to each of its owners (LL-25).

In: `crm.outcome.error`, `crm.notice`.  Out: mails, and a note of each.
Rule of this file: intended is noted before the server sees a mail, sent right after its 250, offsets last. A death
between 250 and note therefore sends the same bytes with the same Message-ID once more, and nothing else twice.
"""

from collections.abc import Mapping, Sequence
from threading import Event
from time import monotonic

from processors.model.errors import Misconfigured
from processors.model.ports import Clock, Mailer, Metrics, Probe
from processors.model.received import ReceivedOf
from processors.notifier.clean import address
from processors.notifier.compose import MailSettings, plan
from processors.notifier.connection import KINDS, compose_connection, id_of, recipients_of
from processors.notifier.delivery import Delivery
from processors.notifier.pace import MailPace
from processors.notifier.ports import MailNotes
from schemas.notice import Notice
from schemas.outcome import Outcome
from schemas.topics import NOTICE, outcome_topic

GROUP = "signalbox-notifier"
TOPICS = (outcome_topic("error"), NOTICE)
TURN_SECONDS = 5.0
"""How long one turn sends before the consumer polls again; far below max.poll.interval.ms and the stop limit."""


class Notifier:
    """
    Handler of a `Sink`. *recipients* maps an integration to its "Email on Error" list; none is a valid list.

    *owners* maps an org to those of its connection; of an org that is not there, the recipients of its integrations
    are told.
    """

    def __init__(
        self,
        settings: MailSettings,
        recipients: Mapping[str, Sequence[str]],
        *,
        mailer: Mailer,
        notes: MailNotes,
        metrics: Metrics,
        clock: Clock,
        stop: Event,
        probe: Probe | None = None,
        owners: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self._settings = settings
        self._owners = {org: _unique(addresses) for org, addresses in (owners or {}).items()}
        self._recipients = {name: _unique(addresses) for name, addresses in recipients.items()}
        self._notes = notes
        self._clock = clock
        self._stop = stop
        self._pace = MailPace(settings)
        self._delivery = Delivery(settings.sender, mailer, notes, metrics, clock, probe or (lambda _place: None))

    def __call__(self, batch: Sequence[ReceivedOf[Outcome | Notice]]) -> bool:
        """
        Tell everyone of these errors and connections; return whether all of it is done.

        Raises `Transient` where a mail has to wait; the others of the batch have been sent by then.
        """
        wanted = self._wanted([received.outcome for received in batch if isinstance(received.outcome, Outcome)])
        told = self._told([received.outcome for received in batch if isinstance(received.outcome, Notice)])
        ids = {outcome.outcome_id for outcome, _ in wanted} | {id_of(notice) for notice, _ in told}
        states = self._notes.states(ids)
        turns = [(notice, to) for notice, to in told if (id_of(notice), to) not in states]
        if turns:
            self._notes.intend([compose_connection(notice, to, self._settings) for notice, to in turns], self._clock())
        new = [(outcome, to) for outcome, to in wanted if (outcome.outcome_id, to) not in states]
        due = self._pace.due(new, self._clock())
        if due:
            self._notes.intend(plan(due, self._settings), self._clock())
            self._pace.count(due, self._clock())
        pairs = {(outcome.outcome_id, to) for outcome, to in wanted} | {(id_of(notice), to) for notice, to in told}
        mails = [m for m in self._notes.unsent(ids) if any((i, m.recipient) in pairs for i in m.outcome_ids)]
        deadline = monotonic() + TURN_SECONDS
        done = self._delivery.send_all(mails, lambda: not self._stop.is_set() and monotonic() <= deadline)
        return done and len(due) == len(new)

    def _wanted(self, outcomes: Sequence[Outcome]) -> list[tuple[Outcome, str]]:
        distinct = {outcome.outcome_id: outcome for outcome in outcomes}.values()
        return [(outcome, to) for outcome in distinct for to in self._recipients.get(outcome.integration, ())]

    def _told(self, notices: Sequence[Notice]) -> list[tuple[Notice, str]]:
        """Return who is told of which connection; what is told of commands on their way is nobody's mail."""
        distinct = {id_of(notice): notice for notice in notices if notice.kind in KINDS}.values()
        return [(notice, to) for notice in distinct for to in recipients_of(notice, self._owners, self._recipients)]


def _unique(addresses: Sequence[str]) -> tuple[str, ...]:
    """Return the addresses, each once, all of them checked: what is in the settings must be one plain address."""
    faults: list[str] = []
    for text in addresses:
        try:
            address(text)
        except Misconfigured as error:
            faults += error.faults
    if faults:
        raise Misconfigured(faults)
    return tuple({text.lower(): text for text in addresses}.values())
