"""
Commands *dead-letters*: what could never be read, and sending it back.

Rule of this file: text of others is cleaned before it is printed; nothing is ever removed from a dead letter topic.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated

import typer
from confluent_kafka import Producer

from connectors.kafka.accepted import accept
from connectors.kafka.dead_letter_topics import read_dead_letters, send_back
from connectors.kafka.dead_letters import Selection, StoredDeadLetter
from connectors.kafka.options import producer_config
from processors.model.errors import Misconfigured
from processors.notifier.clean import clean
from schemas.topics import DEAD_LETTER_SOURCES, SOURCES, dead_letter_topic
from signalbox.commands.common import FAILED, as_json_line, say
from signalbox.commands.log import moment_of
from signalbox.settings import Settings, load_settings

At = Annotated[str, typer.Argument(help="Where it lies, as the list shows it: TOPIC/PARTITION/OFFSET.")]
AtOption = Annotated[str | None, typer.Option("--at", help="This one alone: TOPIC/PARTITION/OFFSET.")]
TopicOption = Annotated[str | None, typer.Option(help="Only messages that came from this topic.")]
Filter = Annotated[str | None, typer.Option("--filter", help="Part of the error's class or text.")]
Since = Annotated[str | None, typer.Option(help="First seen from: 2026-01-31, with T10:00, or 2h, 7d ago.")]
Limit = Annotated[int, typer.Option(min=1, help="At most so many, the oldest.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def show_list(
    topic: TopicOption = None, reason: Filter = None, since: Since = None, limit: Limit = 100, as_json: AsJson = False
) -> None:
    """List dead letters. Example: `signalbox dead-letters list --filter Undecodable --since 2d`."""
    for stored in islice(_read(load_settings(), _wanted(topic, reason, since)), limit):
        if as_json:
            as_json_line(_value(stored))
        else:
            said = f"{stored.original.topic}  {stored.error.rpartition('.')[2]}: {stored.message}"
            typer.echo(f"{stored.first_seen or '-'}  {stored.at}  {clean(said, 300)}")


def show(at: At) -> None:
    """Show one whole, as JSON with bytes in hex. Example: `signalbox dead-letters show crm.dead-letter.command/0/7`."""
    for stored in _read(load_settings(), Selection(at=at)):
        headers = {name: (value or b"").hex() for name, value in stored.original.headers}
        key, value = (stored.original.key or b"").hex(), (stored.original.value or b"").hex()
        as_json_line({**_value(stored), "key": key, "value": value, "headers": headers})
        return
    say(f"no dead letter lies at {at}; `signalbox dead-letters list` shows where they lie")
    raise typer.Exit(FAILED)


def replay(
    topic: TopicOption = None,
    reason: Filter = None,
    since: Since = None,
    at: AtOption = None,
    limit: Limit = 1000,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be sent.")] = False,
) -> None:
    """Send dead letters back to where they came from. Example: `signalbox dead-letters replay --filter X --dry-run`."""
    settings = load_settings()
    producer = Producer(producer_config(settings.kafka.client(None)))
    chosen = islice(_read(settings, _wanted(topic, reason, since, at)), limit)
    count = 0
    # Read to the end first: what is sent back may fail again and lie behind what is being read.
    for sent in send_back(producer, iter(list(chosen)), dry_run=dry_run):
        count += 1
        typer.echo(f"{'would send' if dry_run else 'sent'} {sent.at} to {sent.to} (replay {sent.replays})")
    typer.echo(f"{count} {'would be' if dry_run else 'were'} sent back")


def accept_topic(
    topic: Annotated[str, typer.Argument(help="The source topic, such as crm.event.call-result.")],
) -> None:
    """
    Let all that a source topic holds now become dead letters where it cannot be read.

    The intake pauses a topic of which too much cannot be read; it goes on within a few seconds.
    Example: `signalbox dead-letters accept crm.event.call-result`.
    """
    if topic not in SOURCES:
        raise Misconfigured([f"{topic} is no source topic; choose one of {', '.join(SOURCES)}"])
    accepted = accept(load_settings().kafka.client(None), topic)
    typer.echo(f"{topic}: accepted up to offset " + ", ".join(f"{name}:{at}" for name, at in sorted(accepted.items())))


def _wanted(
    topic: str | None, reason: str | None, since: str | None, at: str | None = None
) -> Callable[[StoredDeadLetter], bool]:
    selection = Selection(reason=reason, topic=topic, at=at)
    start = moment_of(since, datetime.now(UTC)) if since else None
    return lambda stored: selection(stored) and (start is None or _seen(stored) >= start)


def _seen(stored: StoredDeadLetter) -> datetime:
    try:
        seen = datetime.fromisoformat(stored.first_seen)
    except ValueError:
        return datetime.max.replace(tzinfo=UTC)  # no moment of ours on it: rather shown than hidden
    return seen if seen.tzinfo else seen.replace(tzinfo=UTC)


def _read(settings: Settings, wanted: Callable[[StoredDeadLetter], bool]) -> Iterator[StoredDeadLetter]:
    for source in DEAD_LETTER_SOURCES:
        yield from read_dead_letters(settings.kafka.client(None), dead_letter_topic(source), wanted)


def _value(stored: StoredDeadLetter) -> dict[str, object]:
    return {
        "at": stored.at,
        "topic": stored.original.topic,
        "partition": stored.original.partition,
        "offset": stored.original.offset,
        "stage": stored.stage,
        "error": stored.error,
        "message": stored.message,
        "first_seen": stored.first_seen,
        "replays": stored.replays,
    }
