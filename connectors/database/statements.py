"""
The ledger's frequent writes, as statements with parameters.

Rule of this file: each names the states to which it applies; a command that has ended is never changed.
"""

from sqlalchemy import bindparam, update

from connectors.database import tables

_command = tables.command.c

ENDED = ("settled", "absorbed")
"""States that nothing follows."""
# One comparison each: a list of values cannot go with many rows of parameters.
_OPEN = tuple(_command.state != ended for ended in ENDED)

POSTPONE = (
    update(tables.command)
    .where(_command.id == bindparam("p_id"), *_OPEN)
    .values(
        state="waiting",
        due=bindparam("p_due"),
        why=bindparam("p_why"),
        blocker=bindparam("p_blocker"),
        tries=bindparam("p_tries"),
        crashes=bindparam("p_crashes"),
        alone=bindparam("p_alone"),
        plan=bindparam("p_plan"),
        parked=bindparam("p_parked"),
    )
)
INTEND = (
    update(tables.command)
    .where(_command.id == bindparam("p_id"), *_OPEN)
    .values(state="intended", plan=bindparam("p_plan"), blocker=None, parked=False)
)
SETTLE = (
    update(tables.command)
    .where(_command.id == bindparam("p_id"), *_OPEN)
    .values(
        state="settled",
        sequence=bindparam("p_sequence"),
        outcome=bindparam("p_outcome"),
        key=bindparam("p_key"),
        headers=bindparam("p_headers"),
        kind=bindparam("p_kind"),
        reason=bindparam("p_reason"),
        settled_at=bindparam("p_at"),
        plan=None,
        blocker=None,
        parked=False,
    )
)
ABSORB = (
    update(tables.command)
    .where(_command.id == bindparam("p_id"), *_OPEN)
    .values(state="absorbed", settled_at=bindparam("p_at"), plan=None, blocker=None, parked=False)
)
