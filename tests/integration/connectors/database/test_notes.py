"""The notes of mails: which mail tells which recipient of which outcome, and how far it came."""

import threading
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, func, select

from connectors.database.notes import DatabaseNotes, mail_body, mail_note
from processors.notifier.ports import Mail

AT = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)


def mail(name: str, *outcome_ids: str, to: str = "ann@example.com", content: bytes = b"mail") -> Mail:
    return Mail(f"<{name}@example.com>", to, outcome_ids, content)


def bodies(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(mail_body)).scalar_one())


def test_a_mail_is_intended_with_its_bytes_before_it_is_sent(engine: Engine) -> None:
    notes, first = DatabaseNotes(engine), mail("1", "o1", "o2", content=b"\x00\xffwhole")
    notes.intend([first], AT)
    assert notes.states(["o1", "o2", "o3"]) == {
        ("o1", "ann@example.com"): "intended",
        ("o2", "ann@example.com"): "intended",
    }
    assert notes.unsent(["o1"]) == [first]


def test_a_pair_belongs_to_the_first_mail_that_was_noted_for_it(engine: Engine) -> None:
    notes = DatabaseNotes(engine)
    notes.intend([mail("1", "o1")], AT)
    notes.intend([mail("2", "o1", "o2"), mail("3", "o1", to="bob@example.com")], AT + timedelta(seconds=1))
    assert notes.unsent(["o1", "o2"]) == [mail("1", "o1"), mail("2", "o2"), mail("3", "o1", to="bob@example.com")]


def test_a_mail_that_has_nobody_left_to_tell_leaves_no_bytes(engine: Engine) -> None:
    notes = DatabaseNotes(engine)
    notes.intend([mail("1", "o1")], AT)
    notes.intend([mail("2", "o1")], AT)
    assert bodies(engine) == 1
    assert notes.unsent(["o1"]) == [mail("1", "o1")]


def test_what_was_sent_or_refused_is_not_sent_again_and_its_bytes_are_dropped(engine: Engine) -> None:
    notes = DatabaseNotes(engine)
    sent, refused, waits = mail("1", "o1"), mail("2", "o2"), mail("3", "o3")
    notes.intend([sent, refused, waits], AT)
    notes.settle(sent, "sent", AT)
    notes.settle(refused, "refused", AT, "550 no such user")
    assert [state for _, state in sorted(notes.states(["o1", "o2", "o3"]).items())] == ["sent", "refused", "intended"]
    assert notes.unsent(["o1", "o2", "o3"]) == [waits]
    assert bodies(engine) == 1
    with engine.connect() as connection:
        kept = connection.execute(select(mail_note.c.detail).where(mail_note.c.outcome_id == "o2")).scalar_one()
    assert kept == "550 no such user"


def test_mails_come_back_oldest_first_and_whole_whichever_of_their_outcomes_is_asked(engine: Engine) -> None:
    notes = DatabaseNotes(engine)
    notes.intend([mail("b", "o3", "o4")], AT + timedelta(seconds=1))
    notes.intend([mail("z", "o1", "o2")], AT)
    assert notes.unsent(["o2", "o4"]) == [mail("z", "o1", "o2"), mail("b", "o3", "o4")]
    assert notes.unsent([]) == []


def test_two_notifiers_at_once_give_each_pair_one_mail(engine: Engine) -> None:
    faults: list[BaseException] = []
    ids = [f"o{number:03}" for number in range(100)]

    def intend(name: str) -> None:
        try:
            for item_id in ids:
                DatabaseNotes(engine).intend([mail(f"{name}-{item_id}", item_id)], AT)
        except BaseException as error:  # noqa: BLE001  a thread's fault must reach the test
            faults.append(error)

    threads = [threading.Thread(target=intend, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert faults == []
    told = DatabaseNotes(engine).unsent(ids)
    assert sorted(outcome_id for each in told for outcome_id in each.outcome_ids) == ids
    assert bodies(engine) == len(ids)
