"""The demo's own sums: each number that does not add up is told."""

from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

from schemas.outcome import Outcome
from signalbox.demo.numbers import Seen, faults
from signalbox.demo.people import Script, Told, known_people

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
TEAM = {"interest-lead": ("leads@example.com",)}


def outcome(told: Told) -> Outcome:
    """Return the outcome that *told* expects."""
    kind, _, reason = told.outcome.partition(".")
    return Outcome(
        outcome_id=f"outcome-of-{told.event.event_id}",
        kind=kind,  # type: ignore[arg-type]  # -- the scripts' own words
        reason=reason,  # type: ignore[arg-type]  # -- as above
        integration=told.integration,
        org="demo",
        contract="call_result",
        event_ids=(told.event.event_id,),
        thing=told.event.call_id,
        event_time=NOW,
        command_time=NOW,
        settled_time=NOW,
        intake_digest="",
        executor_digest="",
        person=told.event.person,
    )


def mail(text: str) -> bytes:
    """Return a mail that says *text*."""
    message = EmailMessage()
    message.set_content(text)
    return bytes(message)


def seen_of(told: list[Told]) -> Seen:
    """Return what must be seen of *told*."""
    outcomes = {one.outcome_id: one for one in map(outcome, told)}
    again = replace(next(iter(outcomes.values())), outcome_id="again", kind="error", reason="id_reused", event_ids=())
    outcomes[again.outcome_id] = again
    mails = [(("leads@example.com",), mail(" ".join(outcomes)))]
    return Seen(outcomes, 0, mails, len(outcomes), 1, 1, 10, {})


def test_what_the_script_tells_adds_up() -> None:
    told = Script(1, NOW).tell()
    assert len(told) >= 300
    assert len({one.event.event_id for one in told}) == len(told)
    assert faults(told, seen_of(told), TEAM) == []
    assert any(one.times > 1 for one in told)
    assert len(known_people()) > 40


def test_each_number_that_does_not_add_up_is_one_line() -> None:
    told = Script(1, NOW).tell()
    good = seen_of(told)
    lost = dict(list(good.outcomes.items())[1:])
    assert any("expected" in line for line in faults(told, replace(good, outcomes=lost, audited=len(lost)), TEAM))
    assert faults(told, replace(good, repeats=1), TEAM) == ["outcomes seen twice: 0 ≠ 1"]
    assert faults(told, replace(good, audited=1), TEAM) == [f"outcomes = audit rows: {len(good.outcomes)} ≠ 1"]
    assert faults(told, replace(good, dead_letters=0), TEAM) == ["unreadable messages = dead letters: 1 ≠ 0"]
    assert len(faults(told, replace(good, mails=[]), TEAM)) == sum(
        1 for one in good.outcomes.values() if one.kind == "error" and one.integration == "interest-lead"
    )
