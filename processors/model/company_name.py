"""
Company names as people write them: when two of them are one company, and how an org is asked for the others.

In: names of events and records, the legal forms that count as such.  Out: normal forms; LIKE patterns.
Rule of this file: pure and total; it compares and never rewrites: what is stored or sent stays as it is written.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from processors.model.visible import visible

LEGAL_FORMS: tuple[str, ...] = (
    "AB", "AG", "AS", "ASA", "A/S", "ApS", "BV", "BVBA", "Corp", "Corporation", "d.o.o.", "e.K.", "e.V.", "EURL", "GbR",
    "gGmbH", "GmbH", "GmbH & Co. KG", "GmbH & Co. KGaA", "Inc", "Incorporated", "K.K.", "Kft", "KG", "KGaA", "Ltd",
    "Limited", "Limitada", "Ltda", "LLC", "LLP", "LP", "NV", "OHG", "Oy", "Oyj", "PLC", "Private Limited", "Pty Ltd",
    "Pvt Ltd", "S.A.", "S. A.", "S.A. de C.V.", "SARL", "SAS", "SASU", "SE", "S.L.", "Sp. z o.o.", "S.p.A.", "S.r.l.",
    "s.r.o.", "UG", "UG (haftungsbeschränkt)", "Zrt",
)  # fmt: skip
"""
The legal forms that are passed over at a name's end, unless an integration names others.

Words that are names as well (`Co`, `Group`, `Private`, `Da`) are none of them: two companies would become one.
"""
_SAME_FORM = {
    "incorporated": "inc",
    "corporation": "corp",
    "limited": "ltd",
    "private limited": "pvt ltd",
    "limitada": "ltda",
    "s a": "sa",
}
_BEFORE = frozenset({("sarl",), ("eurl",), ("sasu",)})
"""Forms that stand before names as well; the others before one are words of it (`AG Insurance`, `SAS Institute`)."""
_JOINED = re.compile(r"(?<=\w)['’`´.](?=\w)|(?<=\b\w)\.|['’`´.]")
_NO_WORD = re.compile(r"[\W_]+")
_MOST_WORDS = 6
_LONGEST_ABBREVIATION = 6
"""Letters of a word that may be written apart, as an abbreviation."""
_SHORTEST = 3
"""Characters of a name that is asked for by how it begins: shorter ones would find too many."""


@dataclass(frozen=True, slots=True)
class Company:
    """A name's normal form: its words without the legal form, and that form, the empty text where it has none."""

    words: tuple[str, ...]
    form: str = ""

    def same_as(self, other: "Company") -> bool:
        """Return whether both may be one company: the same words, and no two different legal forms."""
        return self.words == other.words and (not self.form or not other.form or self.form == other.form)


@lru_cache(maxsize=20_000)
def company(name: str, forms: tuple[str, ...] = LEGAL_FORMS) -> Company | None:
    """
    Return the normal form of *name*, or None where it has no letter and no digit.

    Case, blanks of every kind, Unicode composition, punctuation and a legal form of *forms* do not count. A name that
    is a legal form alone keeps it as its word.
    """
    words = _words(name)
    if not words:
        return None
    for form in _forms(forms):
        size = len(form)
        if size < len(words) and words[-size:] == form:
            return Company(words[:-size], _form(form))
        if size < len(words) and words[:size] == form and form in _BEFORE:
            return Company(words[size:], _form(form))
    return Company(words)


def name_patterns(name: str, forms: tuple[str, ...] = LEGAL_FORMS) -> tuple[str, ...]:
    """
    Return the LIKE patterns (`%` stands for any characters) by which an org finds other writings of *name*.

    At most three: the words in order from the name's beginning, the same behind a legal form, and the letters of a
    short word with dots between (`A.C.M.E.`). None where the name is too short to be asked for by its beginning. What
    they find is compared by `company`.
    """
    known = company(name, forms)
    if known is None:
        return ()
    parts = [part for part in _NO_WORD.split(_composed(name)) if part]
    start, end = _without_form(parts, known)
    # Letters apart (`A.C.M.E.`) begin too many names: they are asked for joined.
    wanted = (parts[start:end] if any(len(part) > 1 for part in parts[start:end]) else list(known.words))[:_MOST_WORDS]
    if sum(map(len, wanted)) < _SHORTEST:
        return ()
    plain = "%".join(map(_literal, wanted)) + "%"
    if len(wanted) == 1 and len(wanted[0]) <= _LONGEST_ABBREVIATION and wanted[0].isalpha():
        apart = ".".join(map(_literal, wanted[0])) + "%"
        return (*_with_form_before(plain, parts[:start] or parts[end:], known), apart)
    return _with_form_before(plain, parts[:start] or parts[end:], known)


def _with_form_before(plain: str, form: Sequence[str], known: Company) -> tuple[str, ...]:
    """Return the pattern of a name, and the one that has it behind its legal form where that may stand before it."""
    if known.form in {" ".join(entry) for entry in _BEFORE}:
        return plain, "%".join(map(_literal, form)) + "%" + plain
    return (plain,)


def same_company(left: str, right: str, forms: tuple[str, ...] = LEGAL_FORMS) -> bool:
    """Return whether two names may be those of one company."""
    first, second = company(left, forms), company(right, forms)
    return first is not None and second is not None and first.same_as(second)


def _composed(name: str) -> str:
    return unicodedata.normalize("NFKC", visible(name)).casefold()


def _words(name: str) -> tuple[str, ...]:
    return tuple(word for word in _NO_WORD.split(_JOINED.sub("", _composed(name))) if word)


@lru_cache(maxsize=100)
def _forms(forms: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Return legal forms as words, the longest first."""
    return tuple(sorted({words for form in forms if (words := _words(form))}, key=lambda entry: (-len(entry), entry)))


def _form(words: Sequence[str]) -> str:
    text = " ".join(words)
    return _SAME_FORM.get(text, text)


def _without_form(parts: Sequence[str], known: Company) -> tuple[int, int]:
    """Return where in *parts* the name without its legal form begins and ends: as much as makes up its words."""
    name = "".join(known.words)
    for start in range(len(parts)):
        for end in range(len(parts), start, -1):
            if "".join(parts[start:end]) == name:
                return start, end
    return 0, len(parts)


def _literal(part: str) -> str:
    """Return a word as a pattern has it: what has more than one Unicode form is left open, but for the first letter."""
    return part[0] + "".join("%" if unicodedata.normalize("NFD", text) != text else text for text in part[1:])
