"""
All checks together, and the guard that enough happened for them to mean anything.

Rule of this file: a check that is not in this table does not run.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from tests.torture.verifier import check_activities, check_answers, check_mails, check_org
from tests.torture.verifier.history import History, Violation

CHECKS: tuple[Callable[[History], Iterator[Violation]], ...] = (
    check_answers.answered_once,
    check_answers.reuse_told_once,
    check_answers.unreadable_kept,
    check_answers.witnesses_agree,
    check_answers.audit_agrees,
    check_answers.sequences_whole,
    check_answers.notices_once,
    check_org.effects_once,
    check_org.people_once,
    check_org.created_once_told,
    check_org.before_is_true,
    check_org.told_and_done,
    check_org.values_newest,
    check_org.no_older_event,
    check_org.order_kept,
    check_activities.calls_logged,
    check_activities.bookings_logged,
    check_mails.errors_told,
)


def verify(history: History, at_least: Mapping[str, int] | None = None) -> list[Violation]:
    """Return every violation; *at_least* names counts (of `counts`) below which the history proves nothing."""
    found = [violation for check in CHECKS for violation in check(history)]
    have = counts(history)
    for name, least in (at_least or {}).items():
        if have.get(name, 0) < least:
            found.append(Violation("I0", f"too little happened: {have.get(name, 0)} {name}, at least {least} expected"))
    return found


def counts(history: History) -> dict[str, int]:
    """Return how much happened, by name."""
    kinds = Counter(str(outcome.value["kind"]) for outcome in history.outcomes)
    effects = Counter(effect.kind for effect in history.effects or ())
    return {
        "expected": len(history.sent.events),
        "outcomes": len(history.outcomes),
        **{f"outcomes.{kind}": count for kind, count in sorted(kinds.items())},
        "notices": len(history.notices),
        "calls": len(history.sent.calls),
        "bookings": len(history.sent.bookings),
        "dead-letters": len(history.letters),
        "ledger": len(history.ledger or ()),
        "ledger.absorbed": sum(row.state == "absorbed" for row in history.ledger or ()),
        "audit": len(history.audit or ()),
        "mails": len(history.mails or ()),
        "effects": sum(effects.values()),
        **{f"effects.{kind}": count for kind, count in sorted(effects.items())},
    }
