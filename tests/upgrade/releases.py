"""
The releases of `releases.toml`, and a worktree of one of them.

In: the table of releases.  Out: values, and a folder with a release's code.
Rule of this file: git alone; what a release's code is run for is not known here.
"""

import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


class NotThere(Exception):
    """A release's code cannot be had here; the text says why, and what helps."""


@dataclass(frozen=True, slots=True)
class Release:
    """One release; `folder` holds what was recorded with it."""

    version: str
    commit: str
    date: date

    @property
    def folder(self) -> Path:
        """The folder of its recording."""
        return HERE / f"release_{self.version.replace('.', '_')}"


def releases() -> tuple[Release, ...]:
    """Return all releases, oldest first."""
    table = tomllib.loads((HERE / "releases.toml").read_text("utf-8"))
    return tuple(Release(**entry) for entry in table["release"])


def release(version: str) -> Release:
    """Return the release of that version; raises KeyError where there is none."""
    return {each.version: each for each in releases()}[version]


def file_of(wanted: Release, path: str) -> str:
    """Return a file's text as it was released. Raises `NotThere`."""
    _find(wanted)
    return _git("show", f"{wanted.commit}:{path}")


@contextmanager
def worktree(wanted: Release) -> Iterator[Path]:
    """
    Check a release out into a folder of its own, for as long as the context lasts.

    Raises:
        NotThere: This is no git repository, or a shallow clone without the release's commit.
    """
    _find(wanted)
    with tempfile.TemporaryDirectory(prefix=f"signalbox-{wanted.version}-") as name:
        folder = Path(name) / "tree"
        _git("worktree", "add", "--detach", "--quiet", str(folder), wanted.commit)
        try:
            yield folder
        finally:
            _git("worktree", "remove", "--force", str(folder))


def _find(wanted: Release) -> None:
    if not (ROOT / ".git").exists():
        raise NotThere(f"release {wanted.version}: this is no git repository, so that its code cannot be checked out")
    try:
        _git("cat-file", "-e", f"{wanted.commit}^{{commit}}")
    except NotThere as missing:
        shallow = _git("rev-parse", "--is-shallow-repository").strip() == "true"
        help_ = "this clone is shallow; run: git fetch --unshallow" if shallow else "its commit is not in this clone"
        raise NotThere(f"release {wanted.version} ({wanted.commit[:12]}): {help_}") from missing


def _git(*arguments: str) -> str:
    git = shutil.which("git")
    if git is None:
        raise NotThere("git is not installed")
    done = subprocess.run([git, "-C", str(ROOT), *arguments], capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise NotThere(f"git {arguments[0]}: {done.stderr.strip()}")
    return done.stdout
