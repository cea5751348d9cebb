"""
What people write where a number, a day, a moment or a yes is meant.

In: text, the locale of whoever wrote it.  Out: the value, or None where the text is none.
Rule of this file: pure and total; the locale decides what may be read in two ways (`12/05`, `1.234`), and what can be
read in one way alone is read so whatever the locale.
"""

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from babel import Locale
from babel.dates import get_date_format, get_day_names, get_month_names
from babel.numbers import NumberFormatError, get_decimal_symbol, list_currencies, parse_decimal

PLAIN_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:\.\d+)?[eE][+-]?\d{1,3}")
_NUMERIC_DAY = re.compile(r"(\d{1,4})\s*[./\-\s]\s*(\d{1,2})\s*[./\-\s]\s*(\d{1,4})\.?")
_TIME = re.compile(
    r"(?P<h>\d{1,2}):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d)(?:[.,]\d+)?)?\s*(?P<half>[ap]\.?m\.?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?\s*$",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b", re.IGNORECASE)
_FILLERS = frozenset({"of", "the", "de", "del", "den", "der", "le", "el", "at", "um", "à"})
_YES = frozenset(
    (
        "1",
        "true",
        "yes",
        "y",
        "t",
        "on",
        "ja",
        "j",
        "oui",
        "o",
        "si",
        "sí",
        "s",
        "sim",
        "x",
        "checked",
        "wahr",
        "vrai",
        "verdadero",
        "verdadeiro",
        "да",
        "はい",
        "是",
    )
)
_NO = frozenset(
    (
        "0",
        "false",
        "no",
        "n",
        "f",
        "off",
        "nein",
        "non",
        "não",
        "nao",
        "nee",
        "unchecked",
        "falsch",
        "faux",
        "falso",
        "нет",
        "いいえ",
        "否",
    )
)
_CENTURY = 70
"""Years of two digits from here on are those of the last century, as POSIX has it."""


def truth(text: str) -> bool | None:
    """Return what a word such as `yes`, `ja`, `1` or `off` means, or None where it means neither."""
    word = text.strip().casefold()
    return True if word in _YES else False if word in _NO else None


def number(text: str, locale: str) -> Decimal | None:
    """Return the number that *text* writes, such as `10,000`, `1.234,56`, `$5000`, `(12)` or `15 %`, or None."""
    bare = unicodedata.normalize("NFKC", text).strip()
    if _SCIENTIFIC.fullmatch(bare):
        return Decimal(bare)
    bare = _without_currency(bare, locale).removesuffix("%").strip()
    sign = -1 if (bare.startswith("(") and bare.endswith(")")) or "-" in bare or "−" in bare else 1
    bare = re.sub(r"(?<=\d)[\s'’](?=\d)", "", bare.strip("()+-− "))
    if not re.fullmatch(r"[\d.,]*\d[\d.,]*", bare, re.ASCII):
        return None
    found: Decimal | None
    try:
        found = parse_decimal(bare, locale=_known(locale), strict=True)
    except NumberFormatError:
        found = _by_its_marks(bare)
    return None if found is None else sign * found


def _by_its_marks(text: str) -> Decimal | None:
    """Return a number that the locale would write otherwise: the last mark that cannot group thousands is decimal."""
    marks = re.findall(r"[.,]", text)
    last = text.rfind(marks[-1])
    if len(set(marks)) == 1 and (len(marks) > 1 or _grouped(text, marks[0])):
        return Decimal(text.replace(marks[0], "")) if _grouped(text, marks[0]) else None
    whole, part = text[:last], text[last + 1 :]
    group = marks[0] if len(marks) > 1 else None
    if group == marks[-1] or (group and not _grouped(whole, group)):
        return None
    try:
        return Decimal(f"{whole.replace(group, '') if group else whole or 0}.{part or 0}")
    except InvalidOperation:
        return None


def _grouped(text: str, mark: str) -> bool:
    return re.fullmatch(rf"\d{{1,3}}(?:{re.escape(mark)}\d{{3}})+", text) is not None


def _without_currency(text: str, locale: str) -> str:
    symbols = _currencies(locale)
    edge = re.fullmatch(r"(?P<minus>[-−(]?)\s*(?P<front>[^\d\s.,()+−-]*\.?)\s*(?P<rest>.*?)", text)
    if edge and (edge["front"].rstrip(".").casefold() in symbols or edge["front"].casefold() in symbols):
        text = f"{edge['minus']}{edge['rest']}"
    back = re.fullmatch(r"(?P<rest>.*?[\d)])\s*(?P<back>[^\d\s.,()%-]+\.?)", text)
    return back["rest"] if back and back["back"].rstrip(".").casefold() in symbols else text


@lru_cache(maxsize=50)
def _currencies(locale: str) -> frozenset[str]:
    symbols = {*_known(locale).currency_symbols.values(), *_known("en").currency_symbols.values()}
    signs = {chr(code) for code in range(0x20A0, 0x20C1)} | {"$", "£", "¥", "€", "us$", "kr", "fr", "rs"}
    return frozenset(symbol.casefold().rstrip(".") for symbol in {*symbols, *signs, *list_currencies()})


def decimal_mark(locale: str) -> str:
    """Return what stands between whole and part of a number there."""
    return str(get_decimal_symbol(_known(locale)))


def day(text: str, locale: str) -> date | None:
    """
    Return the day that *text* writes, or None; of a text with a time, its day as it is written.

    Read are ISO 8601; day, month and year in figures with `.`, `/`, `-` or blanks between them, in the locale's order
    where two are possible; and days with the month's name in the locale's language or in English.
    """
    bare = unicodedata.normalize("NFKC", text).strip()
    try:
        return datetime.fromisoformat(bare).date()
    except ValueError:
        pass
    bare = _TIME.sub("", bare).strip(" ,T")
    figures = _NUMERIC_DAY.fullmatch(bare)
    found = _in_figures(figures.groups(), locale) if figures else _with_a_name(bare, locale)
    try:
        return date(*found) if found else None
    except ValueError:
        return None


def moment(text: str, locale: str, zone: tzinfo = UTC) -> datetime | None:
    """Return the moment that *text* writes, or None; without an offset it is one in *zone* (ISO 8601: in UTC)."""
    bare = unicodedata.normalize("NFKC", text).strip()
    try:
        found = datetime.fromisoformat(bare)
        return found.replace(tzinfo=found.tzinfo or UTC)
    except ValueError:
        pass
    that_day, clock = day(bare, locale), _TIME.search(bare)
    if that_day is None:
        return None
    if clock is None:
        return datetime.combine(that_day, time(), zone)
    hour = int(clock["h"])
    if clock["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if clock["half"][0] in "pP" else 0)
    try:
        at = time(hour, int(clock["m"]), int(clock["s"] or 0), tzinfo=_offset(clock["zone"]) or zone)
    except ValueError:
        return None
    return datetime.combine(that_day, at)


def _offset(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    if text[0] not in "+-":
        return UTC
    length = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(-length if text[0] == "-" else length) if length < timedelta(hours=24) else None


def _in_figures(parts: tuple[str, ...], locale: str) -> tuple[int, int, int] | None:
    first, second, third = (int(part) for part in parts)
    if len(parts[0]) > 2:
        return None if len(parts[2]) > 2 else (first, second, third)
    order = _order(locale)
    if order[0] == "y" and len(parts[2]) <= 2:
        return _year(parts[0]), second, third
    day_first = order.index("d") < order.index("M")
    if first > 12 or second > 12:
        # Only one of them can be the month.
        day_first = first > 12
    return (_year(parts[2]), second, first) if day_first else (_year(parts[2]), first, second)


def _with_a_name(text: str, locale: str) -> tuple[int, int, int] | None:
    months, fillers = _names(locale)
    words = [occurrence.casefold() for occurrence in _WORD.findall(_ORDINAL.sub("", text))]
    figures = re.findall(r"\d+", text)
    named = [months[word] for word in words if word in months]
    others = [word for word in words if word not in months and word not in fillers]
    if len(named) != 1 or others or len(figures) != 2:
        return None
    if len(figures[0]) == 4:
        return int(figures[0]), named[0], int(figures[1])
    return _year(figures[1]), named[0], int(figures[0])


def _year(text: str) -> int:
    year = int(text)
    if len(text) > 2:
        return year
    return year + (1900 if year >= _CENTURY else 2000)


@lru_cache(maxsize=50)
def _order(locale: str) -> str:
    """Return in which order the locale writes `d`, `M` and `y` in figures."""
    pattern = str(get_date_format("short", _known(locale)).pattern)
    return "".join(sorted("dMy", key=pattern.index))


@lru_cache(maxsize=50)
def _names(locale: str) -> tuple[dict[str, int], frozenset[str]]:
    """Return the names of months by which they are meant, and the words that may stand beside them."""
    months: dict[str, int] = {}
    fillers = set(_FILLERS)
    for text in ("en", locale):
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                names = get_month_names(width, context, _known(text))
                months |= {str(name).rstrip(".").casefold(): number for number, name in names.items()}
                days = get_day_names(width, context, _known(text))
                fillers |= {str(name).rstrip(".").casefold() for name in days.values()}
    return {**months, "sept": 9}, frozenset(fillers)


@lru_cache(maxsize=50)
def _known(locale: str) -> Locale:
    """Return the locale of that name (`de`, `en-GB`, `pt_BR`). Raises ValueError where there is none."""
    return Locale.parse(locale.replace("-", "_"))
