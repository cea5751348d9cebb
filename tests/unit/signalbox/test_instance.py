"""Names of processes: made once, kept, held by one process at a time."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from processors.model.errors import Misconfigured
from signalbox.instance import InstanceName, RunningProcess, running_processes, take_name

Take = Callable[..., InstanceName]


@pytest.fixture
def take(tmp_path: Path) -> Iterator[Take]:
    """Return a function that takes a name; what is held at the end of the test is let go."""
    numbers = count(1)
    held: list[InstanceName] = []

    def taken(wanted: str = "", process: str = "executor", folder: Path = tmp_path) -> InstanceName:
        held.append(take_name(folder, process, wanted, lambda: f"n{next(numbers)}"))
        return held[-1]

    yield taken
    for instance_name in held:
        instance_name.release()


def test_a_name_is_made_once_and_kept(take: Take, tmp_path: Path) -> None:
    first = take(folder=tmp_path / "state")
    assert (first.name, first.proven) == ("n1", False)
    first.prove()
    first.release()
    again = take(folder=tmp_path / "state")
    assert (again.name, again.proven) == ("n1", True)


def test_two_processes_of_one_folder_have_two_names_and_keep_both(take: Take) -> None:
    names = [take() for _ in range(2)]
    assert [instance_name.name for instance_name in names] == ["n1", "n2"]
    for name in names:
        name.release()
    names = [take() for _ in range(2)]
    assert [instance_name.name for instance_name in names] == ["n1", "n2"]


def test_a_wanted_name_that_runs_from_this_folder_is_refused_with_the_setting(take: Take) -> None:
    held = take("a/b")
    assert held.name == "a/b"
    with pytest.raises(Misconfigured, match="instance: executor 'a/b' runs already"):
        take("a/b")
    assert take("a/b", "audit").name == "a/b"


def test_a_name_is_proven_only_after_a_start_that_found_no_other_and_until_it_is_fenced(take: Take) -> None:
    for note, proven in ((None, False), ("prove", True), ("fenced", False), (None, False)):
        taken = take("x")
        if note is not None:
            getattr(taken, note)()
        taken.release()
        again = take("x")
        assert again.proven is proven, note
        again.release()


def test_without_a_folder_a_name_lasts_for_this_start(take: Take, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    assert [take(folder=blocked).name for _ in range(2)] == ["n1", "n2"]
    named = take("x", folder=blocked)
    named.prove()
    named.fenced()
    assert (named.name, named.proven) == ("x", False)


def test_the_processes_of_a_folder_are_those_that_hold_a_name_there(take: Take, tmp_path: Path) -> None:
    executor, ended = take(), take(process="intake")
    take("a/b", "audit")
    executor.runs("abc")
    ended.release()
    (tmp_path / "reload").write_text("somebody asks")

    assert running_processes(tmp_path) == [RunningProcess("audit", "a/b", ""), RunningProcess("executor", "n1", "abc")]
    assert running_processes(tmp_path / "missing") == []


def test_what_a_process_runs_says_nothing_of_its_name(take: Take) -> None:
    first = take("x")
    first.runs("abc")
    first.prove()
    first.release()

    again = take("x")
    assert (again.name, again.proven) == ("x", True)
    again.fenced()
    again.runs("abd")
    again.release()
    assert not take("x").proven
