"""The glossary holds: a retired word is no name in the code and no term in a document, and no name means two things."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.contract.docs import pages

GLOSSARY = pages.DOCS / "glossary.md"
PACKAGES = ("bench", "connectors", "processors", "schemas", "signalbox", "simulator")
SHARED = ("connectors", "processors", "schemas", "signalbox")
"""Packages whose public names are each one thing. The simulator and the bench import nothing of it, or are scripts."""
TERMS = {
    "desk": r"\bdesk\b",
    "thing": r"\bsource's things?\b|\bsource's own thing\b",
    "letter": r"(?<!dead )(?<!dead-)(?<!small )(?<!two )\bletters?\b(?! by)",
    "parcel": r"\bparcels?\b",
    "hand_over": r"\bhand(s|ed)? over\b|\bhandover\b",
    "heart": r"\bheart\b",
    "surroundings": r"\bsurroundings\b",
    "orphan": r"\borphans?\b",
    "speaker": r"\bspeakers?\b",
    "companion": r"\bcompanions?\b",
    "clocks": r"\bfield clocks?\b",
    "episode": r"\bepisodes?\b",
    "first_load": r"\bfirst loads?\b",
    "way_back": r"\bthe way back\b",
    "cycle": r"\bcycles?\b",
}
"""The retired words that are also looked for in documents: as what. All others are common words of English."""

IN_DATA = {"desk", "letter"}
"""Of them, those that are common words in the data and the comments of the code."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name that the code defines: in which file, and whether others may use it."""

    text: str
    file: str
    public: bool

    @property
    def parts(self) -> str:
        """The name in words: `FirstLoad` and `first_load` are `_first_load_`."""
        return in_words(self.text)


@cache
def in_words(text: str) -> str:
    """Return a name's words, each between underscores."""
    return f"_{re.sub(r'(?<=[a-z0-9])(?=[A-Z])', '_', text).lower().strip('_')}_"


@cache
def tree(file: Path) -> ast.Module:
    """Return a file of the code, parsed once."""
    return ast.parse(file.read_text("utf-8"))


@cache
def code() -> str:
    """Return all code that shares names."""
    return "\n".join(path.read_text("utf-8") for package in SHARED for path in (pages.ROOT / package).rglob("*.py"))


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table below a heading of the glossary."""
    section = GLOSSARY.read_text("utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


def defined(file: Path) -> Iterator[Name]:
    """Yield the names that a file defines: itself, classes, functions, arguments, variables, fields."""
    at = file.relative_to(pages.ROOT).as_posix()
    yield Name(file.stem, at, public=True)
    nodes = list(ast.walk(tree(file)))
    fields = {id(part.target) for item in nodes if isinstance(item, ast.ClassDef) for part in item.body
              if isinstance(part, ast.AnnAssign)}  # fmt: skip
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield Name(node.name, at, public=not node.name.startswith("_"))
        elif isinstance(node, ast.arg):
            yield Name(node.arg, at, public=False)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield Name(node.id, at, public=id(node) in fields)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield Name(node.attr, at, public=False)


@cache
def names() -> tuple[Name, ...]:
    """Return every name that the code defines."""
    files = sorted(file for package in PACKAGES for file in (pages.ROOT / package).rglob("*.py"))
    return tuple(name for file in files for name in defined(file))


def is_retired(name: Name, word: str, how: str) -> bool:
    """Whether *name* is, or holds, the retired *word*."""
    if how == "whole":
        return name.public and name.parts == f"_{word}_"
    parts = name.parts.replace("_dead_letter", "_dead_message").replace("heartbeat", "beat")
    return re.search(rf"_{word}(s|es)?_", parts) is not None


def stays(name: Name) -> bool:
    """Whether the glossary lists *name* as one that stays, where it stands."""
    return name.file.startswith(places().get(name.text, ("-",)))


@cache
def places() -> Mapping[str, tuple[str, ...]]:
    """Return the files and folders where the names stand that stay, by name; none where the code has only a text."""
    listed = rows("Names that stay")
    return {name: tuple(re.findall(r"(?:connectors|processors|schemas)/[\w/.]*", where)) for name, where, _ in listed}


@pytest.mark.parametrize(("word", "how"), [row[:2] for row in rows("Retired words")])
def test_a_retired_word_is_no_name(word: str, how: str) -> None:
    assert how in {"part", "whole"}
    found = [name for name in names() if is_retired(name, word, how) and not stays(name)]
    assert [f"{name.file}: {name.text}" for name in found] == []


@pytest.mark.parametrize("name", places())
def test_a_name_that_stays_is_still_there(name: str) -> None:
    files = places()[name]
    in_code = [file for file in files if file.endswith(".py")]
    missing = [file for file in in_code if not any(item.text == name and item.file == file for item in names())]
    assert missing == []
    assert in_code or re.search(rf"\b{name}\b", code())


@pytest.mark.parametrize("page", [page for page in pages.PAGES if page.name not in {"glossary.md", "CHANGELOG.md"}],
                         ids=lambda page: page.name)  # fmt: skip
def test_a_retired_word_is_no_term_of_a_page(page: Path) -> None:
    text = re.sub(r"`[^`]*`|\]\([^)]*\)", "", page.read_text("utf-8"))
    found = [f"{word}: {hit[0]}" for word, term in TERMS.items() for hit in re.finditer(term, text, re.IGNORECASE)]
    assert found == []


@pytest.mark.parametrize("package", PACKAGES)
def test_a_retired_word_is_no_term_of_the_code(package: str) -> None:
    files = [path for path in sorted((pages.ROOT / package).rglob("*.py")) if "versions" not in path.parts]
    found = [
        f"{file.relative_to(pages.ROOT)}: {hit[0]}"
        for file in files
        for term in (TERMS[word] for word in TERMS if word not in IN_DATA)
        for hit in re.finditer(term, file.read_text("utf-8"), re.IGNORECASE)
    ]
    assert found == []


def test_what_is_looked_for_in_pages_is_retired() -> None:
    assert set(TERMS) <= {word for word, *_ in rows("Retired words")}


def test_no_public_name_means_two_things() -> None:
    homes: dict[str, set[str]] = defaultdict(set)
    for package in SHARED:
        for file in (path for path in (pages.ROOT / package).rglob("*.py") if "versions" not in path.parts):
            for node in tree(file).body:
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name[0] != "_":
                    homes[node.name].add(file.relative_to(pages.ROOT).as_posix())
    several = {
        name: sorted(files) for name, files in homes.items() if len(files) > 1 and "migrations" not in str(files)
    }
    listed = {name for name, _ in rows("One name in several modules")}
    assert {name: files for name, files in several.items() if name not in listed} == {}
    assert listed - several.keys() == set(), "listed, and no longer in several modules"


@pytest.mark.parametrize(
    ("text", "word", "how", "retired"),
    [
        ("FirstLoad", "first_load", "part", True),
        ("first_load_seconds", "first_load", "part", True),
        ("dead_letters", "letter", "part", False),
        ("letters_to", "letter", "part", True),
        ("Heartbeat", "heart", "part", False),
        ("told", "told", "whole", True),
        ("told_all", "told", "whole", False),
    ],
)
def test_a_name_is_read_by_its_words(text: str, word: str, how: str, retired: bool) -> None:
    assert is_retired(Name(text, "processors/a.py", public=True), word, how) is retired
