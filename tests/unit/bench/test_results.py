"""The bench's arithmetic and the form of its results."""

import json
from pathlib import Path

import pytest

from bench import __main__ as entry
from bench.results import Entry, compared, per_thousand, percentile, table
from bench.scenarios import QUICK


def test_a_percentile_is_a_sample_by_nearest_rank() -> None:
    """No interpolation: each figure is one that was seen."""
    samples = [float(n) for n in range(100, 0, -1)]
    assert (percentile(samples, 0.5), percentile(samples, 0.99), percentile(samples, 1)) == (50.0, 99.0, 100.0)
    assert percentile([3.0], 0.99) == 3.0


def test_no_sample_is_an_error_and_never_a_zero() -> None:
    """An empty measurement must not look like a good one."""
    with pytest.raises(ValueError, match="0 samples"):
        percentile([], 0.5)
    with pytest.raises(ValueError, match="nothing was counted"):
        per_thousand(5, 0)
    with pytest.raises(ValueError, match="nothing to compare with"):
        compared("a", 1.0, "s", "b", 0.0)


def test_counts_are_scaled_to_a_thousand() -> None:
    """100 records of the one-at-a-time client stand for 1,000."""
    assert per_thousand(225, 100) == 2250


def test_a_comparison_names_the_other_side_and_divides_by_it() -> None:
    """A ratio without its other side cannot be read."""
    item = compared("calls", 4.0, "calls", "plain client", 2000.0)
    assert item == Entry("calls", 4.0, "calls", "plain client: 2000 calls", 0.002)


def test_an_entry_has_the_five_keys_of_the_file_and_four_digits() -> None:
    """Whoever reads results.json relies on them."""
    found = Entry("a", 1.23456789, "s").to_json()
    assert found == {"name": "a", "value": 1.235, "unit": "s", "against": None, "ratio": None}


def test_the_table_has_one_line_an_entry() -> None:
    """Each figure is seen with its ratio."""
    first, second = table([Entry("a", 1.0, "s"), compared("long", 3.0, "s", "b", 2.0)]).splitlines()
    assert first.split() == ["a", "1", "s"]
    assert second.split() == ["long", "3", "s", "×1.5", "b:", "2", "s"]


def test_a_figure_that_fails_is_named_and_the_others_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A broken measurement is neither hidden nor does it hide the rest."""

    def broken(_sizes: object) -> list[Entry]:
        raise TimeoutError("0 of 9 outcomes")

    monkeypatch.setattr(entry, "FIGURES", {"broken": broken, "good": lambda _sizes: [Entry("good", 2.0, "s")]})
    out = tmp_path / "results.json"
    assert entry.main(["--quick", "--out", str(out)]) == 1
    assert [load["name"] for load in json.loads(out.read_text())] == ["good"]
    assert "broken not measured: TimeoutError: 0 of 9 outcomes" in capsys.readouterr().err


def test_a_quick_run_is_small() -> None:
    """Whoever asks for it wants to know that it runs."""
    assert QUICK.throughput <= 1000
