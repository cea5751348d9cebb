"""
Entry: `python -m tests.torture.verifier`: the delivery promise, checked from outside.

In: Kafka, the database, the input file, orgs' own logs, mails. Out: one line a violation; exit 1 if there is one.
Rule of this file: it shares no code with what it checks.
"""

import argparse
import json
import sys
from pathlib import Path

from tests.torture.verifier import sources, topics
from tests.torture.verifier.avro_reader import Reader
from tests.torture.verifier.history import History
from tests.torture.verifier.verify import counts, verify

CONTRACTS = Path(__file__).resolve().parents[3] / "schemas" / "contracts"


def gather(given: argparse.Namespace) -> History:
    """Return what every witness that was named tells."""
    ledger, audit = sources.read_database(given.database) if given.database else (None, None)
    reader = Reader(given.contracts)
    return History(
        sent=sources.read_input(given.input),
        outcomes=topics.outcomes(topics.read_topics(given.bootstrap, "crm.outcome."), reader),
        notices=topics.outcomes(topics.read_topics(given.bootstrap, "crm.notice"), reader),
        source=topics.read_topics(given.bootstrap, "crm.event."),
        letters=topics.read_topics(given.bootstrap, "crm.dead-letter."),
        ledger=ledger,
        audit=None if given.no_audit else audit,
        mails=sources.read_mails(given.mails) if given.mails else None,
        effects=sources.read_effects(given.org_effects) if given.org_effects else None,
    )


def _least(text: str) -> tuple[str, int]:
    name, _, number = text.partition("=")
    return name, int(number)


def main(arguments: list[str] | None = None) -> int:
    """Verify; return the exit status."""
    parser = argparse.ArgumentParser(prog="verifier", description=__doc__)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--database", help="sqlite:///FILE or postgresql://…")
    parser.add_argument("--input", type=Path, required=True, help="JSON lines: what was sent")
    parser.add_argument("--org-effects", action="append", metavar="ORG=FILE|URL")
    parser.add_argument("--mails", type=Path, help="folder of .eml files with X-Envelope-To")
    parser.add_argument("--no-audit", action="store_true", help="no audit process ran")
    parser.add_argument("--at-least", action="append", type=_least, default=[], metavar="COUNT=N")
    parser.add_argument("--contracts", type=Path, default=CONTRACTS)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    history = gather(given)
    violations = verify(history, dict(given.at_least))
    if given.json:
        print(json.dumps({"violations": violations, "counts": counts(history)}))
    else:
        for check, line in violations:
            print(f"{check}  {line}")
        print(", ".join(f"{count} {name}" for name, count in counts(history).items()))
        print(f"{len(violations)} violations" if violations else "the promise is kept")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
