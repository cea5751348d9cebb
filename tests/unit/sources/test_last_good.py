"""Which text of each integration file runs, where some are wrong."""

from collections.abc import Mapping

import pytest

from processors.integration.catalog import Integrations
from processors.sources.last_good import Running, running
from processors.sources.load import IntegrationFile, read_integrations
from processors.sources.settings import CLASSES


def text(name: str, code: str = "YES", more: str = "") -> bytes:
    return (
        f"name: {name}\norg: acme\nenabled: true\nproject: Solar\nresult_codes: [{code}]\naction: update_only\n{more}"
    ).encode()


A, B = text("a"), text("b", "NO")
WRONG = A.replace(b"org:", b"orgg:")


def run(files: Mapping[str, bytes], last_good: Mapping[str, bytes] | None = None, newest: str = "") -> Running:
    return running(
        [IntegrationFile(name, file, float(name == newest)) for name, file in files.items()], last_good or {}
    )


def triggers(found: Integrations) -> dict[str, str]:
    return {code: name for (_, _, code), name in found.triggers.items()}


def test_files_without_a_fault_run_as_they_are() -> None:
    found = run({"a.yaml": A, "b.yaml": B})
    assert found.faulty == ()
    assert dict(found.texts) == {"a.yaml": A, "b.yaml": B}
    assert dict(found.integrations.digests) == dict(read_integrations({"a.yaml": A, "b.yaml": B}).digests)


def test_a_faulty_file_runs_by_its_last_good_text_and_the_others_by_their_own() -> None:
    found = run({"a.yaml": WRONG, "b.yaml": B}, {"a.yaml": A, "b.yaml": text("b", "NO", "# older\n")})
    assert triggers(found.integrations) == {"yes": "a", "no": "b"}
    assert dict(found.texts) == {"a.yaml": A, "b.yaml": B}
    [faulty] = found.faulty
    assert (faulty.name, faulty.last_good, faulty.sources) == ("a.yaml", True, ())
    assert "a.yaml:2: key 'orgg' is unknown; did you mean 'org'?" in faulty.faults
    assert found.integrations.unknown_sources == frozenset()


def test_without_a_last_good_text_its_source_is_unknown_and_the_others_run() -> None:
    found = run({"a.yaml": WRONG, "b.yaml": B})
    assert triggers(found.integrations) == {"no": "b"}
    assert found.integrations.unknown_sources == {"call_result"}
    assert not found.faulty[0].last_good


@pytest.mark.parametrize("unreadable", [b"", b"\xff\xfe", b"name: [", b"source: nonsense\nname: a\n", b"- a\n- list\n"])
def test_a_file_that_does_not_name_its_source_may_belong_to_any(unreadable: bytes) -> None:
    found = run({"a.yaml": unreadable, "b.yaml": B})
    assert triggers(found.integrations) == {"no": "b"}
    assert found.integrations.unknown_sources == set(CLASSES)


def test_a_source_is_read_from_a_faulty_file_and_from_its_preset() -> None:
    assert run({"a.yaml": b"source: booking\nname: a\n"}).integrations.unknown_sources == {"booking"}
    assert run({"a.yaml": b"preset: jicoo\nname: a\n"}).integrations.unknown_sources == {"booking"}


def test_vs_4_of_two_files_with_one_trigger_the_one_that_changed_since_is_faulty() -> None:
    for changed in ("a", "b"):
        good = {"a.yaml": A, "b.yaml": B}
        found = run({**good, f"{changed}.yaml": text(changed, "YES, NO")}, good)
        assert [faulty_file.name for faulty_file in found.faulty] == [f"{changed}.yaml"]
        assert triggers(found.integrations) == {"yes": "a", "no": "b"}


def test_vs_4_of_two_new_files_with_one_trigger_the_later_one_is_faulty() -> None:
    for newest, runs in (("a.yaml", "b"), ("b.yaml", "a")):
        found = run({"a.yaml": A, "b.yaml": text("b", "YES")}, newest=newest)
        assert triggers(found.integrations) == {"yes": runs}
        assert [faulty_file.name for faulty_file in found.faulty] == [newest]


def test_a_trigger_that_moves_between_two_files_moves_in_one_step_or_not_at_all() -> None:
    good = {"a.yaml": text("a", "YES, NO"), "b.yaml": text("b", "CB")}
    moved = {"a.yaml": A, "b.yaml": text("b", "CB, NO")}
    assert triggers(run(moved, good).integrations) == {"yes": "a", "no": "b", "cb": "b"}
    half = run({**moved, "a.yaml": WRONG}, good)
    assert triggers(half.integrations) == {"yes": "a", "no": "a", "cb": "b"}
    assert [faulty_file.name for faulty_file in half.faulty] == ["a.yaml", "b.yaml"]


def test_who_no_longer_names_its_partner_back_is_the_faulty_one() -> None:
    def shared(name: str, code: str, partner: str) -> bytes:
        return text(name, code, f"activity: {{enabled: true, object: Task, one_with: {partner}}}\n")

    good = {"a.yaml": shared("a", "YES", "b"), "b.yaml": shared("b", "NO", "a")}
    assert run(good).faulty == ()
    found = run({**good, "b.yaml": B}, good)
    assert [(faulty_file.name, faulty_file.last_good) for faulty_file in found.faulty] == [("b.yaml", True)]
    assert dict(found.texts) == good


def test_a_last_good_text_that_this_version_refuses_does_not_run() -> None:
    found = run({"a.yaml": WRONG, "b.yaml": B}, {"a.yaml": WRONG + b"# older\n", "b.yaml": B})
    assert triggers(found.integrations) == {"no": "b"}
    assert [(faulty_file.name, faulty_file.last_good) for faulty_file in found.faulty] == [("a.yaml", False)]


def test_a_file_that_was_taken_away_does_not_run_by_its_last_good_text() -> None:
    assert triggers(run({"b.yaml": B}, {"a.yaml": A, "b.yaml": B}).integrations) == {"no": "b"}
