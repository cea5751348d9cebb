"""
Telephone numbers as a PBX tells them: whom to look up, and whom not.

In: a party's number in any form, the network's region.  Out: E.164, or None where there is nobody to look up.
Rule of this file: pure and total; withheld, internal and service numbers never become a number (XB-11, XB-14).
"""

import re
from functools import lru_cache
from urllib.parse import unquote

import phonenumbers
from phonenumbers import PhoneNumberFormat, shortnumberinfo

from processors.model.call import Call
from processors.model.phone_forms import as_today, is_valid

_WITHHELD = frozenset({"anonymous", "unknown", "restricted", "private", "withheld", "unavailable", "blocked"})
_WITHHELD_DIGITS = "266696687"
"""ANONYMOUS on a keypad: what some networks send in place of a number."""
_BEGINS = re.compile(r"[+0-9(]")
_SHORTEST = 6
"""Digits of a number that names no country: fewer are an extension or a service of the network."""


def outside_number(call: Call, region: str) -> str | None:
    """
    Return the number of the person outside as E.164, or None where it is withheld, or no number to look up.

    *region* (ISO 3166 alpha-2) is the country of a number that names none.
    """
    return dialled(call.outside.number, region) if call.outside else None


def outside_numbers(call: Call, region: str) -> tuple[str, ...]:
    """Return the numbers of all people outside as E.164: whom the call is with first, each once, none withheld."""
    own = outside_number(call, region)
    return tuple(dict.fromkeys((*((own,) if own else ()), *(further_person.number for further_person in call.further))))


@lru_cache(maxsize=20_000)
def dialled(text: str | None, region: str) -> str | None:
    """
    Return the E.164 form of what a PBX shows as a party's number, without its extension; None where it is none.

    SIP and tel addresses are read (`sip:+49…@host`); names in them, service codes and short numbers are no numbers.
    """
    raw = as_today(bare(text))
    if is_withheld(raw) or not _BEGINS.match(raw) or "#" in raw or "*" in raw:
        return None
    try:
        number = phonenumbers.parse(raw, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number) or _is_short(raw, number, region):
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


@lru_cache(maxsize=20_000)
def without_prefix(text: str | None, region: str, prefixes: tuple[str, ...]) -> str | None:
    """
    Return a dialled number without the digits that a PBX wants for an outside line (`9`, `0`), else *text* as it is.

    They are taken off only where the number as dialled is none of the public network, and the rest is one.
    """
    whole = dialled(text, region)
    if not prefixes or (whole is not None and is_valid(whole)):
        return text
    raw = bare(text)
    for prefix in prefixes:
        rest = raw.removeprefix(prefix).strip(" -.")
        if rest != raw and (number := dialled(rest, region)) is not None and is_valid(number):
            return rest
    return text


def is_withheld(text: str | None) -> bool:
    """Return whether the caller's number is not shown: empty, a word for it, or ANONYMOUS in digits."""
    raw = bare(text).casefold()
    return not raw or raw in _WITHHELD or re.sub(r"\D", "", raw) == _WITHHELD_DIGITS


def is_inside(text: str | None, region: str) -> bool:
    """Return whether it looks like an extension of the network: a few digits, and no number of the public one."""
    raw = bare(text)
    return raw.isdecimal() and len(raw) < _SHORTEST and dialled(raw, region) is None


def bare(text: str | None) -> str:
    """Return a number without what addresses put around it: a name, angle brackets, scheme, host and parameters."""
    raw = (text or "").strip()
    if "<" in raw and raw.endswith(">"):
        raw = raw[raw.rindex("<") + 1 : -1].strip()
    scheme, colon, rest = raw.partition(":")
    if colon and scheme.casefold() in ("sip", "sips", "tel"):
        raw = unquote(rest)
    return raw.partition("@")[0].partition(";")[0].strip()


def _is_short(raw: str, number: phonenumbers.PhoneNumber, region: str) -> bool:
    if raw.startswith("+"):
        return False
    digits = re.sub(r"\D", "", raw)
    return len(digits) < _SHORTEST or (
        len(digits) <= len(phonenumbers.national_significant_number(number))
        and shortnumberinfo.is_valid_short_number_for_region(number, region)
    )
