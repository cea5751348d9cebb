"""
One mail address, checked: of recipients, of owners of a connection, of a source's users.

In: text of a settings file.  Out: the address in its normal form, or `ValueError` with what to write.
Rule of this file: pure; no server is asked whether the address exists.
"""

from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator


def _address(value: str) -> str:
    """Return one bare mail address, or raise ValueError; the server's existence is not asked."""
    try:
        return validate_email(value, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise ValueError(f"'{value}' is not a mail address: {error}; write one as name@example.com") from error


Address = Annotated[str, AfterValidator(_address)]


def is_address(value: object) -> bool:
    """Whether *value* is one bare mail address."""
    try:
        return isinstance(value, str) and bool(_address(value))
    except ValueError:
        return False
