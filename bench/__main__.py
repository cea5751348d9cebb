"""
Entry: `python -m bench [--only NAME …] [--quick]`.

In: which figures. Out: bench/results.json, a table on stdout; exit status 1 where a figure could not be measured.
Rule of this file: a figure that failed is named with its reason; the others are written all the same.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bench import initial_import, micro, scenarios, telephone
from bench.results import Entry, table

RESULTS = Path(__file__).with_name("results.json")
FIGURES: dict[str, Callable[[scenarios.Sizes], list[Entry]]] = {
    "micro": lambda _sizes: micro.entries(),
    "assembly": lambda sizes: telephone.assembly(sizes.calls),
    "calls": scenarios.calls,
    "call_tasks": lambda sizes: telephone.count_logged(sizes.calls),
    "initial_import": lambda sizes: initial_import.initial_import(sizes.prospects),
    "throughput": scenarios.throughput,
    "latency": scenarios.latency,
    "memory": scenarios.memory,
    "isolation": scenarios.isolation,
}


def main(arguments: list[str] | None = None) -> int:
    """Measure, write, show; return the exit status."""
    parser = argparse.ArgumentParser(prog="bench", description="Signalbox's figures, on real Kafka.")
    parser.add_argument(
        "--only", nargs="+", choices=FIGURES, default=list(FIGURES), metavar="NAME", help=", ".join(FIGURES)
    )
    parser.add_argument("--quick", action="store_true", help="small sizes: whether it runs, not how fast")
    parser.add_argument("--events", type=int, help="events of throughput and memory, instead of the usual sizes")
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args(arguments)
    sizes = scenarios.QUICK if given.quick else scenarios.Sizes()
    if given.events:
        sizes = replace(sizes, throughput=given.events, memory=(given.events,))
    entries, failed = measure(given.only, sizes)
    given.out.write_text(json.dumps([entry.to_json() for entry in entries], indent=2, ensure_ascii=False) + "\n")
    sys.stdout.write(table(entries) + "\n")
    return 1 if failed else 0


def measure(names: list[str], sizes: scenarios.Sizes) -> tuple[list[Entry], list[str]]:
    """Return the entries of *names*, and the names of those that failed."""
    entries: list[Entry] = []
    failed = []
    for name in names:
        begin = time.monotonic()
        try:
            entries += FIGURES[name](sizes)
        except Exception as error:  # noqa: BLE001  one figure's fault must not cost the others
            failed.append(name)
            sys.stderr.write(f"bench: {name} not measured: {type(error).__name__}: {error}\n")
        else:
            sys.stderr.write(f"bench: {name} measured in {time.monotonic() - begin:.0f} s\n")
    return entries, failed


if __name__ == "__main__":
    sys.exit(main())
