"""
The page of the rules: each rule ID, what it means, where it lives, what proves it.

In: rule tables, scenarios, names of tests, docs/rules.toml, the code.  Out: docs/rules.md, by
`python -m tests.rules_page`.
Rule of this file: the words come from rules.toml; places are found where the code says a rule's ID.
"""

import ast
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from processors.model.rule_table import Table
from processors.sources.rule_book import BOOK
from tests.unit.deciding.rules.cases import SCENARIOS

ROOT = Path(__file__).parents[1]
PAGE, WORDS = ROOT / "docs/rules.md", ROOT / "docs/rules.toml"
PLACES = ("bench", "connectors", "deploy", "processors", "schemas", "signalbox")
_READ = frozenset({".avsc", ".py", ".xml", ".yaml", ".yml"})
_TOLD_AGAIN = ("schemas/contracts/released/", "signalbox/demo/")
"""Copies of contracts, and the demo that tells of rules: nothing is decided there."""
_SAID = re.compile(r"\b(VS|JI|LL|SP|XB|EG|BK|OW)-(\d+)(?:[\s#]+to[\s#]+\1-(\d+))?|\b(?:1[FG]|ONE)-[a-z_]+")
LONGEST = 10
"""A longer range ("JI-1 to JI-27") names the source that a module is about: no place of each of its rules."""
_ID = re.compile(r"(vs|ji|ll|sp|xb|ow|bk)_(\d+)(?:_|$)")
_LAST = re.compile(r"_(vs|ji|ll|sp|xb|ow|bk)_(\d+)$")
_HEAD = """# The rules, one by one

Written by `.venv/bin/python -m tests.rules_page` from the rule tables, the scenarios, the names of tests and
[rules.toml](rules.toml); a test fails when this page says anything else than they do.

What it covers: call results, bookings, prospects, field sales, telephone calls and what users do by hand.

- **kind**: P processing, C settings, N notices and operations, L number or limit, R what is read from Salesforce or
  flows back, U screens of the source application, A advice, D gap or slip in the source's text.
- **lives in**: rule tables with the number of rows, and every file that says the rule's ID where it follows the rule.
- **proven by**: scenarios (given, when, then: `tests/unit/deciding/rules/test_scenarios.py` runs each one, and
  `tests/unit/deciding/rules/test_negation.py` changes each row of each table and sees a scenario of its rule turn
  red); and tests.
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as rules.toml tells it; *out* says why it is out of scope."""

    id: str
    kind: str
    means: str
    tests: tuple[str, ...] = ()
    out: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """The rules of one source."""

    title: str
    page: str
    rules: tuple[Rule, ...]


def sources(words: Mapping[str, Any] | None = None) -> tuple[Source, ...]:
    """Return what rules.toml says; raise `TypeError` for a key that it may not have."""
    told = words if words is not None else tomllib.loads(WORDS.read_text("utf-8"))
    return tuple(
        Source(item["title"], item["page"], tuple(_rule(name, said) for name, said in item["rules"].items()))
        for item in told["source"]
    )


def _rule(name: str, said: Mapping[str, Any]) -> Rule:
    lists: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in said.items()}
    return Rule(id=name, **lists)


@cache
def rows() -> Mapping[str, Mapping[tuple[str, str], int]]:
    """Return how many rows of which table (its file and name) carry each rule."""
    found: dict[str, dict[tuple[str, str], int]] = defaultdict(lambda: defaultdict(int))
    for file in sorted((ROOT / "processors").glob("**/*rules.py")):
        for table in _tables(file):
            for row in table.rows:
                found[row.rule][file.relative_to(ROOT).as_posix(), table.name] += 1
    return found


def _tables(file: Path) -> Iterator[Table]:
    for value in vars(import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))).values():
        if isinstance(value, Table) and BOOK.tables.get(value.name) is value:
            yield value


def said(text: str) -> frozenset[str]:
    """Return the rules whose IDs *text* holds, each of a range of at most `LONGEST` rules too."""
    found = set()
    for occurrence in _SAID.finditer(text):
        if occurrence[1] is None:
            found.add(occurrence[0])
        elif (last := int(occurrence[3] or occurrence[2])) - (first := int(occurrence[2])) < LONGEST:
            found |= {f"{occurrence[1]}-{number}" for number in range(first, last + 1)}
    return frozenset(found)


@cache
def places() -> Mapping[str, Sequence[str]]:
    """Return the files whose text holds the ID of each rule."""
    found: dict[str, list[str]] = defaultdict(list)
    for file in sorted(path for room in PLACES for path in (ROOT / room).rglob("*") if path.suffix in _READ):
        name = file.relative_to(ROOT).as_posix()
        if not name.startswith(_TOLD_AGAIN):
            for rule in said(file.read_text("utf-8")):
                found[rule].append(name)
    return found


@cache
def scenarios() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """Return the names of the scenarios of each rule, by their file."""
    home = {}
    for file in sorted((ROOT / "tests/unit/deciding/rules").glob("cases_*.py")):
        for value in vars(import_module(f"tests.unit.deciding.rules.{file.stem}")).values():
            for item in value if isinstance(value, list) else ():
                home[id(item)] = file.relative_to(ROOT).as_posix()
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for scenario in SCENARIOS:
        for rule in scenario.rules:
            found[rule][home[id(scenario)]].append(scenario.name.partition(":")[2].strip())
    return found


def named_in(name: str) -> list[str]:
    """Return the rules that a test's name begins or ends with: `test_ji_19_ji_20_moved` proves JI-19 and JI-20."""
    rest, found = name.removeprefix("test_"), []
    while start := _ID.match(rest):
        found.append(f"{start[1].upper()}-{start[2]}")
        rest = rest[start.end() :]
    if last := _LAST.search(rest):
        found.append(f"{last[1].upper()}-{last[2]}")
    return found


@cache
def tests() -> frozenset[str]:
    """Return every test function of the repository, as `file::name`."""
    found = set()
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                found.add(f"{file.relative_to(ROOT).as_posix()}::{node.name}")
    return frozenset(found)


def proofs(rule: Rule) -> list[str]:
    """Return the tests that prove a rule: those that carry its ID, and those that rules.toml names."""
    carry = {test for test in tests() if rule.id in named_in(test.partition("::")[2])}
    return sorted(carry | set(rule.tests))


def text(told: Sequence[Source]) -> str:
    """Return the page."""
    parts = [_HEAD]
    for source in told:
        parts.append(f"\n## {source.title}\n\n{source.page}\n\n| rule | kind | means | lives in | proven by |\n")
        parts.append("|---|---|---|---|---|\n")
        for rule in source.rules:
            where = f"out of scope: {rule.out}" if rule.out else "<br>".join(_places(rule))
            parts.append(f"| {rule.id} | {rule.kind} | {rule.means} | {where} | {'<br>'.join(_proven(rule))} |\n")
    return "".join(parts)


def _places(rule: Rule) -> Iterator[str]:
    tables = rows().get(rule.id, {})
    for (file, table), count in tables.items():
        yield f"[{file}](../{file}) table `{table}`, {_count(count, 'row')}"
    in_tables = {file for file, _ in tables}
    yield from (f"[{file}](../{file})" for file in places().get(rule.id, ()) if file not in in_tables)


def _proven(rule: Rule) -> Iterator[str]:
    for file, names in scenarios().get(rule.id, {}).items():
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        yield f"[{Path(file).name}](../{file}): “{names[0]}”{more}"
    yield from (f"`{proof}`" for proof in proofs(rule))


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


if __name__ == "__main__":
    PAGE.write_text(text(sources()), "utf-8")
    print(f"{PAGE.relative_to(ROOT)} is written")
