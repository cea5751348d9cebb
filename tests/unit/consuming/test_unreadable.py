"""What cannot be read, for whatever reason, is set apart; a registry that does not answer sets nothing apart."""

from typing import Any

import pytest

from processors.consuming.sink import Sink
from processors.model.errors import Transient, Undecodable


class Letter:
    """A message of an outcome topic."""

    def __init__(self, at: int) -> None:
        self.at = at

    def topic(self) -> str:
        return "crm.outcome.error"

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self.at

    def value(self) -> bytes:
        return str(self.at).encode()


def sink(fault: Exception, dead: list[tuple[int, str]]) -> Any:
    """Return a sink that reads messages 0 to 2, and fails at 1."""

    def read(_topic: str, data: bytes) -> str:
        if data == b"1":
            raise fault
        return data.decode()

    def dead_letter(message: Any, error: Undecodable) -> None:
        dead.append((message.offset(), error.reason))

    made: Any = Sink.__new__(Sink)
    made._read, made._dead_letter = read, dead_letter
    made._raw, made._held, made._next = [Letter(at) for at in range(3)], [], {}
    return made


@pytest.mark.parametrize("fault", [Undecodable("cut off"), OverflowError("ann@example.com"), KeyError("thing")])
def test_a_message_that_cannot_be_read_is_set_apart_and_the_others_pass(fault: Exception) -> None:
    dead: list[tuple[int, str]] = []
    made = sink(fault, dead)
    made._open()
    assert [item.outcome for item in made._held] == ["0", "2"]
    [(at, reason)] = dead
    assert at == 1
    assert "ann@" not in reason
    assert made._next == {("crm.outcome.error", 0): 3}


def test_a_registry_that_is_away_sets_nothing_apart() -> None:
    dead: list[tuple[int, str]] = []
    made = sink(Transient("schema registry: cannot read schema 7"), dead)
    with pytest.raises(Transient):
        made._open()
    assert dead == []
    assert [item.at for item in made._raw] == [1, 2]
