"""What is known of an org is read when it is needed: once in a while, after a refusal, once for what is gone."""

from types import SimpleNamespace
from typing import Any

import pytest

from processors.executor.connection.org_facts import FACTS_SECONDS, OrgMetadataCache
from processors.executor.jobs.job import Job
from processors.executor.jobs.progress import Delayed, FieldMissing
from processors.integration.model import Integration
from processors.model.errors import OrgDown
from tests.fakes.org import FakeOrg
from tests.fakes.scheduler import command


class Monitor:
    """A monitor that holds the jobs of the integrations that are named."""

    def __init__(self) -> None:
        self.seen_facts: list[Any] = []
        self.held: set[str] = set()
        self.integrations: tuple[Integration, ...] = ()

    def seen(self, facts: Any) -> None:
        """Note what was read."""
        self.seen_facts.append(facts)

    def holds(self, job: Job) -> bool:
        """Whether its integration waits for a field."""
        return job.command.integration in self.held

    def why(self, _job: Job) -> str:
        """Return why a job waits."""
        return "its field is gone"


class Known:
    """A cache on an org in memory, and its surroundings."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.org = FakeOrg(lambda: self.now)
        self.monitor = Monitor()
        deps: Any = SimpleNamespace(org="main", salesforce=self.org, clock=lambda: self.now)
        self.cache = OrgMetadataCache(deps, self.monitor)  # type: ignore[arg-type]  # a monitor in small

    def job(self, integration: str) -> Job:
        """Return a job of an integration."""
        return Job(command("a@example.com", integration=integration), None, 1, 0, 0.0, frozenset())


@pytest.fixture
def known() -> Known:
    return Known()


def test_facts_are_believed_for_a_while_and_read_anew_after_it(known: Known) -> None:
    first = known.cache.org()[1]
    known.now += FACTS_SECONDS
    assert known.cache.org()[1] is first
    known.now += 1
    assert known.cache.org()[1] is not first
    assert len(known.monitor.seen_facts) == 2


def test_forgotten_facts_are_read_before_the_next_batch(known: Known) -> None:
    known.cache.org()
    known.cache.forget()
    known.cache.org()
    assert known.org.facts_read == [False, False]


def test_an_org_without_a_connection_is_down(known: Known) -> None:
    known.cache._deps.salesforce = None  # type: ignore[misc]  # the dependencies of this test are no frozen value
    with pytest.raises(OrgDown, match="no connection is configured"):
        known.cache.org()


def test_describe_is_read_once_for_each_thing_that_is_gone(known: Known) -> None:
    job = known.job("plain")
    for gone in ("Lead.Title", "Lead.Title", "Lead.Phone"):
        assert known.cache.all_held(gone, [job]) is None
    assert known.org.facts_read == [True, True]


def test_who_maps_what_is_gone_is_held_and_the_others_go_on_at_once(known: Known) -> None:
    maps, plain = known.job("maps"), known.job("plain")
    known.monitor.held = {"maps"}
    found = known.cache.all_held("Lead.Title", [maps, plain])
    assert found is not None
    waiting, going = found
    assert waiting == FieldMissing(maps, "its field is gone")
    assert isinstance(going, Delayed)
    assert (going.job, going.delay) == (plain, 0.0)


def test_all_wait_a_moment_where_describe_cannot_be_read(known: Known) -> None:
    job = known.job("plain")
    known.org.broken = OrgDown("login was refused", cause="auth_token")
    assert known.cache.all_held("Lead.Title", [job]) == [Delayed(job, "login was refused")]
