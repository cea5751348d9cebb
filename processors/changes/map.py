"""
Stage *map*: a value of Salesforce as the source knows it, and whose record it is there.

In: values of the org and an integration's settings.  Out: values of the source (SP-34).
Rule of this file: pure; an empty value stays empty, whatever a value map says (SP-23, SP-28).
"""

from processors.integration.catalog import code_key
from processors.integration.change_settings import ChangedField, ChangesSettings
from processors.integration.mapping import listed
from schemas.values import Scalar


def mapped(value: Scalar, field: ChangedField) -> Scalar:
    """Return *value* through the field's value map; what that does not list as `unmapped` says."""
    if value is None or value == "":
        return None
    unlisted = field.default if field.unmapped == "default" else value
    return listed(field.values, value, unlisted) if field.values else unlisted


def owner_of(email: str | None, settings: ChangesSettings) -> tuple[str | None, bool]:
    """Return the owner's e-mail at the source, and whether the default owner stands in (SP-28)."""
    if not settings.users:
        return (email, False) if email else (settings.default_owner, settings.default_owner is not None)
    if email and code_key(email) in {code_key(user) for user in settings.users}:
        return email, False
    return settings.default_owner, True
