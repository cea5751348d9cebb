from tests.fixtures.processes import wait_until
from tests.torture.calls import Deal, address, call, recipients
from tests.torture.conftest import Staging
from tests.torture.stage import ready


def test_d10_d11_an_id_only_and_an_email_only_event_meet_in_one_lead_in_their_order(stage: Staging) -> None:
    """D10, D11: the first is still being matched, by its ID, when the second is found by e-mail: the first is first."""
    box = stage()
    [lead] = box.org().seed("Lead", [{"LastName": "Two", "Company": "C", "Email": address("two")}])
    made = Deal()
    made.person("two", seeded=True)
    made.say(call("by-id", "two", "lead", salesforce_id=lead, keyed=False), "acme-lead", ("updated",))
    made.say(call("by-email", "two", "lead"), "acme-lead", ("updated",))
    made.say(call("warm", "other", "lead"), "acme-lead", ("created",))
    box.expect(*made.expected, *recipients())
    ready(box, box.start("executor"))
    box.hand_over(made.messages[2:])
    wait_until(lambda: box.settled() == 1, 30, "the executor to know its org")
    box.org().fault("delay", match={"method": "POST", "body_regex": lead[:15]}, seconds=2, before=True)
    box.hand_over(made.messages[:1])
    wait_until(lambda: box.org().calls()["running"] > 0, 30, "the first to be matched")
    box.hand_over(made.messages[1:2])
    box.wait_finished(60)
    verdict = box.verify("outcomes=3")
    assert verdict.violations == []
