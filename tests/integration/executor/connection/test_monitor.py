"""A broken connection: whose work waits, who is told, and that it goes on by itself (LL-18 to LL-21, LL-25, LL-29)."""

from collections.abc import Callable
from typing import Any

import pytest
import structlog.testing

from connectors.database import tables
from connectors.database.org_status import org_statuses
from processors.model.connection import WHOLE_ORG, Cause
from processors.model.errors import OrgDown, RequestRefused
from tests.fakes.scheduler import Rig, command, integration

Begin = Callable[..., Rig]
MAPS = {"map": {"lead": {"Title": "result_code"}, "contact": {"Title": "result_code"}}}


class Rotated:
    """A credential that a test changes."""

    def __init__(self) -> None:
        self.fresh = False
        self.adopted = 0

    def changed(self) -> bool:
        """Whether it was changed."""
        return self.fresh

    def adopt(self) -> None:
        """Use it."""
        self.fresh = False
        self.adopted += 1


def told(rig: Rig) -> list[tuple[str, str | None, tuple[str, ...]]]:
    return [(notice.kind, notice.cause, notice.integrations) for notice in rig.notices()]


def waits(rig: Rig) -> dict[str, int]:
    return rig.executor.scheduler.counts(rig.clock())


@pytest.mark.parametrize("cause", WHOLE_ORG)
def test_ll_19_to_21_a_broken_connection_pauses_the_org_tells_once_and_goes_on_by_itself(
    begin: Begin, cause: Cause
) -> None:
    rig = begin(integration("upsert"), integration("other"), check_every=0.1)
    rig.settle_start()
    rig.org.broken = OrgDown("login was refused", code="x", cause=cause)
    rig.send(*(command(f"p{n}@example.com") for n in range(500)))
    rig.wait(lambda: bool(rig.notices()), what="the notice")
    rig.send(command("late@example.com", integration="other"))
    checks = rig.checks()
    rig.wait(lambda: rig.checks() >= checks + 3, what="three looks at the connection")
    assert told(rig) == [("connection_broken", cause, ("other", "upsert"))]
    assert rig.outcomes() == []
    assert rig.executor.connection.closed
    rig.org.broken = None
    outcomes = rig.settle(501)
    assert len({outcome.outcome_id for outcome in outcomes}) == len(outcomes) == 501
    assert rig.org.created("Lead") == 501
    assert told(rig) == [
        ("connection_broken", cause, ("other", "upsert")),
        ("connection_mended", cause, ("other", "upsert")),
    ]
    first, last = rig.notices()
    assert first.command_id == last.command_id


def test_ll_25_a_crash_in_an_episode_tells_nobody_twice(begin: Begin) -> None:
    rig = begin(check_every=0.1)
    rig.settle_start()
    rig.org.broken = OrgDown("login was refused", cause="auth_token")
    rig.send(command("a@example.com"))
    rig.wait(lambda: bool(rig.notices()), what="the notice")
    rig.restart()
    rig.wait(lambda: rig.checks() >= 2, what="two looks after the crash")
    rig.org.broken = None
    rig.settle(1)
    assert [notice.kind for notice in rig.notices()] == ["connection_broken", "connection_mended"]
    assert len({notice.command_id for notice in rig.notices()}) == 1


def test_ll_18_a_field_refused_by_a_row_holds_only_who_maps_it_and_describe_is_read_once(begin: Begin) -> None:
    rig = begin(integration("maps", **MAPS), integration("plain"), check_every=600.0)
    rig.settle_start()
    rig.org.remove("Lead.Title")
    rig.send(*(command(f"m{n}@example.com", integration="maps", Title="Boss") for n in range(30)))
    rig.wait(lambda: waits(rig)["held"] == 30, what="thirty held commands")
    rig.send(*(command(f"p{n}@example.com", integration="plain") for n in range(30)))
    assert {outcome.integration for outcome in rig.settle(30)} == {"plain"}
    assert rig.org.facts_read.count(True) == 1
    assert told(rig) == [("connection_broken", "field_removed", ("maps",))]
    assert "Lead.Title" in rig.notices()[0].reason
    assert waits(rig)["due"] == 0


def test_ll_18_a_field_refused_by_a_query_holds_only_who_maps_it(begin: Begin) -> None:
    rig = begin(integration("maps", **MAPS), integration("plain"), check_every=600.0)
    rig.settle_start()
    rig.org.remove("Lead.Title")
    rig.org.refuse_by_query("Title")
    rig.send(command("m@example.com", integration="maps", Title="Boss"), command("p@example.com", integration="plain"))
    (outcome,) = rig.settle(1)
    assert outcome.integration == "plain"
    rig.wait(lambda: waits(rig)["held"] == 1, what="the held command")
    assert [item.integration for item in rig.outcomes()] == ["plain"]
    assert rig.org.facts_read.count(True) == 1


def test_ll_18_a_field_that_is_there_again_lets_its_commands_go_on_in_order(begin: Begin) -> None:
    rig = begin(integration("maps", **MAPS), check_every=0.1)
    rig.settle_start()
    rig.org.remove("Lead.Title")
    rig.send(*(command("one@example.com", integration="maps", Title=f"{n}") for n in range(5)))
    rig.wait(lambda: waits(rig)["held"] == 5, what="five held commands")
    rig.restart()
    rig.wait(lambda: waits(rig)["held"] == 5, what="five held commands after a crash")
    rig.org.restore("Lead.Title")
    assert len(rig.settle(5)) == 5
    (lead,) = rig.org.of("Lead")
    assert lead["Title"] == "4"
    assert [notice.kind for notice in rig.notices()] == ["connection_broken", "connection_mended"]


def test_ll_18_a_person_whom_a_held_command_is_about_is_not_held_for_others(begin: Begin) -> None:
    rig = begin(integration("maps", **MAPS), integration("plain"), check_every=600.0)
    rig.settle_start()
    rig.org.remove("Lead.Title")
    rig.send(command("one@example.com", integration="maps", Title="Boss"))
    rig.wait(lambda: waits(rig)["held"] == 1, what="a held command")
    rig.send(command("one@example.com", integration="plain"))
    assert [outcome.integration for outcome in rig.settle(1)] == ["plain"]


def test_a_refusal_that_describe_does_not_confirm_stays_a_refusal(begin: Begin) -> None:
    rig = begin(integration("maps", **MAPS))
    rig.settle_start()
    rig.org.gone_rows.add("Title")
    rig.send(command("one@example.com", integration="maps", Title="Boss"))
    (outcome,) = rig.settle(1)
    assert (outcome.kind, outcome.reason) == ("error", "salesforce_refused")
    assert rig.org.facts_read.count(True) == 1
    assert rig.notices() == []


def test_ll_29_a_changed_credential_holds_the_org_until_the_mapping_is_proven(begin: Begin) -> None:
    rotated = Rotated()
    rig = begin(integration("maps", **MAPS), check_every=0.1, credential=rotated)
    rig.settle_start()
    rig.org.broken = OrgDown("away")
    rotated.fresh = True
    rig.wait(lambda: rig.executor.connection.unproven, what="the hold")
    rig.send(command("one@example.com", integration="maps"))
    rig.wait(lambda: rotated.adopted >= 1, what="the new credential")
    assert rig.outcomes() == []
    assert rig.notices() == []
    rig.org.broken = None
    assert len(rig.settle(1)) == 1
    assert not rig.executor.connection.broken


def test_ll_29_a_right_that_the_new_user_lacks_holds_the_integration(begin: Begin) -> None:
    rotated = Rotated()
    rig = begin(integration("maps", **MAPS), check_every=0.1, credential=rotated)
    rig.settle_start()
    rig.org.read_only.add("Lead.Title")
    rotated.fresh = True
    rig.wait(lambda: told(rig) == [("connection_broken", "field_removed", ("maps",))], what="the notice")
    rig.send(command("one@example.com", integration="maps"))
    rig.wait(lambda: waits(rig)["held"] == 1, what="a held command")
    checks = rig.checks()
    rig.wait(lambda: rig.checks() >= checks + 3, what="three looks")
    assert rig.outcomes() == []
    rig.org.read_only.clear()
    assert len(rig.settle(1)) == 1


def test_sp_30_an_org_without_an_enabled_integration_is_never_asked(begin: Begin) -> None:
    rig = begin(integration("off", enabled=False), check_every=0.02, credential=Rotated())
    assert not rig.executor.connection.wanted
    rig.executor._check.begin(rig.clock() + 3600, lambda check: check())
    assert rig.org.facts_read == []


def test_a_whole_request_that_names_what_is_gone_holds_who_maps_it(begin: Begin) -> None:
    rig = begin(integration("maps", **MAPS), check_every=600.0)
    rig.settle_start()
    rig.org.remove("Lead.Title")

    def refuse(_rows: Any) -> None:
        raise RequestRefused("No such column 'Title' on sobject of type Lead", absent="Title")

    rig.org.before = refuse
    rig.send(command("one@example.com", integration="maps", Title="Boss"))
    rig.wait(lambda: waits(rig)["held"] == 1, what="a held command")
    assert rig.outcomes() == []


def test_held_commands_say_in_the_ledger_why_they_wait(begin: Begin) -> None:
    rig = begin(integration("maps", **MAPS), check_every=0.1)
    rig.settle_start()
    rig.org.remove("Lead.Title")
    rig.send(command("one@example.com", integration="maps", Title="Boss"))
    rig.wait(lambda: waits(rig)["held"] == 1, what="a held command")
    rig.send(command("two@example.com", integration="maps", Title="Boss"))

    def blockers() -> list[str]:
        with rig.engine.connect() as connection:
            rows = connection.execute(tables.command.select()).all()
            return [row.blocker for row in rows if "Lead.Title" in (row.why or "")]

    rig.wait(lambda: blockers() == ["field_removed"] * 2, what="both to say why")
    (status,) = org_statuses(rig.engine)
    assert (status.held, status.broken) == (2, ("field_removed",))
    rig.org.restore("Lead.Title")
    rig.settle(2)
    (status,) = org_statuses(rig.engine)
    assert (status.held, status.broken) == (0, ())


def test_ll_4_an_org_that_allows_too_few_api_calls_is_told_once_with_both_numbers(begin: Begin) -> None:
    with structlog.testing.capture_logs() as lines:
        rig = begin(check_every=0.05, api_calls_needed=1500, used=(10, 1000))
        rig.settle_start()
        rig.org.broken = OrgDown("refused", cause="no_api")
        rig.send(command("a@example.com"))
        rig.wait(lambda: bool(rig.notices()), what="the notice")
        rig.org.broken = None
        rig.settle(1)
    told = [line for line in lines if "allowed" in line]
    assert [(row["log_level"], row["allowed"], row["needed"]) for row in told] == [("warning", 1000, 1500)]
    assert rig.metrics.last["api_calls_allowed", "main"] == 1000
    assert rig.metrics.last["api_calls_needed", "main"] == 1500


def test_ll_4_an_org_that_allows_enough_is_not_told(begin: Begin) -> None:
    with structlog.testing.capture_logs() as lines:
        begin(api_calls_needed=1500, used=(10, 1500)).settle_start()
    assert [line for line in lines if "allowed" in line] == []


def test_the_state_of_the_connection_is_one_gauge_by_cause(begin: Begin) -> None:
    rig = begin(integration("maps", **MAPS), check_every=0.1)
    rig.settle_start()

    def state() -> set[str]:
        return {key[2] for key, value in rig.metrics.last.items() if key[0] == "connection_state" and value}

    rig.wait(lambda: state() == {"whole"}, what="a whole connection")
    rig.org.remove("Lead.Title")
    rig.send(command("one@example.com", integration="maps", Title="Boss"))
    rig.wait(lambda: state() == {"field_removed"}, what="a removed field")
    assert rig.metrics.last["integration_held", "main", "maps"] == 1
    rig.org.restore("Lead.Title")
    rig.settle(1)
    assert state() == {"whole"}
    assert rig.metrics.last["integration_held", "main", "maps"] == 0
    rig.executor.close()
    assert state() == set()


def test_commands_of_an_integration_that_was_turned_off_go_on_too_when_the_connection_is_mended(begin: Begin) -> None:
    rig = begin(integration("off", enabled=False), check_every=0.1)
    rig.org.broken = OrgDown("refused", cause="auth_token")
    rig.send(command("a@example.com", integration="off"))
    rig.wait(lambda: rig.executor.connection.closed, what="the broken connection")
    rig.org.broken = None
    assert len(rig.settle(1)) == 1
