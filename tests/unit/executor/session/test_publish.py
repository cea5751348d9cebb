"""Publishing as a value: positions follow the sequence, and a gap in it is refused."""

import pytest
from confluent_kafka import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from processors.executor.session.publish import Position, next_positions
from processors.model.ledger import Unpublished


def _rows(*numbers: int) -> list[Unpublished]:
    return [Unpublished(number, f"c{number}", "created", b"", "", b"{}") for number in numbers]


@given(st.integers(0, 50), st.integers(0, 50))
def test_positions_follow_the_sequence(before: int, count: int) -> None:
    after = next_positions({"a": Position(7, before, "x")}, {"a": _rows(*range(before + 1, before + 1 + count))})
    assert after == {"a": Position(7, before + count, "x")}


@pytest.mark.parametrize("numbers", [(5,), (4, 6), (4, 4), (3,)])
def test_a_gap_or_a_repeat_in_a_sequence_is_refused(numbers: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="a gap"):
        next_positions({"a": Position(7, 3, "x")}, {"a": _rows(*numbers)})


def test_a_position_is_read_from_the_metadata_that_it_wrote() -> None:
    position = Position(7, 3, "ledger")
    assert Position.read(TopicPartition("t", 0, 7, position.metadata())) == position
    assert Position.read(TopicPartition("t", 0, 7)) == Position(7, -1, "")
    assert Position.read(TopicPartition("t", 0, -1001)) is None
