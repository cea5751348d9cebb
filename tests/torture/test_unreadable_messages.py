from tests.torture.calls import Deal, call, recipients
from tests.torture.conftest import Staging


def test_unreadable_messages_are_kept_whole_and_hold_nothing_up(stage: Staging) -> None:
    box = stage()
    made = Deal()
    for number in range(6):
        made.say(call(f"e{number}", number, "lead"), "acme-lead", ("created",))
        made.person(number)
    good = made.messages[0][1] or b""
    made.garbage(b"")
    made.garbage(good[:5])
    made.garbage(good[:-3])
    made.garbage(b"\xc3\x02" + good[2:])
    made.garbage(good[:2] + bytes(8) + good[10:])
    made.garbage(good + b"\x00")
    made.garbage(good[:10] + b"\xff" * 20)
    made.messages = [made.messages[n] for n in (6, 0, 7, 1, 8, 2, 9, 3, 10, 4, 11, 5, 12)]
    box.expect(*made.expected, *recipients())
    for role in ("intake", "executor", "audit"):
        box.start(role)
    box.publish(made.messages)
    box.wait_finished(60)
    verdict = box.verify("dead-letters=7", "outcomes=6", "effects.create=6")
    assert verdict.violations == []
