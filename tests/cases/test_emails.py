"""An e-mail is read in any writing (case k4_display)."""

import pytest

from tests.cases.conftest import Play
from tests.cases.runner import case


def booking(email: str) -> dict[str, object]:
    return {
        "publish": "crm.event.booking",
        "events": [
            {
                "event_id": "b-1",
                "booking_id": "bk-1",
                "workspace": "W",
                "status": "booked",
                "changed": "2026-11-27T20:01:00Z",
                "person": {"last_name": "New", "email": email},
                "start": "2026-12-01T10:00:00Z",
                "end": "2026-12-01T10:30:00Z",
            }
        ],
    }


def known(email: str = "dana@example.com") -> dict[str, object]:
    return {"org has": "Lead", "records": [{"LastName": "Dn", "Company": "C", "Email": email}]}


def test_a_name_before_the_address_is_no_part_of_it(play: Play) -> None:
    run = play(case("k4_display"))
    assert run.row("Lead")["Email"] == "m-8200153@example.com"


@pytest.mark.parametrize(
    "email",
    ["dana@example.com.", "\u200bDana@exam\u200dple.com", "mailto:dana@example.com", '"D, D" <dana@example.com>'],
)
def test_the_address_is_found_in_any_writing(play: Play, email: str) -> None:
    run = play([known(), booking(email)])
    assert run.row("Lead")["LastName"] == "New"


def test_a_new_lead_has_the_bare_address(play: Play) -> None:
    run = play([booking("Dana D <Dana@example.com>.")])
    assert run.row("Lead")["Email"] == "dana@example.com"


def test_a_tag_is_part_of_the_address_unless_told_otherwise(play: Play) -> None:
    run = play([known(), booking("dana+demo@example.com")])
    assert len(run.rows("Lead")) == 2


@pytest.mark.parametrize(
    ("stored", "sent"),
    [
        ("dana@example.com", "dana+demo@example.com"),
        ("dana+demo@example.com", "dana@example.com"),
        ("dana+a_b@example.com", "Dana+c@example.com"),
    ],
)
def test_by_setting_a_tag_does_not_count(play: Play, stored: str, sent: str) -> None:
    run = play([known(stored), booking(sent)], bookings=UNTAGGED)
    assert run.row("Lead")["LastName"] == "New"


UNTAGGED = """
name: bookings
preset: jicoo
org: demo
enabled: true
workspace: W
match: { plus_addressing: same }
booking: { register: lead, overwrite: true }
activity: { enabled: true, object: Event, owner: integration@example.com }
"""
