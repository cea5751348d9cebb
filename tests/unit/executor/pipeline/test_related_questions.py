"""What is asked of the org around a batch: activities logged so far, and users; one question an object."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from processors.executor.jobs.job import Job
from processors.executor.jobs.mapped_values import mapped_values
from processors.executor.pipeline.related_data import RelatedData
from processors.executor.pipeline.related_questions import related_questions
from processors.model.org_facts import ObjectFacts, OrgFacts
from processors.model.requests import In, Question
from processors.model.stored_form import fact_of_type
from schemas.values import Agent
from tests.fakes.org import KEY, USER
from tests.fakes.scheduler import command, integration
from tests.fakes.simulated import calls

TASK = ("Id", "WhoId", "WhatId", "OwnerId", "Subject", "Status", "Description", KEY)
OBJECTS = {
    "Task": ObjectFacts("Task", {name: fact_of_type("string") for name in TASK}),
    "User": ObjectFacts("User", {name: fact_of_type("string") for name in ("Id", "Email", "Username", "Extension")}),
}
FACTS = OrgFacts("main", "00D", USER, OBJECTS, {"Task": KEY}, "Converted", datetime.now(UTC))
NOTHING = RelatedData({}, {}, None, {}, None, None, (), (), (), (), {})


def job(place: int = 1, agent: Agent | None = None, enabled: bool = True, **settings: Any) -> Job:
    made = replace(command(f"{place}@example.com"), agent=agent)
    given = integration(activity={"enabled": enabled, "object": "Task"}, **settings)
    return Job(made, given, place, 0, 0.0, frozenset())


def asked(*jobs: Job, facts: OrgFacts = FACTS, **kept: Any) -> dict[str, Question]:
    around = {item.id: replace(NOTHING, **kept) for item in jobs}
    return {question.object: question for question in related_questions(jobs, around, facts)}


def test_a_logged_activity_is_read_by_its_id_with_the_fields_that_the_org_has() -> None:
    question = asked(job(), effects=("e-1",), activities={"e-1": "00T1"})["Task"]
    assert question.any_of == ((In("Id", ("00T1",)),),)
    assert {"Id", "WhoId", "Subject", KEY} <= set(question.fields) <= set(TASK)


def test_what_was_never_seen_logged_is_not_asked_for() -> None:
    """It is written by its key, which finds it."""
    assert "Task" not in asked(job(), effects=("e-1",))


def test_nothing_is_asked_where_no_activity_is_written_or_the_org_has_no_such_object() -> None:
    logged: dict[str, Any] = {"effects": ("e-1",), "activities": {"e-1": "00T1"}}
    assert asked(job(enabled=False), **logged) == {}
    assert asked(job(), facts=replace(FACTS, objects={}), **logged) == {}


def test_agents_are_asked_for_by_every_name_in_one_question() -> None:
    first = job(1, Agent("ann@example.com", "Ann"))
    second = job(2, Agent("bob@example.com", user_id="005000000000001AAA"))
    found = asked(first, second)["User"].any_of
    names = next(condition.values for (condition,) in found if condition.field == "Email")
    assert set(names) == {"ann@example.com", "Ann", "bob@example.com"}
    assert (In("Username", names),) in found
    assert any(condition.field == "Id" and condition.values == ("005000000000001AAA",) for (condition,) in found)


def test_an_extension_is_asked_for_where_the_setting_names_a_field_that_the_org_has() -> None:
    item = job(1, Agent(None, None, extension="201"))

    def of_a_network(field: str | None) -> Job:
        return replace(item, settings=calls(calls={"region": "US", "user_extension": field}))

    assert asked(of_a_network("Extension"))["User"].any_of == ((In("Extension", ("201",)),),)
    assert "User" not in asked(of_a_network("Gone__c"))
    assert "User" not in asked(of_a_network(None))


def test_an_owner_that_a_map_names_is_asked_for_too() -> None:
    item = job()
    item.renew(replace(item.command, lead={**item.command.lead, "OwnerId": "owner@example.com"}))
    assert mapped_values(item)["Lead"]["OwnerId"] == "owner@example.com"
    assert (In("Email", ("owner@example.com",)),) in asked(item)["User"].any_of


def test_a_command_without_settings_maps_nothing() -> None:
    assert mapped_values(replace(job(), settings=None)) == {}
