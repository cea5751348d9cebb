"""
One minimal scenario for each planted bug: it must be green on the product as it is, and red with the bug in it.

Rule of this file: a scenario does the same with and without its bug; what differs is the verifier's answer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from tests.fixtures.processes import wait_until
from tests.torture import steps
from tests.torture.calls import CODEC, START, Deal, address, call, recipients
from tests.torture.stage import Stage, ready

BOUND = 120.0
LATE = 10.0
"""Seconds until a late copy lands: what is to happen before it takes a second or two, and longer on a busy machine."""
WRITE_OF_ONE = '"Description": ?"one"'
"""What the request that writes the first call result has in its body; a query has no quotes around a field."""


@dataclass(frozen=True)
class Scenario:
    """*play* does it; *red* are the checks of which one must see the bug; *stage* is how the stage differs."""

    play: Callable[[Stage, float], None]
    red: frozenset[str]
    stage: Mapping[str, Any] = field(default_factory=dict)


def _lead(box: Stage, person: str) -> str:
    return box.org().seed("Lead", [{"LastName": person, "Company": "C", "Email": address(person)}])[0]


def _dealt(box: Stage, *calls: tuple[str, str], kinds: tuple[str, ...] = ("created", "updated")) -> Deal:
    made = Deal()
    for event, person in calls:
        made.say(call(event, person, "lead"), "acme-lead", kinds)
    for person in {pair[1] for pair in calls}:
        made.person(person)
    box.expect(*made.expected, *recipients())
    return made


def _settled_more(box: Stage, than: int) -> bool:
    return box.settled() > than


def _end(box: Stage, seconds: float) -> None:
    """Wait until all is answered; with a bug planted it may never be: the verifier says so."""
    try:
        box.wait_finished(seconds)
    except TimeoutError:
        pass


def killed_before_insert(box: Stage, seconds: float) -> None:
    """A message is in hand, and not in the ledger yet."""
    made = _dealt(box, ("one", "a"), ("two", "b"))
    ready(box, box.start("executor", probe=[{"place": "before_insert", "do": "kill"}]))
    box.hand_over(made.messages)
    wait_until((box.folder / "probe-0").exists, BOUND, "the kill")
    _end(box, seconds)


def two_of_one_person(box: Stage, seconds: float) -> None:
    """The second comes while the create of the first is on its way."""
    made = _dealt(box, ("one", "a"), ("two", "a"))
    box.org().fault("delay", match={"method": "POST", "body_regex": WRITE_OF_ONE}, seconds=6, before=True)
    ready(box, box.start("executor"))
    box.hand_over(made.messages[:1])
    wait_until(lambda: bool(box.query("SELECT 1 FROM api_call")), BOUND, "the first call to leave")
    box.hand_over(made.messages[1:])
    _end(box, seconds)


def three_in_a_row(box: Stage, seconds: float) -> None:
    """Three outcomes, in sequence."""
    made = _dealt(box, ("one", "a"), ("two", "b"), ("three", "c"))
    ready(box, box.start("executor"))
    box.hand_over(made.messages)
    _end(box, seconds)


def a_second_life(box: Stage, seconds: float) -> None:
    """The executor is killed when all is published, and starts again."""
    made = _dealt(box, ("one", "a"), ("two", "b"))
    executor = box.start("executor")
    box.hand_over(made.messages[:1])
    wait_until(lambda: box.published() == 1, BOUND, "the first outcome", pause=0.3)
    box.kill(executor)
    begun = box.log(executor).read_text().count("org begins")
    box.live(executor)
    wait_until(lambda: box.log(executor).read_text().count("org begins") > begun, BOUND, "its second life")
    box.hand_over(made.messages[1:])
    _end(box, seconds)


def one_change(box: Stage, seconds: float) -> None:
    """A lead that is there is changed."""
    _lead(box, "a")
    made = _dealt(box, ("one", "a"), kinds=("updated",))
    ready(box, box.start("executor"))
    box.hand_over(made.messages)
    _end(box, seconds)


def an_address_in_capitals(box: Stage, seconds: float) -> None:
    """The source writes an address in capitals, which an org keeps in lower case."""
    made = Deal()
    said = call("one", "a", "lead")
    made.say(replace(said, person=replace(said.person, email=address("a").upper())), "acme-lead", ("created",))
    made.person("a")
    box.expect(*made.expected, *recipients())
    ready(box, box.start("executor"))
    box.hand_over(made.messages)
    _end(box, seconds)


def a_corrected_address(box: Stage, seconds: float) -> None:
    """One call is resulted three times: with a mistyped address, with the right one, and with another person."""
    made = Deal()
    told = [("one", "typo"), ("two", "a"), ("three", "b")]
    for number, (event, person) in enumerate(told):
        said = call(event, person, "lead", at=number)
        name = said.person.last_name if person == "b" else "Number a"
        same = replace(said, call_id="call-one", person=replace(said.person, last_name=name))
        made.say(same, "acme-lead", ("updated" if number == 1 else "created",))
    made.expected.append({"type": "person", "name": "a", "emails": [address("typo"), address("a")], "seeded": False})
    made.person("b")
    box.expect(*made.expected, *recipients())
    ready(box, box.start("executor"))
    for message in made.messages:
        settled = box.settled()
        box.hand_over([message])
        wait_until(partial(_settled_more, box, settled), BOUND, "an outcome")
    _end(box, seconds)


def an_older_event_that_comes_late(box: Stage, seconds: float) -> None:
    """Beyond 7: what happened second is told first, and then what happened first."""
    _lead(box, "a")
    made = Deal()
    for event, at in (("two", 2), ("one", 1)):
        made.say(call(event, "a", "lead", at=at), "acme-lead", ("updated", "skipped"))
    made.person("a", seeded=True)
    box.expect(*made.expected, *recipients())
    ready(box, box.start("executor"))
    box.hand_over(made.messages[:1])
    wait_until(lambda: box.settled() == 1, BOUND, "the newer one to be settled")
    box.hand_over(made.messages[1:])
    _end(box, seconds)


def a_lost_answer(box: Stage, seconds: float) -> None:
    """The org applies a create, and the connection drops before its answer."""
    made = _dealt(box, ("one", "a"), kinds=("created", "updated"))
    box.org().fault("reset_after", match={"method": "POST", "body_regex": WRITE_OF_ONE})
    ready(box, box.start("executor"))
    box.hand_over(made.messages)
    _end(box, seconds)


def a_late_write(box: Stage, seconds: float) -> None:
    """D5: lost, not found, sent again, settled; a newer value follows; then the first copy lands."""
    _lead(box, "a")
    made = _dealt(box, ("one", "a"), ("two", "a"), kinds=("updated",))
    box.org().fault("late_apply", match={"method": "POST", "body_regex": WRITE_OF_ONE}, seconds=LATE)
    ready(box, box.start("executor"))
    box.hand_over(made.messages[:1])
    wait_until(lambda: box.settled() == 1, BOUND, "the first to be sent again and settled")
    box.hand_over(made.messages[1:])
    _end(box, max(seconds, 2 * LATE))
    landed = lambda: any("applied" in entry for entry in box.org().log())  # noqa: E731  one word for one condition
    wait_until(landed, BOUND, "the late copy to land")


def a_zombie(box: Stage, seconds: float) -> None:
    """D12: stopped after its intents; another takes over, resends, writes newer; then it wakes."""
    _lead(box, "a")
    made = _dealt(box, ("one", "a"), ("two", "a"), kinds=("updated",))
    zombie = box.start("executor", "zombie", probe=[{"place": "after_intents", "do": "stop"}])
    box.hand_over(made.messages[:1])
    wait_until((box.folder / "probe-0").exists, BOUND, "the executor to stop after its intents")
    box.hand_over(made.messages[1:])
    box.start("executor", "heir")
    wait_until(lambda: box.settled() == 2, BOUND, "the heir to settle both")
    box.wake(zombie)
    # Either it has sent and been answered (the bug), or it has seen that it was too late.
    wait_until((box.folder / "returned").exists, BOUND, "the zombie's call to come back")
    _end(box, seconds)


def an_error_while_mail_is_down(box: Stage, seconds: float) -> None:
    """The mail server is away when the first error is told, and comes back."""
    made = Deal()
    made.say(call("one", "nobody", "update"), "acme-update", ("error",))
    box.expect(*made.expected, *recipients())
    ready(box, box.start("executor"))
    notifier = box.start("notifier")
    box.hand_over(made.messages)
    ready(box, notifier, "the other side does not answer", BOUND)
    box.start_mail()
    _end(box, seconds)


def garbage_between(box: Stage, seconds: float) -> None:
    """One message cannot be read."""
    made = _dealt(box, ("one", "a"))
    made.garbage(b"garbage")
    box.expect(made.expected[-1])
    box.start("intake")
    ready(box, box.start("executor"))
    box.publish([made.messages[-1], made.messages[0]])
    _end(box, seconds)


def delivered_twice(box: Stage, seconds: float) -> None:
    """One call result is delivered twice."""
    made = Deal()
    made.say(call("one", "a", "lead"), "acme-lead", ("created", "updated"), times=2)
    box.expect(*made.expected, *recipients())
    box.start("intake")
    ready(box, box.start("executor"))
    box.publish(made.messages)
    _end(box, seconds)


def a_call_and_its_recording(box: Stage, seconds: float) -> None:
    """D19: a call is logged, then its recording is told."""
    box.org().seed("Contact", [{"LastName": "Caller", "Phone": steps.number(1)}])
    made, course = steps.Dealt(), steps.RECORDED
    events = steps.call_events("one", course, 1, START)
    steps.expect_call(made, "one", course, events, 1)
    box.expect(*made.expected)
    ready(box, box.start("executor"))
    parts = [(event.call_id.encode(), CODEC.encode("pbx_call_event", event.to_avro())) for event in events]
    box.hand_over(parts[:-1], "pbx_call_event")
    wait_until(lambda: box.settled() == 1, BOUND, "the call to be logged")
    box.hand_over(parts[-1:], "pbx_call_event")
    _end(box, seconds)


def a_conference(box: Stage, seconds: float) -> None:
    """Two people whom the org knows are in one call."""
    box.org().seed("Contact", [{"LastName": f"Caller {number}", "Phone": steps.number(number)} for number in (1, 2)])
    made = steps.Dealt()
    events = steps.call_events("one", steps.CONFERENCE, 1, START)
    steps.expect_call(made, "one", steps.CONFERENCE, events, 1)
    box.expect(*made.expected)
    ready(box, box.start("executor"))
    parts = [(event.call_id.encode(), CODEC.encode("pbx_call_event", event.to_avro())) for event in events]
    box.hand_over(parts, "pbx_call_event")
    _end(box, seconds)


def two_seats_of_one_booking(box: Stage, seconds: float) -> None:
    """One attendee books, then another one of the same booking."""
    made = steps.Dealt()
    changes = [steps.seat(0, place, "booked", who) for place, who in enumerate(("a", "b"))]
    for change in changes:
        made.event(change.event_id, "acme-meetings", "created", "updated")
    made.expected.append(steps.seats_end(0, changes))
    box.expect(*made.expected)
    ready(box, box.start("executor"))
    for change in changes:
        settled = box.settled()
        box.hand_over([(change.booking_id.encode(), CODEC.encode("booking", change.to_avro()))], "booking")
        wait_until(partial(_settled_more, box, settled), BOUND, "an outcome")
    _end(box, seconds)


def _reds(*checks: str) -> frozenset[str]:
    return frozenset(checks)


SCENARIOS: dict[str, Scenario] = {
    "offset-before-insert": Scenario(killed_before_insert, _reds("I1a")),
    "no-claims": Scenario(
        two_of_one_person, _reds("I2a"), {"org_settings": {"request_limit": 12.0, "read_timeout": 12.0}}
    ),
    "one-outcome-skipped": Scenario(three_in_a_row, _reds("I1a", "I1c")),
    "published-from-the-start": Scenario(a_second_life, _reds("I1a")),
    "settled-without-the-effect": Scenario(one_change, _reds("I2c")),
    "created-without-a-key": Scenario(a_lost_answer, _reds("I2a")),
    "no-claims-of-calls-alive": Scenario(a_late_write, _reds("I2b"), {"org_settings": {"request_limit": 1.5 * LATE}}),
    "send-by-not-checked": Scenario(a_zombie, _reds("I2b"), {"org_settings": {"request_limit": 4.0}}),
    "own-records-not-read": Scenario(a_corrected_address, _reds("I2a", "I1d")),
    "everybody-is-the-first": Scenario(a_corrected_address, _reds("I1d")),
    "written-as-it-came": Scenario(an_address_in_capitals, _reds("I2b")),
    "older-event-wins": Scenario(an_older_event_that_comes_late, _reds("I2e")),
    "no-answer-is-a-refusal": Scenario(a_lost_answer, _reds("I1d", "I2c")),
    "mail-noted-before-sent": Scenario(an_error_while_mail_is_down, _reds("I5"), {"mail_up": False}),
    "dead-letter-dropped": Scenario(garbage_between, _reds("I1b")),
    "deliveries-not-recognised": Scenario(delivered_twice, _reds("I1a")),
    "task-of-a-step": Scenario(a_call_and_its_recording, _reds("I2d"), {"integrations": steps.INTEGRATIONS}),
    "conference-of-one": Scenario(a_conference, _reds("I2d"), {"integrations": steps.INTEGRATIONS}),
    "event-of-the-last": Scenario(two_seats_of_one_booking, _reds("I2d"), {"integrations": steps.INTEGRATIONS}),
    "steps-not-answered": Scenario(a_call_and_its_recording, _reds("I1a"), {"integrations": steps.INTEGRATIONS}),
}
"""The name of the patch in `planted/` → the scenario that shows the bug."""
