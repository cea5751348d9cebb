"""What an integration file may hold at the most; each refusal is one fault with its line."""

import math

import pytest

from processors.integration.yaml import DEEPEST, MOST_BYTES, MOST_VALUES, read_yaml


def faults(text: str) -> list[tuple[int, str]]:
    return read_yaml(text.encode()).faults


def test_aliases_that_multiply_are_one_fault() -> None:
    """218 bytes of such lines cost 200 MB once."""
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [
        f"{item}: &{item} [{', '.join([f'*{before}'] * 9)}]"
        for before, item in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    [(line, text)] = faults("\n".join(lines))
    assert 1 <= line <= 9
    assert f"{MOST_VALUES:,} values" in text


def test_a_chain_of_aliases_that_nests_too_deeply_is_one_fault() -> None:
    lines = ["a0: &a0 {x: 1}", *(f"a{n}: &a{n} {{x: *a{n - 1}}}" for n in range(1, 100))]
    [(_, text)] = faults("\n".join(lines))
    assert f"{DEEPEST} levels" in text


@pytest.mark.parametrize("levels", [DEEPEST + 1, 10_000])
@pytest.mark.parametrize("kind", ["[]", "{}"])
def test_what_nests_too_deeply_is_one_fault_and_no_recursion(levels: int, kind: str) -> None:
    opened = "[" if kind == "[]" else "{a: "
    [(line, text)] = faults("a: 1\nb: " + opened * levels + "x" + kind[1] * levels)
    assert (line, text) == (2, f"nested deeper than {DEEPEST} levels; write less deeply")


def test_a_file_that_is_too_large_is_one_fault() -> None:
    [(line, text)] = faults("a: " + "x" * MOST_BYTES)
    assert line == 1
    assert f"{MOST_BYTES:,} at the most" in text


def test_an_alias_that_is_used_a_few_times_is_written_out() -> None:
    assert read_yaml(b"a: &a {x: 1}\nb: *a\nc: [*a, *a]").value == {"a": {"x": 1}, "b": {"x": 1}, "c": [{"x": 1}] * 2}


@pytest.mark.parametrize("text", ["9" * 5_000, "1e999", "-1e999"])
def test_a_number_that_no_field_takes_is_text(text: str) -> None:
    assert read_yaml(f"a: {text}".encode()).value == {"a": text}


def test_numbers_are_numbers() -> None:
    found = read_yaml(b"a: 12\nb: 1.5\nc: 1e3\nd: -7").value
    assert found == {"a": 12, "b": 1.5, "c": 1000.0, "d": -7}
    assert all(math.isfinite(item) for item in found.values())
