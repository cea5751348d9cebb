"""
Telephone numbers as people write them: which numbers a text names, and the ways in which an org may hold one.

In: text of an event or of a record, a region.  Out: E.164 forms; written forms for a SOQL list.
Rule of this file: pure and total. A text may name no number, one, or several; an extension is no part of a number.
"""

import re
import unicodedata
from functools import lru_cache

import phonenumbers
from phonenumbers import Leniency, PhoneNumber, PhoneNumberFormat, PhoneNumberMatcher

from processors.model.phone_regions import region_named
from processors.model.visible import visible

_SHORTEST = 3
"""Digits: fewer identify nobody."""
_LONGEST = 250
"""Characters of a text that is read; Salesforce's telephone fields hold 40."""
_INTERNATIONAL = re.compile(r"\(?\s*00\s*\)?\s*\(?(?=[1-9])")
"""`00` before a country code, in brackets or not: the prefix of most countries, written in all of them."""

_BEGINS_WITH_COUNTRY = re.compile(r"[1-9]")
_SHORTEST_WITH_COUNTRY = 11
"""Digits: shorter ones are more often a national number that is not assigned."""
_MEXICAN_MOBILE = re.compile(r"^\(?(\+|00)\s*52\)?[\s.-]*1[\s.-]*(?=\(?(?:\d\D{0,2}){9}\d$)")


def _clean(text: str | None) -> str:
    return as_today(unicodedata.normalize("NFKC", visible((text or "")[:_LONGEST])).strip())


def as_today(text: str) -> str:
    """Return a number without the `1` that mobile numbers of Mexico had behind `+52` until 2019."""
    return _MEXICAN_MOBILE.sub("+52 ", text)


@lru_cache(maxsize=20_000)
def numbers_in(text: str | None, region: str) -> tuple[str, ...]:
    """
    Return the numbers that *text* names, as E.164, each once, in the order written.

    *region* (ISO 3166 alpha-2) is the country of a number that names none. Words around a number (`(cell)`, `home`),
    extensions in any writing, `00` for `+`, a trunk zero and vanity letters are read.
    """
    raw = _clean(text)
    if not raw:
        return ()
    number = parsed(raw, region)
    number = _without_plus(raw, number) or number
    if number is not None:
        return (_e164(number),)
    begin = _INTERNATIONAL.match(raw)
    if begin and (number := parsed("+" + raw[begin.end() :], region)) is not None:
        return (_e164(number),)
    found = PhoneNumberMatcher(raw, region, leniency=Leniency.POSSIBLE)
    return tuple(dict.fromkeys(_e164(phone_number_match.number) for phone_number_match in found))


def number_key(text: str | None, region: str) -> str | None:
    """Return the first number of *text* as E.164; what no numbering plan knows as bare digits; None under 3 digits."""
    found = numbers_in(text, region)
    if found:
        return found[0]
    digits = re.sub(r"\D", "", _clean(text))
    return digits if len(digits) >= _SHORTEST else None


@lru_cache(maxsize=20_000)
def number_keys(text: str | None, region: str, country: str | None = None) -> tuple[str, ...]:
    """
    Return every form under which a stored *text* is found: its numbers as E.164, else its bare digits.

    *country* is the record's own, as the org holds it (a name or an ISO code). It decides for a number that names no
    country; *region* counts too where the number would not be valid there.
    """
    own = region_named(country) if country else None
    if own is None or own == region:
        keys = numbers_in(text, region)
    else:
        keys = numbers_in(text, own)
        if not any(is_valid(key) for key in keys):
            keys = tuple(dict.fromkeys((*keys, *numbers_in(text, region))))
    text = None if keys else number_key(text, region)
    return keys or ((text,) if text else ())


def is_valid(e164: str) -> bool:
    """Return whether a numbering plan assigns the number: not only its length fits."""
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(e164, None))
    except phonenumbers.NumberParseException:
        return False


@lru_cache(maxsize=20_000)
def parsed(text: str, region: str) -> PhoneNumber | None:
    """Return *text* read as one number of a possible length, or None."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_possible_number(number) else None


def _e164(number: PhoneNumber) -> str:
    """Return a number as E.164."""
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _without_plus(raw: str, national: PhoneNumber | None) -> PhoneNumber | None:
    """
    Return the number that *raw* is with a `+` before it, which spreadsheets drop; None where it is no valid one.

    *national* is the number that it is in its region. Where that is valid too, it begins with the region's own country
    code, and the region's trunk zero is missing.
    """
    digits = sum(text.isdecimal() for text in raw)
    if not _BEGINS_WITH_COUNTRY.match(raw) or digits < _SHORTEST_WITH_COUNTRY:
        return None
    number = parsed("+" + raw, "ZZ")
    if number is None or not phonenumbers.is_valid_number(number):
        return None
    if national is None or not phonenumbers.is_valid_number(national):
        return number
    return number if number.country_code == national.country_code and digits > _SHORTEST_WITH_COUNTRY else None


def written_forms(text: str, region: str) -> tuple[str, ...]:
    """
    Return ways in which an org may hold the numbers of *text*, each once, for a list that SOQL compares as text.

    As given, E.164, international and national with blanks, hyphens, dots or nothing between groups, with `00` for
    `+`; with the extension, where the text has one. What is written otherwise is found by the search index.
    """
    raw = text.strip()
    forms = [raw]
    number = parsed(_clean(text), region)
    for e164 in numbers_in(text, region):
        plain = phonenumbers.parse(e164, None)
        forms += _plain_forms(plain)
    if number is not None and number.extension:
        forms.append(phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL))
        forms.append(phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL))
    return tuple(dict.fromkeys(form for form in forms if form))


def _plain_forms(number: PhoneNumber) -> list[str]:
    international = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    code, _, rest = international.partition(" ")
    grouped = re.sub(r"\D+", "-", rest).strip("-")
    local = re.sub(r"\D+", "-", national).strip("-")
    forms = [_e164(number), international, national, rest]
    forms += [re.sub(r"\D", "", form) for form in (international, national, rest)]
    if code == "+52":
        forms += [f"+521{number.national_number}", f"521{number.national_number}", f"+52 1 {rest}"]
    for separator in (" ", "-", "."):
        forms += [
            form.replace("-", separator) for form in (grouped, local, f"{code}-{grouped}", f"{code[1:]}-{grouped}")
        ]
    return [*forms, f"{code} {national}", f"00{code[1:]} {rest}", "00" + re.sub(r"\D", "", international)]


def search_words(e164: str) -> tuple[str, ...]:
    """Return the digits by which a search index knows a number: with its country, as written inside it, and bare."""
    number = phonenumbers.parse(e164, None)
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    words = (e164, national, phonenumbers.national_significant_number(number))
    return tuple(dict.fromkeys(re.sub(r"\D", "", word) for word in words))
