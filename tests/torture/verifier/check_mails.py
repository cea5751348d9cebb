"""
I5: every error is told to every recipient of its integration, and a mail that comes twice is the same mail.

Rule of this file: pure; a mail is what the server took, by its envelope.
"""

from collections import defaultdict
from collections.abc import Iterator

from tests.torture.verifier.history import History, Violation


def errors_told(history: History) -> Iterator[Violation]:
    """I5: each error's ID is in a mail to each recipient, always with the same Message-ID, and to nobody else."""
    if history.mails is None:
        return
    told: dict[tuple[str, str], set[str]] = defaultdict(set)
    errors = {
        outcome.id: str(outcome.value["integration"])
        for outcome in history.outcomes
        if outcome.value["kind"] == "error"
    }
    for mail in history.mails:
        for outcome_id in (error for error in errors if error in mail.text):
            for recipient in mail.recipients:
                told[outcome_id, recipient].add(mail.message_id)
    wanted = {
        (outcome_id, recipient.lower())
        for outcome_id, integration in errors.items()
        for recipient in history.sent.recipients.get(integration, ())
    }
    for outcome_id, recipient in sorted(wanted - told.keys()):
        yield Violation("I5", f"error {outcome_id} is in no mail to {recipient}")
    for (outcome_id, recipient), message_ids in sorted(told.items()):
        if (outcome_id, recipient) not in wanted:
            yield Violation(
                "I5", f"error {outcome_id} was mailed to {recipient}, who is no recipient of its integration"
            )
        elif len(message_ids) > 1:
            yield Violation("I5", f"error {outcome_id} was mailed to {recipient} under {len(message_ids)} Message-IDs")
