"""
Countries as an org's records name them, and the region of telephone numbers that each stands for.

In: a country's name or code.  Out: its ISO 3166 alpha-2 code, or None.
Rule of this file: pure and total; the names are those of phonenumbers, in every language that it has.
"""

from functools import lru_cache

import phonenumbers
from phonenumbers.geodata.locale import LOCALE_DATA

from processors.model.visible import visible

_ALPHA_2 = 2


def region_named(country: str) -> str | None:
    """Return the ISO 3166 alpha-2 code of a country as an org holds it: a code, or a name in any language; or None."""
    text = visible(country).strip()
    if len(text) == _ALPHA_2 and text.upper() in phonenumbers.SUPPORTED_REGIONS:
        return text.upper()
    return _names().get(text.casefold().rstrip("."))


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """Return the regions by name; a name that two regions share belongs to the one with numbers of its own first."""
    named: dict[str, str] = dict(_SHORT_NAMES)
    for region, names in LOCALE_DATA.items():
        if region in phonenumbers.SUPPORTED_REGIONS:
            for name in names.values():
                if not name.startswith("*"):
                    named.setdefault(name.casefold(), region)
    return named


_SHORT_NAMES = {
    "usa": "US",
    "u.s": "US",
    "u.s.a": "US",
    "united states of america": "US",
    "uk": "GB",
    "u.k": "GB",
    "great britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "deu": "DE",
    "fra": "FR",
    "gbr": "GB",
    "che": "CH",
    "aut": "AT",
    "jpn": "JP",
    "holland": "NL",
}
"""Names that people write and the library's list does not have."""
