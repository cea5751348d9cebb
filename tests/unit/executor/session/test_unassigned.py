"""An org that nobody owns in a settled group is noticed, by whoever has nothing to do first."""

import pytest

from processors.executor.session.unassigned import BUSY_LOOKS, IDLE_LOOKS, LOOK_SECONDS, NoOwner, UnassignedOrgs

LOST = frozenset({"crm.command.acme"})


def looks(unassigned: UnassignedOrgs, count: int, *, owns_some: bool, start: float = 100.0) -> None:
    for number in range(count + 1):
        unassigned.look(start + number * LOOK_SECONDS, owns_some=owns_some)


@pytest.mark.parametrize(("owns_some", "needed"), [(False, IDLE_LOOKS), (True, BUSY_LOOKS)])
def test_an_org_without_owner_at_several_looks_in_a_row_ends_the_session(owns_some: bool, needed: int) -> None:
    looks(UnassignedOrgs(lambda: LOST), needed - 1, owns_some=owns_some)
    with pytest.raises(NoOwner, match=r"nobody in the group owns crm\.command\.acme"):
        looks(UnassignedOrgs(lambda: LOST), needed, owns_some=owns_some)


def test_a_moment_without_owner_is_no_orphan() -> None:
    told = [LOST, frozenset(), LOST, frozenset(), LOST]
    looks(UnassignedOrgs(lambda: told.pop(0)), 5, owns_some=False)


def test_the_broker_is_asked_only_now_and_then() -> None:
    asked: list[int] = []

    def ask() -> frozenset[str]:
        asked.append(1)
        return frozenset()

    unassigned = UnassignedOrgs(ask)
    for moment in range(1000):
        unassigned.look(100.0 + moment * LOOK_SECONDS / 100, owns_some=True)
    assert len(asked) == 9
