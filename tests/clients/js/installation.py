"""
Puts the JavaScript client below .local, once for each lock file.

In: package.json and package-lock.json beside this file.  Out: the folder to name in NODE_PATH.
Rule of this file: a machine without Node.js skips aloud; in CI an installation that fails is a failure.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).parent
LOCAL = HERE.parents[2] / ".local" / "clients-js"
_PATIENCE = 120
_FILES = ("package.json", "package-lock.json", ".npmrc")


def node_path() -> Path:
    """Return the folder of the installed packages; skips the test where Node.js is missing."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("NOT RUN: the JavaScript client needs node and npm; install Node.js 18 or newer")
    text = b"".join((HERE / name).read_bytes() for name in _FILES)
    folder = LOCAL / f"{hashlib.sha256(text).hexdigest()[:16]}-whole"
    if not folder.exists():
        _install(folder)
    return folder / "node_modules"


def _install(folder: Path) -> None:
    """Install beside *folder* and move it there when whole: whoever installs at the same time is not disturbed."""
    LOCAL.mkdir(parents=True, exist_ok=True)
    own = Path(tempfile.mkdtemp(prefix="installing-", dir=LOCAL))
    try:
        for name in _FILES:
            shutil.copy(HERE / name, own / name)
        why = _run(own)
        if not why:
            _move(own, folder)
            return
    finally:
        shutil.rmtree(own, ignore_errors=True)
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(why)
    pytest.skip(f"NOT RUN: the JavaScript client could not be installed: {why}")


def _move(own: Path, folder: Path) -> None:
    try:
        own.rename(folder)
    except OSError:
        # Another was first: a folder with something in it is never replaced, and what is in it is as good as ours.
        if not folder.exists():
            raise


def _run(folder: Path) -> str:
    """Return why `npm ci` failed, or nothing."""
    command = ["npm", "ci"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return f"npm ci was not done within {_PATIENCE} s"
    return f"npm ci ended with {done.returncode}: {' '.join(done.stderr.split())[:300]}" if done.returncode else ""
