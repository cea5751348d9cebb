"""What the executor is given: nothing of it is looked up anywhere else."""

from dataclasses import FrozenInstanceError, fields
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from processors.executor.dependencies import OrgDependencies
from tests.fakes.scheduler import CODEC, NoMetrics

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def dependencies(**more: Any) -> OrgDependencies:
    given: dict[str, Any] = {field.name: None for field in fields(OrgDependencies) if not _has_default(field)}
    known = {"org": "main", "codec": CODEC, "clock": AT.timestamp, "metrics": NoMetrics(), "deciders": {}}
    return OrgDependencies(**{**given, **known, **more})


def _has_default(item: Any) -> bool:
    missing = SimpleNamespace(default=item.default, factory=item.default_factory)
    return type(missing.default).__name__ != "_MISSING_TYPE" or type(missing.factory).__name__ != "_MISSING_TYPE"


def test_now_is_the_clocks_reading_in_utc() -> None:
    assert dependencies().now() == AT
    assert dependencies(clock=lambda: 0.0).now() == datetime(1970, 1, 1, tzinfo=UTC)


def test_nobody_changes_them_while_an_org_is_worked_on() -> None:
    with pytest.raises(FrozenInstanceError):
        dependencies().org = "other"  # type: ignore[misc]  # that it cannot be set is what is shown


def test_what_is_left_out_never_waits_longer_than_a_minute() -> None:
    deps = dependencies()
    assert max(deps.retry.delay(tries) for tries in range(1, 30)) <= 60.0
    assert max(deps.row_retry.delay(tries) for tries in range(1, 30)) <= 30.0
