"""What can go wrong with bytes on the wire. The whole tree of errors is drawn in `processors/model/errors.py`."""


class SignalboxError(Exception):
    """Base of all errors that this program raises on purpose."""


class Undecodable(SignalboxError):
    """The bytes of a message can never be read: dead letter topic, then go on."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnknownFingerprint(Undecodable):
    """The message names a contract version unknown to this build: on a command topic, upgrade and read again."""
