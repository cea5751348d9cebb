"""
Errors are named for what the caller must do.

    SignalboxError
    ├── Undecodable      can never be read         → dead letter topic, then go on
    │   ├── UnknownFingerprint  written by a newer build → on a command topic wait for the upgrade, elsewhere as above
    │   ├── TooLarge     no topic takes it         → as above
    │   └── Unprocessable   handling it fails, our bug → as above, with the place of the bug
    ├── Transient        may work later            → back off with jitter; never a dead letter
    │   ├── OrgDown      the whole org is affected → its work pauses, polling goes on
    │   ├── TooLate      send-by had passed        → nothing was sent; back to waiting
    │   └── InDoubt      sent, no answer           → may have been applied; resolve before anything else
    ├── RequestRefused   asks for what is gone     → read the org's facts anew, try again later
    ├── LeaseLost        another writer owns the org → stop its work, publish nothing for it
    ├── Fenced           another process has our name → end, exit code 3; whoever starts processes starts it again
    └── Misconfigured    settings are wrong        → refuse to start, exit code 2

A business result (several matches, a refusal by Salesforce) is a value, never an error. Anything else is our bug: where
one message alone causes it, that message is set apart as `Unprocessable`; else crash, commit nothing.
"""

import traceback

from processors.model.connection import Cause
from schemas.errors import SignalboxError, Undecodable, UnknownFingerprint

__all__ = [
    "Fenced",
    "InDoubt",
    "LeaseLost",
    "Misconfigured",
    "OrgDown",
    "RequestRefused",
    "SignalboxError",
    "TooLarge",
    "TooLate",
    "Transient",
    "Undecodable",
    "UnknownFingerprint",
    "Unprocessable",
]

_OURS = ("schemas", "processors", "connectors", "signalbox")


class TooLarge(Undecodable):
    """A message, or what it becomes, is larger than its topic takes."""


class Unprocessable(Undecodable):
    """
    Handling a message raised what nobody expects: our bug. The message is set apart, so that those behind it pass.

    `reason` gives the error's class and its place in our code, never its text: that may hold what somebody sent.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__(f"{type(error).__name__} at {_place(error)}; a bug of this program, please report it")


def _place(error: Exception) -> str:
    """Return file, line and function of the innermost frame that is ours."""
    frames = traceback.extract_tb(error.__traceback__)
    for frame in reversed(frames):
        parts = frame.filename.replace("\\", "/").split("/")
        found = [number for number, part in enumerate(parts) if part in _OURS]
        if found:
            return f"{'/'.join(parts[found[0] :])}:{frame.lineno} ({frame.name})"
    return "an unknown place"


class Transient(SignalboxError):
    """It may work later. `retry_after` in seconds, where the other side named it."""

    def __init__(self, reason: str, *, code: str = "", retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.retry_after = retry_after


class OrgDown(Transient):
    """
    The whole org is affected (unreachable, maintenance, API limit, dead credential): pause its work.

    *cause* says why the connection is broken, where somebody has to mend it; None: it may come back by itself.
    """

    def __init__(
        self, reason: str, *, code: str = "", retry_after: float | None = None, cause: Cause | None = None
    ) -> None:
        super().__init__(reason, code=code, retry_after=retry_after)
        self.cause = cause


class TooLate(Transient):
    """The send-by time had passed when the call was about to leave; nothing was sent."""


class InDoubt(Transient):
    """The request left and no answer came: it may be, or may yet be, applied."""


class RequestRefused(SignalboxError):
    """
    The org refuses a whole request for what it names (a field that was removed): our facts of it are old.

    *absent* names what it says is not there (a field, an object); None where it says no such thing.
    """

    def __init__(self, reason: str, *, absent: str | None = None) -> None:
        super().__init__(reason)
        self.absent = absent


class LeaseLost(SignalboxError):
    """Another process has taken the org's lease since; this one must not write for it."""


class Fenced(SignalboxError):
    """Another process has this one's name, and Kafka serves that one: end, for nothing here will ever work again."""


class Misconfigured(SignalboxError):
    """Settings or integration files are wrong: `faults` holds one line for each fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults
