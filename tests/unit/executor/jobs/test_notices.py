"""What is told before the end of a command, or of an org's connection."""

from datetime import UTC, datetime, timedelta

import orjson

from processors.executor.jobs.job import Job
from processors.executor.jobs.notices import LONGEST_SENTENCE, incident_notice, job_notice, ledger_row
from processors.model.connection import SENTENCES
from processors.model.incidents import Incident
from schemas.notice import Notice
from schemas.outcome import Candidate
from schemas.shorten import OUTCOME_BYTES
from tests.fakes.scheduler import CODEC, command, integration

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
INCIDENT = Incident("field_removed", ("upsert",), NOW.timestamp(), "Lead.Title is gone")


def headers(notice: Notice) -> list[tuple[str, bytes]]:
    return [("ce_id", notice.command_id.encode())]


def job() -> Job:
    return Job(command("a@example.com", event_id="e1"), integration(), 1, 0, 0.0, frozenset())


def test_a_notice_about_a_command_names_its_event_its_person_and_until_when_it_waits() -> None:
    until = NOW + timedelta(hours=1)
    notice = job_notice(item := job(), "parked", "two match", NOW, (Candidate("Lead", "00Q1", "Ann"),), until)
    assert (notice.command_id, notice.event_id, notice.integration, notice.org) == (item.id, "e1", "upsert", "main")
    assert (notice.person.email, notice.until) == ("a@example.com", until)
    assert [each.id for each in notice.candidates] == ["00Q1"]


def test_one_command_has_one_notice_of_a_kind_however_often_it_is_told() -> None:
    item = job()
    rows = [ledger_row(job_notice(item, "parked", why, NOW), CODEC, headers) for why in ("first", "again")]
    other = ledger_row(job_notice(item, "resumed", "chosen", NOW), CODEC, headers)
    assert rows[0].notice_id == rows[1].notice_id != other.notice_id
    assert rows[0].key == item.id
    assert orjson.loads(rows[0].headers) == {"ce_id": item.id}


def test_a_broken_connection_is_told_as_of_when_it_broke_and_a_mended_one_as_of_now() -> None:
    later = NOW + timedelta(hours=2)
    broken = incident_notice("main", INCIDENT, "connection_broken", later)
    mended = incident_notice("main", INCIDENT, "connection_mended", later)
    assert (broken.time, mended.time) == (NOW, later)
    assert broken.reason == f"{SENTENCES['field_removed'].what}: Lead.Title is gone"
    assert mended.reason == f"no longer: {SENTENCES['field_removed'].what}"
    assert broken.command_id == mended.command_id, "both are about one incident"
    assert broken.integrations == ("upsert",)


def test_a_notice_is_as_long_as_a_topic_takes_whatever_it_holds() -> None:
    long = Incident("field_removed", ("upsert",), NOW.timestamp(), "x" * 10_000)
    assert len(incident_notice("main", long, "connection_broken", NOW).reason) == LONGEST_SENTENCE
    many = tuple(Candidate("Lead", f"00Q{number:015}", "n" * 2_000) for number in range(2_000))
    row = ledger_row(job_notice(job(), "parked", "many match", NOW, many), CODEC, headers)
    assert len(row.notice) <= OUTCOME_BYTES
    assert Notice.from_avro(CODEC.decode("notice", row.notice)).reason == "many match"
