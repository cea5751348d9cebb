"""Mails about connections: one to each owner when it breaks, one when it is mended, none twice."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from processors.model.connection import CAUSES, SENTENCES
from processors.model.received import ReceivedOf
from processors.notifier.compose import MailSettings
from processors.notifier.connection import compose_connection, id_of, recipients_of
from schemas.notice import Notice
from schemas.outcome import Outcome
from schemas.values import Person
from tests.unit.notifier.test_app import Stage, engine, stage

__all__ = ["engine", "stage"]

AT = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
SETTINGS = MailSettings("signalbox@example.com", "mail.example.com")
BROKEN = Notice(
    command_id="00000000-0000-5000-8000-000000000001",
    kind="connection_broken",
    integration="",
    org="main",
    event_id="",
    person=Person(),
    reason="seen: <b>invalid_grant</b>\r\nBcc: someone@example.com",
    time=AT,
    cause="auth_password",
    integrations=("example-sales", "other-sales"),
)
MENDED = replace(BROKEN, kind="connection_mended", reason="no longer")


def received(*notices: Notice) -> list[ReceivedOf[Outcome | Notice]]:
    return [ReceivedOf(notice, "crm.notice", 0, number) for number, notice in enumerate(notices)]


def read(notice: Notice) -> EmailMessage:
    mail = compose_connection(notice, "one@example.com", SETTINGS)
    return message_from_bytes(mail.content, policy=policy.default)


def text(message: EmailMessage, kind: str = "plain") -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


@pytest.mark.parametrize("cause", CAUSES)
def test_ll_25_a_mail_says_in_plain_words_what_broke_and_what_to_do(cause: str) -> None:
    message = read(replace(BROKEN, cause=cause))
    words = next(words for name, words in SENTENCES.items() if name == cause)
    plain = " ".join(text(message).split())
    assert words.what in plain
    assert words.todo in plain
    assert "Nothing is lost" in plain
    assert words.what in str(message["Subject"])
    assert "example-sales, other-sales" in plain


def test_ll_25_a_mended_connection_is_told_with_nothing_to_do() -> None:
    message = read(MENDED)
    assert "connection mended" in str(message["Subject"])
    assert "What to do next" not in text(message)
    assert "What to do next" not in text(message, "html")


def test_a_cause_of_a_later_version_is_told_all_the_same() -> None:
    assert "cannot be used" in text(read(replace(BROKEN, cause="something_new")))


def test_what_salesforce_said_cannot_reach_a_header_or_the_markup() -> None:
    message = read(replace(BROKEN, org="main\r\nBcc: someone@example.com"))
    assert message["Bcc"] is None
    assert "<b>invalid_grant" not in text(message, "html")


def test_ll_25_owners_are_told_once_whatever_is_delivered_again(stage: Stage) -> None:
    notifier = stage.notifier({"example-sales": ("sales@example.com",)}, owners={"main": ("owner@example.com",)})
    assert notifier(received(BROKEN, BROKEN))
    assert notifier(received(BROKEN))
    assert stage.notifier({}, owners={"main": ("owner@example.com",)})(received(BROKEN, MENDED))
    assert [to for to, _ in stage.server.taken] == ["owner@example.com"] * 2
    assert len({identity for _, identity in stage.server.taken}) == 2
    assert stage.bodies() == 0


def test_sp_33_nobody_is_mailed_where_the_list_is_empty(stage: Stage) -> None:
    assert stage.notifier({"example-sales": ("sales@example.com",)}, owners={"main": ()})(received(BROKEN))
    assert stage.notifier({})(received(BROKEN))
    assert stage.server.taken == []


def test_without_owners_the_recipients_of_what_waits_are_told_each_once() -> None:
    lists = {
        "example-sales": ("a@example.com", "B@example.com"),
        "other-sales": ("b@example.com",),
        "third": ("c@c.org",),
    }
    assert recipients_of(BROKEN, {}, lists) == ("a@example.com", "b@example.com")


def test_what_is_told_of_a_command_is_no_mail(stage: Stage) -> None:
    assert stage.notifier(owners={"main": ("owner@example.com",)})(received(replace(BROKEN, kind="parked")))
    assert stage.server.taken == []


def test_both_ends_of_an_episode_are_mails_of_their_own() -> None:
    assert id_of(BROKEN) != id_of(MENDED)
