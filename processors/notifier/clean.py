"""
Stage *compose* of the notifier: text of others made safe for headers and bodies.

In: any text.  Out: one line of printable text.  Pure.
Rule of this file: what comes out holds no line break, no control or direction character and no encoded word, so that
no e-mail library, new or old, can be talked into another header (CVE-2024-6923) or another address.
"""

import re
import unicodedata
from email.headerregistry import Address

from processors.model.errors import Misconfigured

_UNSAFE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_SPACES = re.compile(r"\s+")
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}))*")


def clean(text: object, limit: int = 300) -> str:
    """Return *text* as one safe line of at most *limit* characters; what was cut off ends in an ellipsis."""
    # Cut first, generously, so that a huge value costs little.
    raw = str(text)[: limit * 8 + 64]
    printable = "".join(" " if unicodedata.category(c) in _UNSAFE else c for c in raw)
    line = _SPACES.sub(" ", printable).strip()
    # `=?` opens an encoded word; a space inside keeps it readable and never decodable.
    line = line.replace("=?", "= ?").replace("?=", "? =")
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def address(text: str, name: str = "") -> Address:
    """
    Return one address, checked: plain ASCII, no quoting, no comment, no list.

    Raises `Misconfigured` where *text* is not exactly one such address.
    """
    local, at, domain = text.partition("@")
    if not at or not _ATOM.fullmatch(local) or not _HOST.fullmatch(domain) or len(local) > 64:
        raise Misconfigured([f"mail address {clean(text, 100)!r} is not usable: write one plain address, name@host"])
    return Address(display_name=clean(name, 60), username=local, domain=domain)
