"""The table of releases: each names the commit that was released, which can be checked out, and has its recording."""

from pathlib import Path

import pytest

from tests.upgrade import releases
from tests.upgrade.releases import NotThere, Release

ALL = pytest.mark.parametrize("wanted", releases.releases(), ids=lambda item: item.version)


@ALL
def test_a_release_names_the_commit_of_its_version_and_the_changelog_its_date(wanted: Release) -> None:
    assert f"## [{wanted.version}] - {wanted.date}" in (releases.ROOT / "CHANGELOG.md").read_text("utf-8")
    assert len(wanted.commit) == 40
    try:
        released = releases.file_of(wanted, "pyproject.toml")
    except NotThere as missing:
        pytest.skip(str(missing))
    assert f'\nversion = "{wanted.version}"\n' in released


@ALL
def test_a_release_has_its_recording_on_both_databases(wanted: Release) -> None:
    assert (wanted.folder / "scenario.py").exists()
    assert list((wanted.folder / "integrations").glob("*.yaml"))
    for database in ("sqlite", "postgresql"):
        found = {path.name for path in (wanted.folder / database).iterdir()}
        assert found == {"ledger.sql.gz", "topics.jsonl", "org.json"}


def test_a_worktree_holds_the_code_of_its_release_and_is_removed() -> None:
    wanted = releases.release("0.1.0")
    try:
        with releases.worktree(wanted) as tree:
            assert '\nversion = "0.1.0"\n' in (tree / "pyproject.toml").read_text("utf-8")
            assert (tree / "processors" / "ledger.py").exists()
    except NotThere as missing:
        pytest.skip(str(missing))
    assert not tree.exists()


def test_a_release_whose_commit_is_not_here_is_told_with_what_helps() -> None:
    away = Release("0.0.1", "0" * 40, releases.release("0.1.0").date)
    with pytest.raises(NotThere, match=r"release 0\.0\.1"), releases.worktree(away):
        pass


def test_outside_a_repository_no_release_can_be_checked_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(releases, "ROOT", tmp_path)
    with pytest.raises(NotThere, match="no git repository"), releases.worktree(releases.release("0.1.0")):
        pass
