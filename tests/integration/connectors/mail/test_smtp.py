"""The mailer against a real SMTP server that answers as told."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from connectors.mail.smtp import SmtpMailer, SmtpSettings
from processors.model.errors import Transient

MAIL = b"Subject: one\r\nMessage-ID: <1@example.com>\r\n\r\n.starts with a dot\r\n"
SENDER = "signalbox@example.com"


class Told:
    """A mail server's behaviour: an answer by recipient, one for all data, and what it took."""

    def __init__(self) -> None:
        self.by_recipient: dict[str, str] = {}
        self.data = "250 taken"
        self.sender = "250 OK"
        self.taken: list[tuple[str, list[str], bytes]] = []
        self.connections = 0

    async def handle_EHLO(  # noqa: N802 - aiosmtpd names its hooks so and passes five values
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Count sessions."""
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802 - as above
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answer the sender."""
        if self.sender.startswith("250"):
            envelope.mail_from = address
        return self.sender

    async def handle_RCPT(  # noqa: N802 - as above
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answer a recipient."""
        answer = self.by_recipient.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        """Take the mail."""
        if self.data.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.taken.append((str(envelope.mail_from), list(envelope.rcpt_tos), envelope.content))
        return self.data


def settings(port: int, **changes: Any) -> SmtpSettings:
    """Return settings for a server on this machine."""
    return SmtpSettings(**{"host": "127.0.0.1", "port": port, "security": "none", "timeout": 2.0, **changes})


@contextmanager
def serving(told: Told, **options: Any) -> Iterator[int]:
    """Run a server; give its port."""
    controller = Controller(told, hostname="127.0.0.1", port=0, **options)
    # Port 0 cannot be connected to, so the controller's own start check would fail: find a free one first.
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        controller.port = free.getsockname()[1]
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop(no_assert=True)


@pytest.fixture
def told() -> Told:
    """Return a behaviour to change."""
    return Told()


@pytest.fixture
def mailer(told: Told) -> Iterator[SmtpMailer]:
    """Return a mailer on that server."""
    with serving(told) as port, SmtpMailer(settings(port)) as mailer:
        yield mailer


def test_a_mail_arrives_as_it_was_made(told: Told, mailer: SmtpMailer) -> None:
    assert mailer.send(MAIL, SENDER, ["a@example.com"]) == {}
    assert told.taken == [(SENDER, ["a@example.com"], MAIL)]


def test_one_connection_carries_many_mails_and_is_renewed_in_time(told: Told) -> None:
    with serving(told) as port, SmtpMailer(settings(port, reuse=3)) as mailer:
        for _ in range(6):
            mailer.send(MAIL, SENDER, ["a@example.com"])
    assert len(told.taken) == 6
    assert told.connections == 2


@pytest.mark.parametrize("code", ["550 no such user", "552 mailbox full for good", "553 not allowed"])
def test_a_recipient_that_is_refused_for_good_is_named_with_the_reason(
    told: Told, mailer: SmtpMailer, code: str
) -> None:
    told.by_recipient["a@example.com"] = code
    assert mailer.send(MAIL, SENDER, ["a@example.com"]) == {"a@example.com": code}
    assert mailer.send(MAIL, SENDER, ["b@example.com"]) == {}
    assert len(told.taken) == 1


@pytest.mark.parametrize("code", ["450 greylisted", "451 local error", "452 out of room"])
def test_a_deferred_recipient_is_tried_again_and_carries_the_code(told: Told, mailer: SmtpMailer, code: str) -> None:
    told.by_recipient["a@example.com"] = code
    with pytest.raises(Transient, match=code) as raised:
        mailer.send(MAIL, SENDER, ["a@example.com"])
    assert raised.value.code == code[:3]
    assert mailer.send(MAIL, SENDER, ["b@example.com"]) == {}


def test_refused_data_is_final_and_deferred_data_is_not(told: Told, mailer: SmtpMailer) -> None:
    told.data = "554 looks like spam"
    assert mailer.send(MAIL, SENDER, ["a@example.com"]) == {"a@example.com": "554 looks like spam"}
    told.data = "451 try later"
    with pytest.raises(Transient) as raised:
        mailer.send(MAIL, SENDER, ["a@example.com"])
    assert raised.value.code == "451"


@pytest.mark.parametrize("stage", ["sender", "data", "recipient"])
def test_a_server_that_says_421_is_down_as_a_whole(told: Told, mailer: SmtpMailer, stage: str) -> None:
    if stage == "recipient":
        told.by_recipient["a@example.com"] = "421 closing"
    else:
        setattr(told, stage, "421 closing")
    with pytest.raises(Transient) as raised:
        mailer.send(MAIL, SENDER, ["a@example.com"])
    assert raised.value.code == ""


def test_a_refused_sender_loses_no_mail(told: Told, mailer: SmtpMailer) -> None:
    told.sender = "550 who are you"
    with pytest.raises(Transient, match=r"sender signalbox@example\.com was refused: 550 who are you"):
        mailer.send(MAIL, SENDER, ["a@example.com"])
    told.sender = "250 OK"
    assert mailer.send(MAIL, SENDER, ["a@example.com"]) == {}


def test_nothing_listens(told: Told) -> None:
    with serving(told) as port:
        mailer = SmtpMailer(settings(port))
    with pytest.raises(Transient, match=f"mail server 127.0.0.1:{port}: .*refused") as raised:
        mailer.send(MAIL, SENDER, ["a@example.com"])
    assert raised.value.code == ""


def test_a_server_restarted_between_two_mails_goes_unnoticed(told: Told) -> None:
    with serving(told) as port:
        mailer = SmtpMailer(settings(port))
        mailer.send(MAIL, SENDER, ["a@example.com"])
    controller = Controller(told, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        assert mailer.send(MAIL, SENDER, ["a@example.com"]) == {}
    finally:
        mailer.close()
        controller.stop(no_assert=True)
    assert len(told.taken) == 2


@contextmanager
def raw(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """Run a server that does not keep the protocol."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                talk(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(10)
        assert not thread.is_alive()


def test_a_connection_dropped_after_the_data_is_tried_again() -> None:
    def talk(connection: socket.socket) -> None:
        lines = connection.makefile("rb")
        connection.sendall(b"220 ready\r\n")
        for line in lines:
            if line == b".\r\n":
                return
            connection.sendall(
                b""
                if line.startswith((b"Subject", b"Message", b"\r", b".."))
                else b"354 go\r\n"
                if line.upper().startswith(b"DATA")
                else b"250 OK\r\n"
            )

    with raw(talk) as port, pytest.raises(Transient) as raised:
        SmtpMailer(settings(port)).send(MAIL, SENDER, ["a@example.com"])
    assert raised.value.code == ""


def test_a_server_that_says_nothing_costs_no_more_than_the_timeout() -> None:
    released = threading.Event()

    def talk(_connection: socket.socket) -> None:
        released.wait(10)

    with raw(talk) as port:
        with pytest.raises(Transient, match="timed out"):
            SmtpMailer(settings(port, timeout=0.2)).send(MAIL, SENDER, ["a@example.com"])
        released.set()


def test_starttls_that_the_server_lacks_sends_nothing_in_clear(told: Told) -> None:
    with serving(told) as port, pytest.raises(Transient, match="STARTTLS"):
        SmtpMailer(settings(port, security="starttls")).send(MAIL, SENDER, ["a@example.com"])
    assert told.taken == []


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with a key and a certificate for 127.0.0.1."""
    from tests.integration.connectors.mail.certificate import write

    return write(tmp_path_factory.mktemp("tls") / "server.pem")


def _context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def _login(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"user", b"secret")
    return AuthResult(success=right, handled=False)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_encrypted_and_with_login(told: Told, certificate: Path, security: str) -> None:
    tls = _context(certificate)
    options: dict[str, Any] = (
        {"ssl_context": tls} if security == "tls" else {"tls_context": tls, "require_starttls": True}
    )
    if security == "tls":
        options["auth_require_tls"] = False
    with serving(told, authenticator=_login, auth_required=True, **options) as port:
        right = settings(port, security=security, ca_file=str(certificate), username="user", password="secret")
        with SmtpMailer(right) as mailer:
            assert mailer.send(MAIL, SENDER, ["a@example.com"]) == {}
        wrong = settings(port, security=security, ca_file=str(certificate), username="user", password="guess")
        with pytest.raises(Transient, match="login was refused") as raised:
            SmtpMailer(wrong).send(MAIL, SENDER, ["a@example.com"])
        assert "guess" not in str(raised.value) + repr(wrong)
        strange = settings(port, security=security)
        with pytest.raises(Transient, match="CERTIFICATE_VERIFY_FAILED"):
            SmtpMailer(strange).send(MAIL, SENDER, ["a@example.com"])
    assert len(told.taken) == 1
