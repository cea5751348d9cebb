"""
Clients that are too large for every run: the `sf` command line, nforce.

In: what a person has put below .local.  Out: their folder, and the node that runs them.
Rule of this file: nothing is installed here; without them their tests are skipped, and say how to get them.
"""

import shutil
from pathlib import Path

import pytest

from tests.clients.js.installation import LOCAL

OTHERS = LOCAL.parent / "clients-other"
HOW = "npm install --prefix .local/clients-other @salesforce/cli nforce node@22"


def other_client(package: str) -> Path:
    """Return the folder of the installed *package*; skips the test where it is not there."""
    found = OTHERS / "node_modules" / package
    if not found.exists() or not node():
        pytest.skip(f"NOT RUN: {package} is not installed; {HOW}")
    return found


def node() -> str | None:
    """Return the node of its own that stands beside them, else that of this machine."""
    own = OTHERS / "node_modules" / "node" / "bin" / "node"
    return str(own) if own.exists() else shutil.which("node")
