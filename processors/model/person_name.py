"""
A whole name as first and last name, for fields that want them apart.

In: the name as the source writes it, the locale of the integration.  Out: first name and last name.
Rule of this file: pure, and a guess by few rules that the documentation states; a name is never lost, since what is
not told apart is the last name. `docs/decisions/0083-names-numbers-and-lists.md`.
"""

import re
import unicodedata

_TITLES = frozenset(
    (
        "mr",
        "mrs",
        "ms",
        "miss",
        "mx",
        "dr",
        "prof",
        "sir",
        "dame",
        "herr",
        "frau",
        "hr",
        "mme",
        "mlle",
        "sr",
        "sra",
        "srta",
        "dott",
        "ing",
        "mag",
    )
)
_SUFFIXES = frozenset(("jr", "sr", "ii", "iii", "iv", "phd", "md", "esq", "mba", "cpa", "dds"))
_PARTICLES = frozenset(
    (
        "van",
        "von",
        "vom",
        "zu",
        "zum",
        "zur",
        "de",
        "der",
        "den",
        "del",
        "della",
        "di",
        "da",
        "das",
        "do",
        "dos",
        "du",
        "la",
        "le",
        "ter",
        "ten",
        "bin",
        "ibn",
        "al",
    )
)
_BRACKETED = re.compile(r"\s\([^()]*\)|\s\[[^\[\]]*\]")
_FAMILY_FIRST = frozenset(("hu", "ja", "ko", "vi", "zh"))
"""Languages that write the family name first."""
_FAMILY_FIRST_SCRIPTS = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL")


def is_given(name: str | None) -> bool:
    """Return whether a part of the name is there and not blank."""
    return bool(name and name.strip())


def split(full: str, locale: str) -> tuple[str | None, str | None]:
    """
    Return first and last name of a whole one; (None, None) where it is blank.

    Titles in front are left out, and what stands in brackets (`(she/her)`). `Doe, Jane` names the family first; so do
    names in Chinese, Japanese or Korean script, and all names where *locale* is Hungarian, Japanese, Korean, Vietnamese
    or Chinese. Otherwise the last word is the family's, with particles (`van`, `de`) before it and suffixes (`Jr.`)
    behind it. One word is the last name.
    """
    full = _BRACKETED.sub(" ", full).strip() or full
    family, comma, given = " ".join(full.split()).partition(",")
    if comma and given.strip() and not _all(given.split(), _SUFFIXES):
        return _joined(_untitled(given.split())), _joined(_untitled(family.split()))
    words = _untitled(full.replace(",", " ").split())
    if len(words) < 2:
        return None, _joined(words)
    if _family_first("".join(words), locale):
        return _joined(words[1:]), words[0]
    start = len(words) - 1
    while start > 1 and _bare(words[start]) in _SUFFIXES:
        start -= 1
    while start > 1 and _bare(words[start - 1]) in _PARTICLES:
        start -= 1
    return _joined(words[:start]), _joined(words[start:])


def _untitled(words: list[str]) -> list[str]:
    """Return the words of a name without titles in front; the last word is never one."""
    while len(words) > 1 and _bare(words[0]) in _TITLES:
        words = words[1:]
    return words


def _family_first(text: str, locale: str) -> bool:
    if locale.replace("_", "-").partition("-")[0].lower() in _FAMILY_FIRST:
        return True
    names = [unicodedata.name(item, "") for item in text if item.isalpha()]
    return bool(names) and all(name.startswith(_FAMILY_FIRST_SCRIPTS) for name in names)


def _all(words: list[str], known: frozenset[str]) -> bool:
    return all(_bare(word) in known for word in words)


def _bare(word: str) -> str:
    return word.replace(".", "").casefold()


def _joined(words: list[str]) -> str | None:
    return " ".join(words) or None
