import shutil
import subprocess

import pytest

from tests.fixtures.run import unavailable
from tests.unit.deploy import files

PROMTOOL = shutil.which("promtool")
CASES = files.ROOT / "tests/unit/deploy/alert_cases.yml"


def test_every_alert_says_how_long_how_bad_and_where_to_read_on() -> None:
    for alert in files.alerts():
        name = alert["alert"]
        assert alert["for"], name
        assert alert["labels"]["severity"] in {"critical", "warning"}, name
        assert alert["annotations"]["summary"], name
        assert alert["annotations"]["runbook_url"] == f"docs/runbooks/{name}.md"
        assert (files.ROOT / alert["annotations"]["runbook_url"]).is_file(), name


def test_no_runbook_is_left_without_its_alert() -> None:
    pages = {path.stem for path in (files.ROOT / "docs/runbooks").glob("*.md")}
    assert pages == {alert["alert"] for alert in files.alerts()}


def test_every_alert_has_a_case_where_it_fires_and_one_where_it_is_silent() -> None:
    fires: set[str] = set()
    silent: set[str] = set()
    for case in files.read(CASES)["tests"]:
        for check in case["alert_rule_test"]:
            (fires if check.get("exp_alerts") else silent).add(check["alertname"])
    names = {alert["alert"] for alert in files.alerts()}
    assert names - fires == set()
    assert names - silent == set()


@pytest.mark.outside
def test_promtool_runs_every_case() -> None:
    if PROMTOOL is None:
        unavailable("The cases of the alerts", "promtool (Debian: prometheus)")
    ran = subprocess.run([str(PROMTOOL), "test", "rules", str(CASES)], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stdout + ran.stderr
