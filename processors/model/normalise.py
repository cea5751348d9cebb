"""
Normal forms: what makes two e-mails, telephone numbers, record IDs or field values the same one.

In: text and scalars as sources and orgs write them.  Out: one form each, or None where there is nothing to compare.
Rule of this file: pure and total; no input raises.
"""

import re
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import phonenumbers
from phonenumbers import PhoneNumberFormat

from schemas.values import Scalar

_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SHORTEST = 3  # digits: fewer identify nobody
NUMBERS = frozenset({"int", "double", "currency", "percent", "long"})


def is_blank(value: Any) -> bool:
    """Return whether *value* says nothing: None, or text of spaces. False and 0 are values (LL-14)."""
    return value is None or (isinstance(value, str) and not value.strip())


def email(text: str | None) -> str | None:
    """Return the e-mail trimmed and case-folded, or None where it is empty (JI-24; SOQL compares without case)."""
    return (text or "").strip().casefold() or None


def text_key(value: Any) -> str | None:
    """Return text as SOQL compares it: trimmed, without case; None where it is empty."""
    return None if value is None else str(value).strip().casefold() or None


@lru_cache(maxsize=20_000)
def _parse(text: str, region: str) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_possible_number(number) else None


def phone(text: str | None, region: str = "US") -> str | None:
    """
    Return the number as E.164; what no numbering plan knows as its bare digits; None under 3 digits.

    *region* (ISO 3166 alpha-2) is assumed where the text names no country. An extension does not count.
    """
    number = _parse((text or "").strip(), region)
    if number is not None:
        return phonenumbers.format_number(number, PhoneNumberFormat.E164)
    digits = re.sub(r"\D", "", text or "")
    return digits if len(digits) >= _SHORTEST else None


def phone_formats(text: str, region: str = "US") -> tuple[str, ...]:
    """
    Return the ways in which an org may hold the number, each once: as given, E.164, international, national, digits.

    The international form is also given without its country code (`415-555-2671`): people type it like that. A number
    with an extension is also looked for without it, and in the forms that write it out.
    """
    number = _parse(text.strip(), region)
    forms = [text.strip()]
    if number is not None:
        plain = _parse(phonenumbers.format_number(number, PhoneNumberFormat.E164), region) or number
        for one in (plain, number) if number.extension else (plain,):
            forms += _written(one)
    return tuple(dict.fromkeys(form for form in forms if form))


def _written(number: phonenumbers.PhoneNumber) -> list[str]:
    if number.extension:
        return [
            phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL),
            phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL),
        ]
    written = (PhoneNumberFormat.E164, PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.NATIONAL)
    forms = [phonenumbers.format_number(number, form) for form in written]
    forms.append(forms[1].partition(" ")[2])
    return [*forms, *(re.sub(r"\D", "", form) for form in forms)]


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


def in_kind(kind: str, value: Scalar) -> Scalar:
    """
    Return *value* as a field of describe's type *kind* takes it: moments in UTC, days as days (LL-16).

    A moment without an offset is one in UTC. Of a moment, a date-only field takes the day as it is written, in the
    moment's own offset: nothing is shifted. What is no moment stays as it is, and the org says what it thinks of it.
    """
    if kind not in ("date", "datetime") or not isinstance(value, str):
        return value
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return value
    if kind == "date":
        return moment.date().isoformat()
    moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def same_value(kind: str, source: Any, target: Any) -> bool:
    """
    Return whether writing *source* over *target* would change nothing, for a field of describe's type *kind*.

    Numbers, moments, truth values and IDs are compared as such, all else as trimmed text with case.
    """
    if is_blank(source) or is_blank(target):
        return is_blank(source) and is_blank(target)
    return bool(_comparable(kind, source) == _comparable(kind, target))


def _comparable(kind: str, value: Any) -> Any:
    text = str(value).strip()
    try:
        if kind in NUMBERS:
            return float(text)
        if kind == "date":
            return date.fromisoformat(text[:10])
        if kind == "datetime":
            moment = datetime.fromisoformat(text)
            return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return text
    if kind == "boolean":
        return text.casefold()
    return record_id(text) or text if kind in ("reference", "id") else text
