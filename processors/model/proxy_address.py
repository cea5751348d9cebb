"""
The address of a forward proxy, checked.

In: text of a settings file.  Out: the address, which may hold a password and so never shows in `repr`; or `ValueError`.
Rule of this file: pure. Nothing takes a proxy from the environment: a proxy that is not in the settings is not used.
"""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr


def _proxy(value: SecretStr) -> SecretStr:
    parts = urlsplit(value.get_secret_value())
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme != "http" or not parts.hostname or port is None or parts.path.strip("/") or parts.query:
        # The value may hold a password, so it is not repeated.
        raise ValueError(
            "give scheme, host and port, such as http://proxy.example.com:3128 or http://user:word@host:3128"
        )
    return value


ProxyUrl = Annotated[SecretStr, AfterValidator(_proxy)]
"""`http://[user:password@]host:port`: a proxy that takes CONNECT for TLS, and absolute addresses for plain HTTP."""
