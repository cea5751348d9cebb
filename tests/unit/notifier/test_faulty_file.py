"""Mails about faulty integration files: each recipient is told once of each faulty text, with the faults."""

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy

import pytest

from connectors.database.notes import DatabaseNotes
from processors.model.backoff import Backoff
from processors.model.errors import Transient
from processors.notifier.compose import MailSettings
from processors.notifier.delivery import Delivery
from processors.notifier.faulty_file import MOST_FAULTS, FaultyFileMails, compose_faulty_file
from processors.sources.last_good import FaultyFile, running
from processors.sources.load import IntegrationFile
from tests.unit.notifier.test_app import AT, Stage, engine, stage

__all__ = ["engine", "stage"]

SETTINGS = MailSettings("signalbox@example.com", "mail.example.com")
TWO = ("one@example.com", "two@example.com")
FILE = FaultyFile("a.yaml", ("a.yaml:3: unknown key 'orgg'; did you mean 'org'?",), True, (), TWO, "d1")
GOOD = (
    "name: a\norg: acme\nenabled: true\nproject: Solar\nresult_codes: [YES]\naction: update_only\n"
    "recipients: [x@example.com]\n"
)


def mails(stage: Stage) -> FaultyFileMails:
    delivery = Delivery(
        SETTINGS.sender, stage.server, DatabaseNotes(stage.engine), stage.counts, lambda: stage.now, lambda _place: None
    )
    return FaultyFileMails(SETTINGS, delivery, Backoff(5.0, 300.0, lambda: 1.0))


def told(stage: Stage) -> list[str]:
    return [recipient for recipient, _ in stage.server.taken]


def away(_recipient: str) -> str:
    raise Transient("connection refused")


def test_each_recipient_is_told_once_however_often_and_by_how_many_it_is_looked(stage: Stage) -> None:
    tell, other = mails(stage), mails(stage)
    for _ in range(3):
        tell([FILE])
        other([FILE])
    assert sorted(told(stage)) == ["one@example.com", "two@example.com"]

    tell([replace(FILE, digest="d2")])
    assert len(told(stage)) == 4


def test_a_file_that_names_nobody_is_nobodys_mail(stage: Stage) -> None:
    mails(stage)([replace(FILE, recipients=())])
    assert told(stage) == []


def test_where_the_server_gives_no_answer_a_later_look_tries_again(stage: Stage) -> None:
    tell = mails(stage)
    stage.server.answer = away
    tell([FILE])
    assert told(stage) == []

    stage.server.answer = lambda _recipient: None
    tell([FILE])
    assert told(stage) == []
    stage.now += timedelta(seconds=6)
    tell([FILE])
    assert sorted(told(stage)) == ["one@example.com", "two@example.com"]


def test_who_is_put_off_by_the_server_keeps_nobody_else_waiting(stage: Stage) -> None:
    def later(recipient: str) -> str | None:
        if recipient == "one@example.com":
            raise Transient("greylisted", code="450")
        return None

    stage.server.answer = later
    mails(stage)([FILE])
    assert told(stage) == ["two@example.com"]


def test_before_the_database_is_ready_nobody_is_told_and_nothing_is_asked_of_it(stage: Stage) -> None:
    notes = DatabaseNotes(stage.engine)
    delivery = Delivery(SETTINGS.sender, stage.server, notes, stage.counts, lambda: AT, lambda _place: None)
    FaultyFileMails(SETTINGS, delivery, Backoff(5.0, 300.0, lambda: 1.0), lambda: False)([FILE])
    assert told(stage) == []
    assert stage.bodies() == 0


@pytest.mark.parametrize(
    ("last_good", "work"),
    [
        (True, "What the file said before goes on"),
        (False, "Nothing of the file runs. Events that only it may want wait"),
    ],
)
def test_the_mail_says_what_is_wrong_what_to_do_and_what_goes_on(last_good: bool, work: str) -> None:
    faults = tuple(f"a.yaml:{n}: <b>wrong</b>\r\nBcc: x@example.com" for n in range(MOST_FAULTS + 3))
    mail = compose_faulty_file(replace(FILE, faults=faults, last_good=last_good), "one@example.com", AT, SETTINGS)
    message = message_from_bytes(mail.content, policy=policy.default)

    assert message["Subject"] == "Integration file a.yaml is faulty"
    assert message["Bcc"] is None
    for kind in ("plain", "html"):
        body = message.get_body((kind,))
        assert body is not None
        text = " ".join(str(body.get_content()).split())
        assert work in text
        assert "and 3 more; `signalbox check --offline` shows all" in text
        assert ("<b>" in text) == (kind == "plain")


def test_the_recipients_are_those_of_the_good_text_else_those_that_the_faulty_one_names() -> None:
    wrong = GOOD.replace("org:", "orgg:").replace("[x@example.com]", "[y@example.com, nobody, 7]").encode()
    [known] = running([IntegrationFile("a.yaml", wrong)], {"a.yaml": GOOD.encode()}).faulty
    [new] = running([IntegrationFile("a.yaml", wrong)]).faulty
    [broken] = running([IntegrationFile("a.yaml", b"recipients: [")]).faulty

    assert (known.recipients, new.recipients, broken.recipients) == (("x@example.com",), ("y@example.com",), ())
    assert len({known.digest, new.digest, broken.digest}) == 3
