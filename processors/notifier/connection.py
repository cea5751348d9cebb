"""
Stage *compose* of the notifier: what a mail about a broken or mended connection says.

In: a `Notice` of a connection and one recipient.  Out: a `Mail`, its bytes the same for the same input.  Pure.
Rule of this file: as of compose.py: text of others enters only through `clean`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from processors.model.connection import SENTENCES, Sentence
from processors.notifier.clean import clean
from processors.notifier.compose import MailSettings, made
from processors.notifier.facts import when
from processors.notifier.ports import Mail
from schemas.identity import notice_id
from schemas.notice import Notice

KINDS = ("connection_broken", "connection_mended")
UNKNOWN = Sentence("the connection cannot be used", "Ask whoever operates Signalbox.")
MOST_NAMES = 20


def id_of(notice: Notice) -> str:
    """Return the ID under which a notice's mails are noted: one for each end of an incident (LL-25)."""
    return notice_id(notice.command_id, notice.kind)


def recipients_of(
    notice: Notice, owners: Mapping[str, Sequence[str]], recipients: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    """
    Return who is told of a connection: the owners of the org's connection, else the recipients of what waits for it.

    Both may be empty: then nobody is mailed (SP-33).
    """
    if notice.org in owners:
        return tuple(owners[notice.org])
    found = (address for name in notice.integrations for address in recipients.get(name, ()))
    return tuple({address.lower(): address for address in found}.values())


def compose_connection(notice: Notice, recipient: str, settings: MailSettings) -> Mail:
    """Return the mail that tells *recipient* that a connection broke, or that it is mended (LL-25)."""
    sentence = next((words for cause, words in SENTENCES.items() if cause == notice.cause), UNKNOWN)
    org, broken = clean(notice.org, 60), notice.kind == "connection_broken"
    field = notice.cause == "field_removed"
    whose = "some integrations of" if field else "all integrations of"
    view: dict[str, Any] = {
        "headline": f"Salesforce org {org}: {'connection broken' if broken else 'connection mended'}",
        "happened": f"Signalbox cannot work for {whose} the Salesforce org {org}: {sentence.what}."
        if broken
        else f"Signalbox works for the Salesforce org {org} again; no longer so: {sentence.what}.",
        "seen": clean(notice.reason, 500) if broken else "",
        "todo": sentence.todo if broken else "",
        "work": "Nothing is lost: it waits, in order. The connection is looked at every minute; the work goes on by "
        "itself when it is mended, and you are told."
        if broken
        else "What waited is carried out now, in order. There is nothing to do.",
        "foot": [
            ("Org", " ".join(filter(None, (org, settings.instance_urls.get(notice.org, ""))))),
            ("Cause", clean(notice.cause or "unknown", 40)),
            ("Integrations", _names(notice.integrations)),
            ("Time", when(notice.time)),
            ("Incident", clean(notice.command_id, 80)),
        ],
    }
    subject = f"Salesforce org {org}: {sentence.what if broken else 'connection mended'}"
    return made("connection", subject, view, (id_of(notice),), notice.time, recipient, settings)


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(clean(name, 60) for name in names[:MOST_NAMES])
    return f"{shown} and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else shown
