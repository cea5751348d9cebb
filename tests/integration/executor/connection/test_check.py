"""Every cause of a broken connection as Salesforce says it, through the real client: LL-18 to LL-21, LL-28, LL-29."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import simulator
from processors.model.ports import Salesforce
from signalbox.rotation import RotatingClient, Rotation
from signalbox.settings import load_settings
from simulator import auth
from tests.fakes.scheduler import command, integration
from tests.fakes.simulated import SimulatedRig

TOKEN = {"path_regex": "oauth2/token"}
DATA = {"path_regex": "services/data"}
MAPS = {"map": {"lead": {"Title": "result_code"}, "contact": {"Title": "result_code"}}}


class Rig(SimulatedRig):
    """An executor whose client takes settings of a test, and whose credential can be rotated."""

    client: RotatingClient

    def __init__(self, folder: Path, running: simulator.Running, *integrations: Any, **more: Any) -> None:
        self.file = folder / "signalbox.yaml"
        self.secrets = folder / "secrets"
        self.secrets.mkdir(exist_ok=True)
        told = more.pop("org", {})
        lines = {"login_url": running.url, "client_id": "signalbox", "login_pause": 0.2, **told}
        self.file.write_text("orgs:\n  main:\n" + "".join(f"    {name}: {value}\n" for name, value in lines.items()))
        self.secret("simulated-secret")
        super().__init__(folder, running, integrations or (integration(),), check_every=0.2, **more)

    def secret(self, value: str) -> None:
        """Put the secret into its file, as an operator does who rotates it."""
        fresh = self.secrets / ".fresh"
        fresh.write_text(value)
        os.replace(fresh, self.secrets / "orgs__main__client_secret")

    def salesforce(self) -> Salesforce:
        """Return the client of the settings."""
        os.environ["SIGNALBOX_SETTINGS"], os.environ["SIGNALBOX_SECRETS_DIR"] = str(self.file), str(self.secrets)
        orgs = load_settings().orgs
        self.client = RotatingClient("main", orgs["main"], Rotation(orgs))
        self.credential = self.client
        return self.client

    def wait_for(self, kind: str) -> None:
        """Wait until a notice of this kind is told."""
        self.wait(lambda: any(notice.kind == kind for notice in self.notices()), what=kind)

    def refuses(self, action: str, match: dict[str, str], status: int, body: Any) -> None:
        """Let the org answer so until the faults are cleared."""
        self.control().fault(action, match=match, count=None, status=status, body=body)


Open = Callable[..., Rig]


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    for name in ("SIGNALBOX_SETTINGS", "SIGNALBOX_SECRETS_DIR"):
        monkeypatch.setenv(name, str(tmp_path))
    rigs: list[Rig] = []
    with simulator.serve() as running:

        def make(*integrations: Any, **more: Any) -> Rig:
            rigs.append(Rig(tmp_path, running, *integrations, **more))
            return rigs[-1]

        yield make
        for rig in rigs:
            rig.executor.stop()
            rig.executor.close()


def oauth(error: str, description: str) -> dict[str, str]:
    return {"error": error, "error_description": description}


def call(code: str, message: str) -> list[dict[str, str]]:
    return [{"errorCode": code, "message": message}]


LOGINS = {
    "auth_password": (400, oauth("invalid_grant", "authentication failure - Invalid Password")),
    "auth_credentials": (400, oauth("invalid_client", "invalid client credentials")),
    "auth_token": (400, oauth("invalid_grant", "expired access/refresh token")),
    "ip_restricted": (400, oauth("invalid_grant", "ip restricted")),
    "no_api": (400, oauth("inactive_org", "this org is not active")),
    "wrong_domain": (400, oauth(*auth.REFUSALS["domain"])),
    "wrong_audience": (400, oauth(*auth.REFUSALS["audience"])),
    "app_blocked": (400, oauth(*auth.REFUSALS["blocked"])),
}
CALLS = {
    "auth_password": (403, call("INVALID_OPERATION_WITH_EXPIRED_PASSWORD", "The users password has expired")),
    "no_api": (403, call("API_CURRENTLY_DISABLED", "API is disabled for this User")),
    "ip_restricted": (403, call("LOGIN_DURING_RESTRICTED_DOMAIN", "Invalid login domain")),
    "api_version": (410, call("GONE", "The requested resource has been retired or removed.")),
    "wrong_domain": (302, ""),
}


@pytest.mark.parametrize("cause", LOGINS)
def test_ll_19_to_21_a_refused_login_pauses_the_org_with_its_own_cause_and_loses_nothing(
    opened: Open, cause: str
) -> None:
    rig = opened()
    rig.send(command("first@example.com"))
    rig.settle(1)
    status, body = LOGINS[cause]
    rig.refuses("status", TOKEN, status, body)
    rig.control().revoke()
    rig.send(*(command(f"p{n}@example.com") for n in range(500)))
    rig.wait_for("connection_broken")
    before = len(rig.outcomes())
    rig.control().clear_faults()
    assert before == 1
    outcomes = rig.settle(501)
    assert len({outcome.outcome_id for outcome in outcomes}) == 501
    assert len(rig.rows("Lead")) == 501
    assert [(notice.kind, notice.cause) for notice in rig.notices()] == [
        ("connection_broken", cause),
        ("connection_mended", cause),
    ]


@pytest.mark.parametrize("cause", CALLS)
def test_a_refused_call_has_its_cause_too(opened: Open, cause: str) -> None:
    rig = opened()
    rig.send(command("first@example.com"))
    rig.settle(1)
    status, body = CALLS[cause]
    rig.refuses("status", DATA, status, body)
    rig.send(command("second@example.com"))
    rig.wait_for("connection_broken")
    rig.control().clear_faults()
    rig.settle(2)
    assert [notice.cause for notice in rig.notices()] == [cause, cause]


def test_ll_20_sessions_that_are_refused_again_and_again_are_a_token_that_another_application_took(
    opened: Open,
) -> None:
    rig = opened()
    rig.send(command("first@example.com"))
    rig.settle(1)
    rig.refuses("status", DATA, 401, call("INVALID_SESSION_ID", "Session expired or invalid"))
    rig.send(command("second@example.com"))
    rig.wait_for("connection_broken")
    rig.control().clear_faults()
    rig.settle(2)
    assert rig.notices()[0].cause == "auth_token"


def test_a_token_that_is_revoked_once_is_no_broken_connection(opened: Open) -> None:
    rig = opened()
    rig.send(command("first@example.com"))
    rig.settle(1)
    rig.control().revoke()
    rig.send(command("second@example.com"))
    rig.settle(2)
    assert rig.notices() == []


def test_ll_28_an_org_with_another_id_is_never_worked_on(opened: Open) -> None:
    rig = opened(org={"organization_id": "00D9Z000000AAAA"})
    rig.send(command("first@example.com"))
    rig.wait_for("connection_broken")
    assert rig.notices()[0].cause == "wrong_org"
    paths = {item["path"].partition("?")[0] for item in rig.control().log()}
    assert paths == {"/services/oauth2/token"}
    rig.file.write_text(rig.file.read_text().replace("00D9Z000000AAAA", rig.running.org().id))
    rig.settle(1)
    assert rig.notices()[-1].kind == "connection_mended"


@pytest.mark.parametrize("state", ["removed", "hidden"])
def test_ll_18_a_field_that_is_taken_away_holds_only_who_maps_it(opened: Open, state: str) -> None:
    rig = opened(integration("maps", **MAPS), integration("plain"))
    rig.send(command("first@example.com", integration="maps", Title="Boss"))
    rig.settle(1)
    rig.control().field("Lead", "Title", state)
    rig.send(*(command(f"m{n}@example.com", integration="maps", Title="Boss") for n in range(250)))
    rig.send(*(command(f"p{n}@example.com", integration="plain") for n in range(250)))
    rig.wait_for("connection_broken")
    rig.settle(251)
    rig.wait(lambda: rig.executor.scheduler.counts(rig.clock())["held"] == 250, what="250 held commands")
    assert rig.notices()[0].integrations == ("maps",)
    assert {outcome.integration for outcome in rig.outcomes()[1:]} == {"plain"}
    rig.control().field("Lead", "Title", "there")
    outcomes = rig.settle(501)
    assert {outcome.kind for outcome in outcomes} == {"created"}
    assert len(rig.rows("Lead")) == 501
    assert [notice.kind for notice in rig.notices()] == ["connection_broken", "connection_mended"]


def test_ll_29_a_rotated_secret_is_taken_over_without_a_restart_once_it_is_proven(opened: Open) -> None:
    rig = opened()
    rig.send(command("first@example.com"))
    rig.settle(1)
    rig.control().credentials(client_secret="another")
    rig.control().revoke()
    rig.send(command("second@example.com"))
    rig.wait_for("connection_broken")
    assert rig.notices()[0].cause == "auth_credentials"
    rig.secret("another")
    rig.settle(2)
    assert rig.notices()[-1].kind == "connection_mended"


def test_ll_29_a_rotation_in_time_breaks_nothing(opened: Open) -> None:
    rig = opened()
    rig.send(command("first@example.com"))
    rig.settle(1)
    logins = [item["path"] for item in rig.control().log()].count("/services/oauth2/token")
    rig.control().credentials(client_secret="another")
    rig.secret("another")

    def asked() -> int:
        return [item["path"] for item in rig.control().log()].count("/services/oauth2/token")

    rig.wait(lambda: asked() > logins and not rig.executor.connection.broken, what="a login with the new secret")
    rig.send(command("second@example.com"))
    rig.settle(2)
    assert rig.notices() == []


def test_ll_29_faulty_settings_change_nothing(opened: Open) -> None:
    rig = opened()
    rig.file.write_text(rig.file.read_text() + "    client_idd: other\n")
    assert not rig.client.changed()
    rig.send(command("first@example.com"))
    rig.settle(1)
