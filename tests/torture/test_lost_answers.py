import random

from tests.torture.calls import Deal, address, call, company, recipients
from tests.torture.conftest import Staging

LIMIT = 4.0
WRITES = r"/composite|/sobjects|/Soap"
PEOPLE = 12


def test_d5_d7_d8_lost_and_late_answers_double_nothing_and_leave_no_older_value(stage: Staging, seed: int) -> None:
    """D5, D7, D8: writes that land after the connection dropped, up to 0.9 of the org's request limit."""
    box = stage(org_settings={"request_limit": LIMIT})
    rng = random.Random(seed)
    seeded = range(0, PEOPLE, 3)
    box.org().seed("Lead", [{"LastName": f"Number {n}", "Company": company(n), "Email": address(n)} for n in seeded])
    for number in range(8):
        action = rng.choice(("late_apply", "late_apply", "reset_after", "reset_before"))
        box.org().fault(
            action,
            match={"method": "POST", "path_regex": WRITES, "body_regex": '"Description":|convertLead'},
            count=1,
            skip=rng.randint(0, 2) if number else 0,
            seconds=rng.uniform(0, 0.9) * LIMIT,
        )
    made = Deal()
    for number in range(36):
        person = number % PEOPLE
        code = "convert" if person in seeded else ("lead" if person % 2 else "contact")
        kinds = ("converted", "updated", "created") if code == "convert" else ("created", "updated")
        if number < 2 * PEOPLE:
            # Two results of one person may reach the ledger in either order: the older one then leaves its fields.
            kinds = (*kinds, "skipped.stale")
        call_result = call(f"s{seed}-{number}", person, code, company=company(person), at=number)
        made.say(call_result, f"acme-{code}", kinds, times=rng.randint(1, 2))
    for person in range(PEOPLE):
        made.person(person, seeded=person in seeded)
    made.expected += [{"type": "account", "name": name} for name in sorted({company(n) for n in range(PEOPLE)})]
    box.expect(*made.expected, *recipients())
    box.start("intake")
    box.start("executor")
    half = len(made.messages) // 2
    box.publish(made.messages[:half])
    box.publish(made.messages[half:])
    box.wait_finished(150)
    struck = sum(fault["struck"] for fault in box.org().ask("GET", "faults"))
    verdict = box.verify("outcomes=36", f"effects.create={PEOPLE // 2}")
    assert verdict.violations == []
    assert struck >= 2, "too few answers were lost"
