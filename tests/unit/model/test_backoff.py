"""The one back-off: it grows to its cap and no further, and jitter takes half of it at the most."""

from processors.model.backoff import Backoff


def test_the_delay_doubles_from_the_base_to_the_cap() -> None:
    backoff = Backoff(base=0.5, cap=3.0, jitter=lambda: 1.0)

    assert [backoff.delay(failures) for failures in (1, 2, 3, 4, 5, 10_000)] == [0.5, 1.0, 2.0, 3.0, 3.0, 3.0]


def test_jitter_takes_half_of_the_delay_at_the_most() -> None:
    assert Backoff(base=4.0, cap=60.0, jitter=lambda: 0.0).delay(1) == 2.0
    assert Backoff(base=4.0, cap=60.0, jitter=lambda: 0.5).delay(1) == 3.0
