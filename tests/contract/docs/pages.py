"""The pages for readers, and what can be found in them. Rule of this file: reading alone, no judgement."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
PAGES = (*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md")))
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
COMMAND = re.compile(r"(?:^|`)signalbox ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?[^`\n]*)", re.MULTILINE)


def name(page: Path) -> str:
    """Return the path of *page* in the repository."""
    return page.relative_to(ROOT).as_posix()


def links(page: Path) -> Iterator[str]:
    """Yield what *page* links to, in this repository."""
    for target in LINK.findall(page.read_text("utf-8")):
        if "://" not in target and not target.startswith(("mailto:", "#")):
            yield target


def commands(page: Path) -> Iterator[str]:
    """Yield each use of the command line, as in `signalbox org status`, without the first word."""
    for match in COMMAND.finditer(page.read_text("utf-8")):
        yield match[1].strip()


def first_column(page: Path, heading: str) -> set[str]:
    """Return what stands in backticks in the first column of the tables below *heading*, up to the next one."""
    text = page.read_text("utf-8").split(f"\n{heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("|")]
    return {word for row in rows for word in re.findall(r"`([^`]+)`", row)}
