"""Incidents: when one begins, when it ends, and that its ID never changes."""

from processors.executor.session.report import shares
from processors.model.connection import Break, Cause
from processors.model.incidents import Incident, incidents_from_json, org_answers, org_broke, to_json

LOGIN = Break("auth_password", ("b", "a"), "refused")
FIELD = Break("field_removed", ("a",), "Lead.X is gone")


def test_ll_25_the_same_cause_again_is_the_same_episode() -> None:
    first = org_broke((), LOGIN, 10.0)
    assert [incident.integrations for incident in first.began] == [("a", "b")]
    again = org_broke(first.open, Break("auth_password", ("a", "b"), "refused otherwise"), 70.0)
    assert again.open == first.open
    assert again.began == again.ended == ()


def test_ll_25_another_cause_is_another_episode_and_the_first_is_not_told_as_mended() -> None:
    first = org_broke((), LOGIN, 10.0)
    turn = org_broke(first.open, Break("ip_restricted", ("a", "b"), "x"), 20.0)
    assert [incident.cause for incident in turn.open] == ["ip_restricted"]
    assert turn.ended == ()


def test_an_org_that_answers_ends_the_episode() -> None:
    first = org_broke((), LOGIN, 10.0)
    turn = org_answers(first.open, [], 20.0)
    assert (turn.open, turn.ended) == ((), first.open)


def test_ll_18_integrations_that_lose_a_field_together_are_one_episode_until_none_lacks_it() -> None:
    both = [FIELD, Break("field_removed", ("b",), "Lead.X is gone")]
    first = org_answers((), both, 10.0)
    assert [incident.integrations for incident in first.began] == [("a", "b")]
    one_left = org_answers(first.open, [FIELD], 20.0)
    assert (one_left.open, one_left.ended) == (first.open, ())
    assert org_answers(first.open, [], 30.0).ended == first.open


def test_ll_18_a_field_that_another_integration_loses_later_is_an_episode_of_its_own() -> None:
    first = org_answers((), [FIELD], 10.0)
    turn = org_answers(first.open, [FIELD, Break("field_removed", ("b",), "Lead.Y is gone")], 20.0)
    assert [incident.integrations for incident in turn.began] == [("b",)]
    assert len(turn.open) == 2


def test_a_broken_login_leaves_what_is_known_of_fields_as_it_is() -> None:
    first = org_answers((), [FIELD], 10.0)
    turn = org_broke(first.open, LOGIN, 20.0)
    assert {incident.cause for incident in turn.open} == {"field_removed", "auth_password"}
    assert org_answers(turn.open, [FIELD], 30.0).open == first.open


def test_an_episode_is_known_by_org_cause_integrations_and_beginning() -> None:
    incident = Incident("auth_token", ("a", "b"), 10.0, "x")
    assert incident.id("main") == Incident("auth_token", ("b", "a"), 10.0, "other words").id("main")
    others = [incident.id("other"), *(Incident(*of).id("main") for of in OTHERS)]
    assert len({incident.id("main"), *others}) == 5


OTHERS: list[tuple[Cause, tuple[str, ...], float, str]] = [
    ("no_api", ("a", "b"), 10.0, "x"),
    ("auth_token", ("a",), 10.0, "x"),
    ("auth_token", ("a", "b"), 11.0, "x"),
]


def test_episodes_come_back_from_the_ledger_as_they_were() -> None:
    kept = (Incident("auth_token", ("a", "b"), 10.25, "ü"), Incident("field_removed", (), 11.0, ""))
    assert incidents_from_json(to_json(kept)) == kept


def test_ll_1_api_calls_are_shared_by_whose_commands_were_worked_on() -> None:
    assert shares({"a": 30, "b": 10}, 4) == {"a": 3.0, "b": 1.0}
    assert shares({}, 9) == {"none": 9.0}
    assert shares({"a": 3}, 0) == {}
