"""
The mail server: one SMTP connection, kept while it works.

In: finished mails.  Out: `Transient`, or what was refused for good.
Rule of this file: only an answer about this mail or this recipient is final (5xx to RCPT or DATA); whatever concerns
the server, the connection, the login or the sender may be mended and is tried again.
"""

import smtplib
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Literal, Self

from connectors.mail.tunnel import ProxiedSMTP, ProxiedTLS
from processors.model.errors import Transient

_TOO_LARGE = 552


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """
    Where mails go. `timeout` (seconds) bounds each step of the dialogue; `ca_file` replaces the system's authorities;
    `proxy` is a forward proxy that opens the connection by CONNECT.

    A login needs an encrypted connection. A connection is renewed after `reuse` mails.
    """

    host: str
    port: int = 587
    security: Literal["none", "starttls", "tls"] = "starttls"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout: float = 5.0
    reuse: int = 100
    ca_file: str | None = None
    proxy: str | None = field(default=None, repr=False)


class SmtpMailer:
    """A `Mailer` on smtplib. Not for use by several threads at once."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings
        self._smtp: smtplib.SMTP | None = None
        self._sent = 0

    def __enter__(self) -> Self:
        """Return self; the connection is opened by the first mail."""
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """End the connection; a server that no longer listens is no fault."""
        smtp, self._smtp, self._sent = self._smtp, None, 0
        if smtp is not None:
            try:
                smtp.quit()
            except (OSError, smtplib.SMTPException):
                smtp.close()

    def send(self, message: bytes, sender: str, recipients: Sequence[str]) -> Mapping[str, str]:
        """
        Hand one message to the server; return the recipients that it refused for good, with the reason.

        Raises `Transient`: with the SMTP code where one recipient or mail has to wait, without a code where the server
        itself cannot be used. Pass one recipient at a time: after a `Transient` all of them get the mail again.
        """
        try:
            smtp = self._connected()
            refused: Mapping[str, tuple[int, bytes | str]] = smtp.sendmail(sender, list(recipients), message)
            self._sent += 1
        except smtplib.SMTPRecipientsRefused as error:
            refused = error.recipients
        except smtplib.SMTPDataError as error:
            refused = dict.fromkeys(recipients, (error.smtp_code, error.smtp_error))
        except smtplib.SMTPSenderRefused as error:
            if error.smtp_code != _TOO_LARGE:
                raise self._down(f"sender {sender} was refused: {_told(error)}") from error
            refused = dict.fromkeys(recipients, (error.smtp_code, error.smtp_error))
        except smtplib.SMTPAuthenticationError as error:
            raise self._down(f"login was refused, check user name and password: {_told(error)}") from error
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise self._down(_text(str(error)) or type(error).__name__) from error
        return self._final(refused)

    def _final(self, refused: Mapping[str, tuple[int, bytes | str]]) -> Mapping[str, str]:
        """Return what was refused for good; anything short of that is tried again as a whole."""
        for recipient, (code, reason) in refused.items():
            if code == 421:
                raise self._down(f"it closes the connection: {_text(reason)}")
            if not 500 <= code < 600:
                raise Transient(f"mail server defers {recipient}: {code} {_text(reason)}", code=str(code))
        return {recipient: f"{code} {_text(reason)}" for recipient, (code, reason) in refused.items()}

    def _connected(self) -> smtplib.SMTP:
        if self._smtp is not None and (self._sent >= self._settings.reuse or not self._alive(self._smtp)):
            self.close()
        if self._smtp is None:
            self._smtp = self._open()
        return self._smtp

    @staticmethod
    def _alive(smtp: smtplib.SMTP) -> bool:
        # Servers drop idle connections; asking first keeps a mail from being in doubt for that reason alone.
        try:
            return smtp.noop()[0] == 250
        except (OSError, smtplib.SMTPException):
            return False

    def _open(self) -> smtplib.SMTP:
        s = self._settings
        smtp = self._client()
        try:
            if s.security == "starttls":
                smtp.starttls(context=self._context())
            if s.username is not None:
                smtp.login(s.username, s.password or "")
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _client(self) -> smtplib.SMTP:
        """Return a client that is connected, through the proxy where there is one."""
        s = self._settings
        if s.security != "tls":
            make = partial(ProxiedSMTP, s.proxy) if s.proxy is not None else smtplib.SMTP
            return make(s.host, s.port, timeout=s.timeout)
        make_tls = partial(ProxiedTLS, s.proxy) if s.proxy is not None else smtplib.SMTP_SSL
        return make_tls(s.host, s.port, timeout=s.timeout, context=self._context())

    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._settings.ca_file)

    def _down(self, why: str) -> Transient:
        if self._smtp is not None:
            self._smtp.close()
        self._smtp, self._sent = None, 0
        return Transient(f"mail server {self._settings.host}:{self._settings.port}: {why}")


def _told(error: smtplib.SMTPResponseException) -> str:
    return f"{error.smtp_code} {_text(error.smtp_error)}"


def _text(reason: bytes | str) -> str:
    """Return a server's words as one short line."""
    text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:300]
