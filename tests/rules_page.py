"""
The page of the rules: each rule ID, what it means, where it lives, what proves it.

In: rule tables, scenarios, names of tests, docs/rules.toml.  Out: docs/rules.md, by `python -m tests.rules_page`.
Rule of this file: words and places outside the tables come from rules.toml; all else is read from the code.
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

from processors.deciding.rule_table import Table
from processors.sources.rule_book import BOOK
from tests.unit.deciding.rules.cases import SCENARIOS

ROOT = Path(__file__).parents[1]
PAGE, WORDS = ROOT / "docs/rules.md", ROOT / "docs/rules.toml"
_ID = re.compile(r"(vs|ji|ll|sp|xb)_(\d+)(?:_|$)")
_LAST = re.compile(r"_(vs|ji|ll|sp|xb)_(\d+)$")
_HEAD = """# The rules, one by one

Written by `.venv/bin/python -m tests.rules_page` from the rule tables, the scenarios, the names of tests and
[rules.toml](rules.toml); a test fails when this page says anything else than they do.

What it covers: call results, bookings, prospects, field sales, telephone calls and what users do by hand.

- **kind**: P processing, C settings, N notices and operations, L number or limit, R what is read from Salesforce or
  flows back, U screens of the source application, A advice, D gap or slip in the source's text.
- **lives in**: a rule table and its number of rows, or the module that follows the rule.
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
    at: tuple[str, ...] = ()
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
        Source(one["title"], one["page"], tuple(_rule(name, said) for name, said in one["rules"].items()))
        for one in told["source"]
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


@cache
def scenarios() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """Return the names of the scenarios of each rule, by their file."""
    home = {}
    for file in sorted((ROOT / "tests/unit/deciding/rules").glob("cases_*.py")):
        for value in vars(import_module(f"tests.unit.deciding.rules.{file.stem}")).values():
            for one in value if isinstance(value, list) else ():
                home[id(one)] = file.relative_to(ROOT).as_posix()
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for one in SCENARIOS:
        for rule in one.rules:
            found[rule][home[id(one)]].append(one.name.partition(":")[2].strip())
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
    carry = {one for one in tests() if rule.id in named_in(one.partition("::")[2])}
    return sorted(carry | set(rule.tests))


def text(told: Sequence[Source]) -> str:
    """Return the page."""
    parts = [_HEAD]
    for source in told:
        parts.append(f"\n## {source.title}\n\n{source.page}\n\n| rule | kind | means | lives in | proven by |\n")
        parts.append("|---|---|---|---|---|\n")
        for rule in source.rules:
            places = f"out of scope: {rule.out}" if rule.out else "<br>".join(_places(rule))
            parts.append(f"| {rule.id} | {rule.kind} | {rule.means} | {places} | {'<br>'.join(_proven(rule))} |\n")
    return "".join(parts)


def _places(rule: Rule) -> Iterator[str]:
    for (file, table), count in rows().get(rule.id, {}).items():
        yield f"[{Path(file).name}](../{file}) table `{table}`, {_count(count, 'row')}"
    yield from (f"[{file}](../{file})" for file in rule.at)


def _proven(rule: Rule) -> Iterator[str]:
    for file, names in scenarios().get(rule.id, {}).items():
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        yield f"[{Path(file).name}](../{file}): “{names[0]}”{more}"
    yield from (f"`{one}`" for one in proofs(rule))


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


if __name__ == "__main__":
    PAGE.write_text(text(sources()), "utf-8")
    print(f"{PAGE.relative_to(ROOT)} is written")
