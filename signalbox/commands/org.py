"""
Commands *org*: where an org stands, and letting a stopped one go on.

In: the ledger, the outcome topics' tails.  Out: lines; one number in the ledger.
Rule of this file: nothing is resumed without showing after which outcome.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer
from confluent_kafka import Message

from connectors.database.org_status import OrgStatus, org_statuses
from connectors.database.org_status import resume as resume_after
from connectors.kafka.group_status import committed
from connectors.kafka.tails import highest_sequence
from processors.executor.session.publish import SEQUENCE_HEADER, Position
from processors.model.errors import Misconfigured, SignalboxError, Transient, Undecodable
from schemas.codec import Codec
from schemas.topics import NOTICE, OUTCOME_KINDS, command_topic, outcome_topic
from signalbox.codec import open_codec
from signalbox.commands.common import as_json_line, say
from signalbox.commands.ledger import migrated_engine
from signalbox.settings import GROUP_EXECUTOR, Settings, load_settings


def status(as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False) -> None:
    """Show each org: owner, counts, what is oldest, unpublished and in doubt. Example: `signalbox org status`."""
    settings = load_settings()
    orgs = org_statuses(migrated_engine(settings))
    try:
        published = published_through(settings, [org_status.org for org_status in orgs])
    except Transient as error:
        say(error.reason)
        published = {}
    for org_status in orgs:
        number = published.get(org_status.org)
        left = unpublished(org_status, number)
        if as_json:
            as_json_line({**asdict(org_status), "published_through": number, "unpublished": left})
        else:
            typer.echo(_line(org_status, left))


def unpublished(org: OrgStatus, published: int | None) -> int | None:
    """Return how many of an org's outcomes and notices are not published; None where Kafka does not say."""
    return None if published is None else max(0, org.last_sequence - published)


def _line(org_status: OrgStatus, unpublished: int | None) -> str:
    states = ", ".join(f"{count} {state}" for state, count in sorted(org_status.states.items())) or "no commands"
    parts = [
        f"owner {org_status.owner} (epoch {org_status.epoch})",
        states,
        f"oldest due {_moment(org_status.oldest_due)}",
        f"{org_status.parked} parked",
        *(
            [f"connection broken: {', '.join(org_status.broken)}, {org_status.held} held for it"]
            if org_status.broken
            else []
        ),
        f"{'unknown' if unpublished is None else unpublished} unpublished",
        f"{org_status.calls_in_doubt} calls without an answer",
        f"last settled {_moment(org_status.last_settled)}",
    ]
    return f"{org_status.org}: {'; '.join(parts)}"


def _moment(seconds: float | None) -> str:
    return "-" if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def published_through(settings: Settings, orgs: Iterable[str]) -> dict[str, int]:
    """
    Return the number of each org's last outcome that is published by Kafka's committed offset, where that names one.

    Raises:
        Transient: Kafka does not say.
    """
    topics = {command_topic(org): org for org in orgs}
    found = committed(settings.kafka.client(None), GROUP_EXECUTOR, topics) if topics else {}
    positions = {topics[topic]: Position.read(place) for topic, place in found.items()}
    return {org: position.sequence for org, position in positions.items() if position and position.sequence >= 0}


def resume(
    org: Annotated[str, typer.Argument(help="The stopped org.")],
    published_through: Annotated[
        int | None, typer.Option(min=0, help="The last outcome published; without it, the outcome topics are asked.")
    ] = None,
) -> None:
    """Let a stopped org go on after its last published outcome. Example: `signalbox org resume main`."""
    settings = load_settings()
    engine = migrated_engine(settings)
    found = published_through if published_through is not None else _found(settings, org)
    typer.echo(f"{org}: outcomes through {found} are published; the executor goes on after it within seconds")
    resume_after(engine, org, found)


def _found(settings: Settings, org: str) -> int:
    # Notices share the org's numbers with its outcomes.
    topics = [*(outcome_topic(kind) for kind in OUTCOME_KINDS), NOTICE]
    mine = _of(org, open_codec(settings))
    found = highest_sequence(settings.kafka.client(None), topics, mine, SEQUENCE_HEADER)
    if found is None:
        raise Misconfigured(
            [f"{org}: the outcome topics hold no outcome of it; name the last one: --published-through N (0: none)"]
        )
    return found


def _of(org: str, codec: Codec) -> Callable[[Message], bool]:
    def mine(message: Message) -> bool:
        try:
            contract = "notice" if message.topic() == NOTICE else "outcome"
            return bool(codec.decode(contract, message.value() or b"")["org"] == org)
        except Undecodable as error:
            raise SignalboxError(
                f"{message.topic()}/{message.partition()}/{message.offset()} cannot be read ({error}); "
                "name the last published outcome: --published-through N"
            ) from error

    return mine
