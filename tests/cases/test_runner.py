"""A case of each kind can be played: its files are read, its events pass the contract, each of them is answered."""

import pytest

from tests.cases.conftest import Play
from tests.cases.runner import case, kinds

ONE_OF_EACH = sorted({kind: name for name, kind in kinds().items()}.values())


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_a_case_is_played_to_its_end(play: Play, name: str) -> None:
    run = play(case(name))
    assert run.told()
