"""
Text without the characters that nobody sees: zero-width ones, marks of direction, control characters.

Rule of this file: pure and total; blanks of every kind stay.
"""

import unicodedata


def visible(text: str) -> str:
    """Return *text* without format and control characters (Unicode Cf, Cc), tabs and line ends as blanks."""
    if text.isascii() and text.isprintable():
        return text
    spaced = (" " if item in "\t\r\n" else item for item in text)
    return "".join(item for item in spaced if unicodedata.category(item) not in ("Cf", "Cc"))
