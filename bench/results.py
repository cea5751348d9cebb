"""
Noun: one figure, and the arithmetic behind it.

In: samples. Out: entries as `bench/results.json` holds them, and a table. Pure.
Rule of this file: a figure without a sample is an error, never a zero.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One figure. *against* says in words what *ratio* compares it with; both are None where it stands alone."""

    name: str
    value: float
    unit: str
    against: str | None = None
    ratio: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the entry as results.json holds it, to four significant digits."""
        return {**asdict(self), "value": rounded(self.value), "ratio": rounded(self.ratio)}


def rounded(value: float | None) -> float | None:
    """Return *value* to four significant digits."""
    return None if value is None else float(f"{value:.4g}")


def percentile(samples: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile; *share* in (0, 1]. Raises ValueError where there is no sample."""
    if not samples or not 0 < share <= 1:
        raise ValueError(f"no percentile {share:g} of {len(samples)} samples")
    rank = -int(-share * len(samples) // 1)
    return sorted(samples)[rank - 1]


def per_thousand(count: float, of: int) -> float:
    """Return *count* scaled to 1,000 of *of*."""
    if of <= 0:
        raise ValueError("nothing was counted")
    return count * 1000 / of


def compared(name: str, value: float, unit: str, against: str, other: float) -> Entry:
    """Return an entry whose ratio is *value* over *other*. Raises ValueError where *other* is not above zero."""
    if other <= 0:
        raise ValueError(f"{name}: {against} is {other:g}, nothing to compare with")
    return Entry(name, value, unit, f"{against}: {rounded(other):g} {unit}", value / other)


def table(entries: Sequence[Entry]) -> str:
    """Return the entries as lines for a person."""
    width = max((len(item.name) for item in entries), default=0)
    lines = []
    for entry in entries:
        ratio = "" if entry.ratio is None else f"  ×{rounded(entry.ratio):g}"
        lines.append(
            f"{entry.name:<{width}}  {rounded(entry.value):>10g} {entry.unit}{ratio}  {entry.against or ''}".rstrip()
        )
    return "\n".join(lines)
