"""
Record a release: run its own code until it is killed, and keep its ledger and topics as a fixture.

By hand: `python -m tests.upgrade.record 0.1.0 [FOLDER]` (without a folder: over what the repository has).
In: a release with a `scenario.py`, PostgreSQL's server and pg_dump.  Out: for each database `ledger.sql.gz`,
`topics.jsonl` and `org.json`.
Rule of this file: the release's code runs in a process of its own, in its own worktree; nothing of today's runs there.
"""

import gzip
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fixtures.postgres import SUPERUSER, binaries, running_postgres
from tests.upgrade.releases import Release, release, worktree

SCENARIO_SECONDS = 300
Dump = Callable[[], str]
_NOISE = re.compile(r"^(--.*|\\.*|SET .*|SELECT pg_catalog\.set_config.*|)$")
"""Lines of pg_dump that say how its own client is set up; some of them only a server of its version understands."""


def record(wanted: Release, folder: Path) -> None:
    """Write what the release leaves on SQLite and on PostgreSQL into *folder*. Raises `NotThere`."""
    with worktree(wanted) as tree:
        for name, database in (("sqlite", _sqlite), ("postgresql", _postgresql)):
            target = folder / name
            target.mkdir(parents=True, exist_ok=True)
            with database() as (url, dump):
                _run(wanted, tree, url, target)
                # Without a time and a name inside, the same dump is the same file.
                (target / "ledger.sql.gz").write_bytes(gzip.compress(dump().encode(), mtime=0))


def _run(wanted: Release, tree: Path, url: str, target: Path) -> None:
    scenario, settings = wanted.folder / "scenario.py", wanted.folder / "integrations"
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SIGNALBOX_")}
    subprocess.run(
        [sys.executable, str(scenario), url, str(settings), str(target)],
        cwd=tree,
        env={**kept, "PYTHONPATH": str(tree)},
        timeout=SCENARIO_SECONDS,
        check=True,
    )


@contextmanager
def _sqlite() -> Iterator[tuple[str, Dump]]:
    with tempfile.TemporaryDirectory(prefix="signalbox-record-") as name:
        path = Path(name) / "ledger.db"

        def dump() -> str:
            connection = sqlite3.connect(path)
            try:
                return "\n".join(connection.iterdump()) + "\n"
            finally:
                connection.close()

        yield f"sqlite:///{path}", dump


@contextmanager
def _postgresql() -> Iterator[tuple[str, Dump]]:
    found = binaries()
    if found is None:
        raise SystemExit("PostgreSQL's server is missing (Debian: postgresql)")
    with running_postgres(found) as server:

        def dump() -> str:
            tool = str(found / "pg_dump") if (found / "pg_dump").exists() else shutil.which("pg_dump") or "pg_dump"
            command = [tool, "--inserts", "--no-owner", "--no-privileges", "-h", "127.0.0.1", "-p", str(server.port)]
            done = subprocess.run([*command, "-U", SUPERUSER, "postgres"], capture_output=True, text=True, check=True)
            return "".join(line + "\n" for line in done.stdout.splitlines() if not _NOISE.match(line))

        yield server.url("postgres"), dump


if __name__ == "__main__":
    asked = release(sys.argv[1])
    record(asked, Path(sys.argv[2]) if len(sys.argv) > 2 else asked.folder)
