"""
The extra `demo`: the demo, the simulated org and their libraries, which an installation for production lacks.

Rule of this file: what is missing is told with what to install.
"""

from importlib import import_module
from typing import Any

from processors.model.errors import SignalboxError

_PARTS = {"aiosmtpd", "lark", "signalbox.demo", "simulator"}


def demo_module(name: str) -> Any:
    """Return a module of the extra; raise `SignalboxError` where the extra is not installed."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if not any(f"{error.name}.".startswith(f"{part}.") for part in _PARTS):
            raise
        raise SignalboxError(
            f"{error.name} is not installed: install signalbox[demo], or build the image's target demo"
        ) from None
