"""Names of time zones as sources write them."""

from datetime import UTC, datetime

import pytest
from babel.core import get_global

from processors.model.zones import named, zone_of

MOMENT = datetime(2026, 3, 2, 3, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "local"),
    [
        ("America/New_York", "2026-03-01 22:30"),
        ("america/new york", "2026-03-01 22:30"),
        ("Eastern Standard Time", "2026-03-01 22:30"),
        ("Eastern Daylight Time", "2026-03-01 22:30"),
        ("Eastern Time (US & Canada)", "2026-03-01 22:30"),
        ("(UTC-05:00) Eastern Time (US & Canada)", "2026-03-01 22:30"),
        ("Eastern Standard Time (America/New_York)", "2026-03-01 22:30"),
        ("Alaska", "2026-03-01 18:30"),
        ("W. Europe Standard Time", "2026-03-02 04:30"),
        ("+05:30", "2026-03-02 09:00"),
        ("UTC-5", "2026-03-01 22:30"),
        ("GMT+2", "2026-03-02 05:30"),
        ("-0330", "2026-03-02 00:00"),
        (" utc ", "2026-03-02 03:30"),
        ("Z", "2026-03-02 03:30"),
    ],
)
def test_a_name_means_its_zone(name: str, local: str) -> None:
    zone = zone_of(name, "Asia/Tokyo")
    assert f"{MOMENT.astimezone(zone.tz):%Y-%m-%d %H:%M}" == local
    assert zone.flags == ()


@pytest.mark.parametrize("name", sorted(get_global("windows_zone_mapping")))
def test_every_name_of_windows_is_known(name: str) -> None:
    assert named(name) is not None


@pytest.mark.parametrize("name", ["Mars/Base", "+25:00", "UTC-", "Standard Time", "../etc/passwd", "\x00"])
def test_an_unknown_name_is_told_and_the_home_zone_stands_in(name: str) -> None:
    zone = zone_of(name, "Asia/Tokyo")
    assert (zone.day(datetime(2026, 3, 1, 20, tzinfo=UTC)), zone.flags) == ("2026-03-02", ("zone_unknown",))


@pytest.mark.parametrize("name", [None, "", "  "])
def test_no_name_is_the_home_zone_without_a_word(name: str | None) -> None:
    zone = zone_of(name, "Asia/Tokyo")
    assert (zone.day(datetime(2026, 3, 1, 20, tzinfo=UTC)), zone.flags) == ("2026-03-02", ())
