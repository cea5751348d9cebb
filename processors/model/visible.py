"""
Text without the characters that nobody sees: zero-width ones, marks of direction, control characters.

Rule of this file: pure and total; blanks of every kind stay.
"""

import unicodedata


def visible(text: str) -> str:
    """Return *text* without format and control characters (Unicode Cf, Cc), tabs and line ends as blanks."""
    if text.isascii() and text.isprintable():
        return text
    spaced = (" " if one in "\t\r\n" else one for one in text)
    return "".join(one for one in spaced if unicodedata.category(one) not in ("Cf", "Cc"))
