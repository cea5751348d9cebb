"""
Normal forms: what makes two e-mails or record IDs the same one; of field values, see `stored_form.py`.

In: text and scalars as sources and orgs write them.  Out: one form each, or None where there is nothing to compare.
Rule of this file: pure and total; no input raises.
"""

import re
from typing import Any

from processors.model.visible import visible

_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_IN_BRACKETS = re.compile(r"<\s*([^<>\s]+@[^<>\s]+)\s*>")
_QUOTED_NAME = re.compile(r'"[^"]*"\s*$')
_AROUND = " \t\"'<>,;."
ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+"
)
"""An e-mail address as Salesforce takes it."""
_AMONG_OTHERS = re.compile(rf"(?:^|[()\[<,;:|\"'])\s*({ADDRESS.pattern})(?=\.?(?:[\s()\]>,;|/\"'?]|$))")
_BESIDE_AT = re.compile(r"\s*@\s*")
_WIDE = str.maketrans({"＠": "@", "．": ".", "﹫": "@"})
NUMBERS = frozenset({"int", "double", "currency", "percent", "long"})


def is_blank(value: Any) -> bool:
    """Return whether *value* says nothing: None, or text without a character to see. False and 0 are values (LL-14)."""
    return value is None or (isinstance(value, str) and not visible(value).strip())


def bare_address(text: str | None) -> str | None:
    """
    Return the bare address of an e-mail as people and mail programs write it, its case kept; None where it is empty.

    `Name <a@b>`, `mailto:`, invisible characters, blanks beside the `@`, and what stands around it are read. Of several
    addresses it is the first; a word before one, with a blank alone between, may be part of it. An address that stands
    as the name of another one (`"a@b" <c@d>`) is a name. What holds no address stays as it is, so that whoever takes it
    can refuse it.
    """
    shown = visible(text or "").strip().translate(_WIDE)
    if "@" not in shown:
        return shown or None
    inside = _IN_BRACKETS.search(shown)
    if inside and (earlier := _before(shown[: inside.start()])):
        return earlier
    bare = (inside[1] if inside else shown).strip(_AROUND)
    bare = bare[len("mailto:") :] if bare.casefold().startswith("mailto:") else bare
    if bare and not ADDRESS.fullmatch(bare):
        first = _first(shown)
        return first[1] if first else bare
    return bare or None


def _first(text: str) -> re.Match[str] | None:
    return _AMONG_OTHERS.search(_BESIDE_AT.sub("@", text.replace("&lt;", "<").replace("&gt;", ">")))


def _before(text: str) -> str | None:
    """Return the first address of what stands before a bracket; None where it is the name of the bracket's address."""
    found = _first(_QUOTED_NAME.sub("", text))
    return found[1] if found and found.string[found.end() :].strip(" \t\"'()[]") else None


def email(text: str | None) -> str | None:
    """Return the e-mail's bare address case-folded, or None where it is empty (JI-24; SOQL compares without case)."""
    found = bare_address(text)
    return found.casefold() if found else None


def without_tag(text: str | None) -> str | None:
    """Return the e-mail as `email` does, and without the tag of plus addressing: `a+tag@b` is `a@b`."""
    found = email(text)
    if found is None:
        return None
    local, at, domain = found.rpartition("@")
    name = local.partition("+")[0]
    return f"{name}@{domain}" if at and name else found


def text_key(value: Any) -> str | None:
    """Return text as SOQL compares it: trimmed, without case; None where it is empty."""
    return None if value is None else str(value).strip().casefold() or None


def record_id(text: str | None) -> str | None:
    """
    Return the 18-character form of a Salesforce record ID, or None where *text* is none.

    Fifteen characters get their checksum; eighteen are checked, their checksum without case.
    """
    raw = (text or "").strip()
    if not raw.isascii() or not _ID.fullmatch(raw):
        return None
    base = raw[:15]
    suffix = "".join(
        _SUFFIX[sum(1 << place for place, char in enumerate(base[start : start + 5]) if char.isupper())]
        for start in (0, 5, 10)
    )
    return base + suffix if raw[15:].upper() in ("", suffix) else None


def names_user(value: object) -> bool:
    """Return whether a mapped owner is an e-mail or a user name, to be looked up, and no record ID (decision 0085)."""
    return "@" in str(value or "")
