"""
Commands *match*: what waits for someone's choice, and choosing.

In: the ledger.  Out: lines; for a choice one event of the contract `UserAction` on its topic.
Rule of this file: it never touches the ledger: a choice goes the way of every event, and the executor says what came
of it.
"""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from confluent_kafka import KafkaError, Producer

from connectors.database.parked import Parked, parked_commands
from connectors.kafka.options import producer_config
from processors.model.errors import Misconfigured, SignalboxError
from processors.notifier.clean import clean
from schemas.codec import Codec
from schemas.notice import Notice
from schemas.outcome import Candidate
from schemas.topics import SOURCE_USER_ACTION
from schemas.user_action import UserAction
from schemas.values import Agent, Person
from signalbox.codec import open_codec
from signalbox.commands.common import as_json_line
from signalbox.commands.ledger import migrated_engine
from signalbox.settings import Settings, load_settings

FLUSH_SECONDS = 30.0


def list_parked(
    integration: Annotated[str | None, typer.Option(help="Of this integration alone.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show what is parked, with the records to choose from. Example: `signalbox match list`."""
    settings = load_settings()
    codec = open_codec(settings)
    found = parked_commands(migrated_engine(settings), integration)
    for parked in found:
        notice = _notice(parked, codec)
        if as_json:
            as_json_line(_plain(parked, notice))
        else:
            for line in _lines(parked, notice):
                typer.echo(line)
    if not found and not as_json:
        typer.echo("nothing is parked")


def resolve(
    outcome_id: Annotated[str, typer.Argument(help="What `match list` shows first: the ID of the parked command.")],
    record: Annotated[str | None, typer.Option(help="ID of the lead, contact or account that is meant.")] = None,
    new: Annotated[bool, typer.Option("--new", help="None of them: let a new record be made.")] = False,
    always: Annotated[bool, typer.Option("--always", help="It holds for all that follows about this person.")] = False,
    by: Annotated[str | None, typer.Option(help="Who chose: an e-mail address.")] = None,
) -> None:
    """Choose for one parked command. Example: `signalbox match resolve 6f1c… --record 00Q… --always`."""
    if new == (record is not None):
        raise Misconfigured(["a choice is one record or none of them; give --record ID or --new"])
    settings = load_settings()
    codec = open_codec(settings)
    found = parked_commands(migrated_engine(settings), command_id=outcome_id)
    if not found:
        raise SignalboxError(
            f"nothing is parked under {outcome_id}: it was chosen for before, or its time was up; "
            "`signalbox match list` shows what waits"
        )
    notice = _notice(found[0], codec)
    action = choice(found[0], notice, record, always=always, by=by, now=datetime.now(UTC))
    _send(settings, action, codec)
    typer.echo(f"{outcome_id} goes on with {_chosen(notice, record)}; its outcome follows")


def choice(
    parked: Parked, notice: Notice | None, record: str | None, *, always: bool, by: str | None, now: datetime
) -> UserAction:
    """Return the event that chooses *record*, or none of the candidates, for a parked command."""
    return UserAction(
        event_id=str(uuid.uuid4()),
        action="choose_match",
        integration=parked.integration,
        at=now,
        person=notice.person if notice else Person(),
        agent=Agent(email=by) if by else None,
        salesforce_id=record,
        about=parked.command_id,
        create_new=record is None,
        remember=always,
    )


def _send(settings: Settings, action: UserAction, codec: Codec) -> None:
    refused: list[KafkaError] = []
    producer = Producer(producer_config(settings.kafka.client(None)))
    value = codec.encode("user_action", action.to_avro())

    def answered(error: KafkaError | None, _message: object) -> None:
        refused.extend([error] if error else [])

    producer.produce(SOURCE_USER_ACTION, value, action.event_id.encode(), on_delivery=answered)
    if producer.flush(FLUSH_SECONDS) or refused:
        why = refused[0].str() if refused else f"no answer within {FLUSH_SECONDS:.0f} s"
        raise SignalboxError(f"the choice could not be published to {SOURCE_USER_ACTION}: {why}; try again")


def _notice(parked: Parked, codec: Codec) -> Notice | None:
    return Notice.from_avro(codec.decode("notice", parked.notice)) if parked.notice else None


def _lines(parked: Parked, notice: Notice | None) -> Sequence[str]:
    until = datetime.fromtimestamp(parked.until, UTC)
    about = ""
    if notice:
        person = notice.person
        names = (person.whole_name, *person.emails, *person.all_phones)
        about = " ".join(name for name in names if name)
    first = f"{parked.command_id}  {parked.integration}  {about}  until {until:%Y-%m-%d %H:%MZ}  {parked.why}"
    return [
        clean(first, 400),
        *(
            "  ".join(
                filter(
                    None,
                    (
                        f"    {candidate.object} {candidate.id}",
                        clean(candidate.name or "-", 100),
                        _owner(candidate),
                        _created(candidate),
                    ),
                )
            )
            for candidate in (notice.candidates if notice else ())
        ),
    ]


def _chosen(notice: Notice | None, record: str | None) -> str:
    """Return what was chosen, by its name where the notice tells it."""
    if record is None:
        return "a new record"
    named = (
        candidate
        for candidate in (notice.candidates if notice else ())
        if candidate.id[:15] == record[:15] and candidate.name
    )
    return next((f"{candidate.object} {clean(candidate.name, 100)} ({candidate.id})" for candidate in named), record)


def _owner(candidate: Candidate) -> str:
    return f"owner {clean(candidate.owner, 80)}" if candidate.owner else ""


def _created(candidate: Candidate) -> str:
    return f"created {candidate.created:%Y-%m-%d}" if candidate.created else ""


def _plain(parked: Parked, notice: Notice | None) -> dict[str, object]:
    return {
        "outcome_id": parked.command_id,
        "org": parked.org,
        "integration": parked.integration,
        "until": datetime.fromtimestamp(parked.until, UTC).isoformat(),
        "why": parked.why,
        "candidates": [
            {"object": candidate.object, "id": candidate.id, "name": candidate.name, "created": candidate.created}
            for candidate in (notice.candidates if notice else ())
        ],
    }
