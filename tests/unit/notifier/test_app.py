"""The notifier's shell on the real notes (SQLite) and a mail server that is a list."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import Engine, func, select

from connectors.database.engine import open_engine
from connectors.database.metadata import metadata
from connectors.database.notes import DatabaseNotes, mail_body
from processors.model.errors import Misconfigured, Transient
from processors.model.ports import Probe
from processors.model.received import Received
from processors.notifier.app import Notifier
from processors.notifier.compose import MailSettings
from schemas.outcome import Outcome
from schemas.values import Person

AT = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
SETTINGS = MailSettings("signalbox@example.com", "mail.example.com")
TWO = {"example-sales": ("one@example.com", "two@example.com")}


class Death(BaseException):
    """Stands for a kill: nothing catches it."""


class Server:
    """A mail server that keeps what it takes. `answer` may raise, or name a refusal."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []
        self.answer: Callable[[str], str | None] = lambda _recipient: None

    def send(self, message: bytes, sender: str, recipients: Sequence[str]) -> Mapping[str, str]:
        """Take one mail to one recipient."""
        (recipient,) = recipients
        assert sender == "signalbox@example.com"
        refused = self.answer(recipient)
        if refused:
            return {recipient: refused}
        self.taken.append((recipient, message_from_bytes(message)["Message-ID"]))
        return {}


class Counts:
    """Metrics that are a dictionary."""

    def __init__(self) -> None:
        self.counted: dict[str, float] = {}

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Add to a counter."""
        key = " ".join([name, *labels.values()])
        self.counted[key] = self.counted.get(key, 0) + amount

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Add an observation."""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """Return an empty database."""
    engine = open_engine(f"sqlite:///{tmp_path}/notes.db")
    metadata.create_all(engine)
    yield engine
    engine.dispose()


class Stage:
    """A notifier that can be started again on the same database and mail server."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.server = Server()
        self.counts = Counts()
        self.stop = Event()
        self.now = AT

    def notifier(
        self,
        recipients: Mapping[str, Sequence[str]] = TWO,
        settings: MailSettings = SETTINGS,
        probe: Probe | None = None,
        owners: Mapping[str, Sequence[str]] | None = None,
    ) -> Notifier:
        """Start one."""
        return Notifier(
            settings,
            recipients,
            mailer=self.server,
            notes=DatabaseNotes(self.engine),
            metrics=self.counts,
            clock=lambda: self.now,
            stop=self.stop,
            probe=probe,
            owners=owners,
        )

    def bodies(self) -> int:
        """Return how many mails' bytes are kept."""
        with self.engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(mail_body)).scalar_one()


@pytest.fixture
def stage(engine: Engine) -> Stage:
    """Return a stage for one test."""
    return Stage(engine)


def errors(count: int = 1) -> list[Received]:
    """Return so many different errors."""
    first = Outcome(
        outcome_id="",
        kind="error",
        reason="no_match",
        integration="example-sales",
        org="main",
        contract="call_result",
        event_ids=(),
        source_id="call-1",
        event_time=AT,
        command_time=AT,
        settled_time=AT,
        intake_digest="",
        executor_digest="",
        person=Person("Ada", "Example"),
    )
    ids = [f"00000000-0000-5000-8000-{number:012}" for number in range(count)]
    return [Received(replace(first, outcome_id=each), "crm.outcome.error", 0, i) for i, each in enumerate(ids)]


def test_each_recipient_gets_one_mail_of_an_error_vs_29(stage: Stage) -> None:
    assert stage.notifier()(errors())
    assert sorted(recipient for recipient, _ in stage.server.taken) == ["one@example.com", "two@example.com"]
    assert stage.counts.counted == {"mails_total sent": 2}
    assert stage.bodies() == 0


def test_no_recipients_is_no_fault_vs_29(stage: Stage) -> None:
    assert stage.notifier({"example-sales": ()})(errors())
    assert stage.notifier({})(errors())
    assert stage.server.taken == []


def test_a_repeat_of_delivery_sends_nothing_twice(stage: Stage) -> None:
    batch = errors(3)
    assert stage.notifier()(batch + batch)
    assert stage.notifier()(batch)
    assert len(stage.server.taken) == 6


def test_the_same_recipient_written_twice_gets_one_mail(stage: Stage) -> None:
    assert stage.notifier({"example-sales": ("One@example.com", "one@example.com")})(errors())
    assert len(stage.server.taken) == 1


def test_a_death_between_the_servers_250_and_the_note_repeats_one_mail_under_its_message_id(stage: Stage) -> None:
    def die(place: str) -> None:
        if place == "mailed" and len(stage.server.taken) == 3:
            raise Death

    with pytest.raises(Death):
        stage.notifier(probe=die)(errors(4))
    assert stage.notifier()(errors(4))
    assert len(stage.server.taken) == 9
    assert len(set(stage.server.taken)) == 8
    assert stage.server.taken[2] == stage.server.taken[3]


def test_a_shared_mail_stays_the_same_mail_when_the_batch_is_cut_otherwise_afterwards(stage: Stage) -> None:
    settings = replace(SETTINGS, group_above=3)

    def die(place: str) -> None:
        raise Death

    row = {"example-sales": ("one@example.com",)}
    with pytest.raises(Death):
        stage.notifier(row, settings, die)(errors(10))
    again = stage.notifier(row, settings)
    assert again(errors(2))
    assert again(errors(10))
    assert len(stage.server.taken) == 2
    assert len(set(stage.server.taken)) == 1


def test_one_refused_recipient_touches_no_other(stage: Stage) -> None:
    stage.server.answer = lambda recipient: "550 no such user" if recipient == "one@example.com" else None
    notifier = stage.notifier()
    assert notifier(errors(2))
    assert notifier(errors(2))
    assert [recipient for recipient, _ in stage.server.taken] == ["two@example.com"] * 2
    assert stage.counts.counted == {"mails_total refused": 2, "mails_total sent": 2}
    states = DatabaseNotes(stage.engine).states([received.outcome.outcome_id for received in errors(2)])
    assert sorted(states.values()) == ["refused", "refused", "sent", "sent"]


def test_a_deferred_recipient_holds_up_no_other_in_the_batch(stage: Stage) -> None:
    def greylist(recipient: str) -> None:
        if recipient == "one@example.com":
            raise Transient("greylisted", code="451")

    stage.server.answer = greylist
    notifier = stage.notifier()
    with pytest.raises(Transient):
        notifier(errors(3))
    assert [recipient for recipient, _ in stage.server.taken] == ["two@example.com"] * 3
    stage.server.answer = lambda _recipient: None
    assert notifier(errors(3))
    assert len(stage.server.taken) == len(set(stage.server.taken)) == 6


def test_a_server_that_is_down_is_asked_once_a_turn(stage: Stage) -> None:
    asked: list[str] = []

    def down(recipient: str) -> None:
        asked.append(recipient)
        raise Transient("connection refused")

    stage.server.answer = down
    with pytest.raises(Transient):
        stage.notifier()(errors(5))
    assert len(asked) == 1


def test_a_stop_ends_a_turn_between_two_mails(stage: Stage) -> None:
    def stop_after_two(place: str) -> None:
        if len(stage.server.taken) == 2:
            stage.stop.set()

    assert not stage.notifier(probe=stop_after_two)(errors(5))
    assert len(stage.server.taken) == 2


def test_a_storm_of_like_errors_is_few_mails_and_tells_of_all_r35(stage: Stage) -> None:
    assert stage.notifier()(errors(1_000))
    assert len(stage.server.taken) == 10
    states = DatabaseNotes(stage.engine).states([received.outcome.outcome_id for received in errors(1_000)])
    assert len(states) == 2_000
    assert set(states.values()) == {"sent"}


@pytest.mark.outside
def test_a_storm_that_trickles_in_is_collected_r35(stage: Stage) -> None:
    notifier = stage.notifier(settings=replace(SETTINGS, group_window=60))
    held: list[Received] = []
    for second, received in enumerate(errors(1_000)):
        stage.now = AT + timedelta(seconds=second * 0.06)
        held.append(received)
        if notifier(held):
            held.clear()
    assert held
    other = replace(held[0], outcome=replace(held[0].outcome, outcome_id="other", reason="multiple_match"))
    assert not notifier([*held, other])
    assert len(stage.server.taken) == 2 * 20 + 2
    stage.now = AT + timedelta(seconds=121)
    assert notifier([*held, other])
    assert len(stage.server.taken) == 2 * 20 + 2 + 2 * 5
    states = DatabaseNotes(stage.engine).states([received.outcome.outcome_id for received in errors(1_000)])
    assert len(states) == 2_000
    assert set(states.values()) == {"sent"}


def test_a_recipient_that_is_no_plain_address_is_refused_at_start(stage: Stage) -> None:
    with pytest.raises(Misconfigured, match="not usable"):
        stage.notifier({"example-sales": ("a@example.com, b@example.com",)})
