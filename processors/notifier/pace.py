"""
The notifier's pace: many equal errors that arrive slowly are grouped into few mails, too (R35).

In: errors without a mail.  Out: those to mail now; the others are passed in again later.
Rule of this file: only repeats of one fingerprint to one recipient ever wait, and never longer than the window.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from processors.notifier.compose import MailSettings, fingerprint
from schemas.outcome import Outcome

Pair = tuple[Outcome, str]


class MailPace:
    """Remembers when errors were mailed, by recipient and fingerprint. A restart may mean more mails, never fewer."""

    def __init__(self, settings: MailSettings) -> None:
        self._most = settings.group_above
        self._window = timedelta(seconds=settings.group_window)
        self._told: dict[tuple[str, ...], list[datetime]] = {}

    def due(self, pairs: Sequence[Pair], now: datetime) -> list[Pair]:
        """Return the (error, recipient) pairs to tell of now."""
        recent = {key: [at for at in told if now - at < self._window] for key, told in self._told.items()}
        self._told = {key: told for key, told in recent.items() if told}
        return [pair for pair in pairs if len(self._told.get(_key(pair), ())) < self._most]

    def count(self, pairs: Sequence[Pair], now: datetime) -> None:
        """Count pairs whose mails are noted."""
        for pair in pairs:
            self._told.setdefault(_key(pair), []).append(now)


def _key(pair: Pair) -> tuple[str, ...]:
    outcome, recipient = pair
    return (recipient, *fingerprint(outcome))
