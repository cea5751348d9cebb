"""
The page `docs/salesforce-errors.md`, made from the table that the connector goes by.

In: `connectors/salesforce/error_table.py`.  Out: the page as text; `python -m tests.errors_page` writes it.
Rule of this file: nothing of the page is written by hand.
"""

from pathlib import Path

from connectors.salesforce.error_table import DONE, ROWS, ErrorRow, Kind

PAGE = Path(__file__).parents[1] / "docs" / "salesforce-errors.md"

_HEAD = """# Errors of Salesforce

What Signalbox does about each error of Salesforce, and what a person does. This page is made from
`connectors/salesforce/error_table.py` by `python -m tests.errors_page`.

The code decides; where a row has words, they must stand in the message. A code that is not listed is a refusal of its
record. Source: *facts* is Salesforce's documentation, *seen* an answer of a real org in a public report.
"""

_TITLES: dict[Kind, str] = {
    "lock": "A record is tried again",
    "smaller": "Sent again in smaller parts",
    "org": "The whole org waits",
    "doubt": "May have been applied",
    "transient": "The call is made again",
    "refusal": "The record is refused",
    "bug": "The request is wrong",
}


def page() -> str:
    """Return the whole page."""
    return "\n".join([_HEAD, *(_section(kind, title) for kind, title in _TITLES.items())])


def _section(kind: Kind, title: str) -> str:
    rows = sorted((row for row in ROWS if row.kind == kind), key=lambda row: (row.code, not row.words))
    done = DONE[kind][0].upper() + DONE[kind][1:] if DONE[kind][0].isalpha() else DONE[kind]
    head = ["| code | words in the message | what it means | what to do | source |", "|---|---|---|---|---|"]
    return "\n".join([f"## {title}", "", f"{done}.", "", *head, *map(_line, rows), ""])


def _line(row: ErrorRow) -> str:
    words = "`" + row.words.replace("|", "\\|") + "`" if row.words else ""
    return f"| `{row.code}` | {words} | {row.means} | {row.todo} | {row.source} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
