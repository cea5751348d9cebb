"""A credential that is rotated while a process runs: noticed by its file, used only when the executor says so."""

import os
from pathlib import Path
from typing import Any, cast

import pytest

from connectors.salesforce.settings import SalesforceSettings
from processors.model.errors import Misconfigured
from processors.model.ports import Salesforce
from signalbox.rotation import RotatingClient, Rotation, setting_files
from signalbox.settings import Settings
from tests.fakes.org import FakeOrg


def org(secret: str = "one", **more: Any) -> SalesforceSettings:
    told = {"login_url": "https://acme.my.salesforce.com", "client_id": "signalbox", "client_secret": secret, **more}
    return SalesforceSettings.model_validate(told)


class Files:
    """Settings in one file that a test rewrites."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.orgs = {"acme": org()}
        self.faulty = False
        self.reads = 0
        self.path.write_text("0")

    def change(self, **orgs: SalesforceSettings) -> None:
        """Rewrite the file, as a rotation does: another file under the same name."""
        self.orgs = orgs
        fresh = self.path.with_suffix(".fresh")
        fresh.write_text(str(self.reads))
        os.replace(fresh, self.path)

    def read(self) -> Settings:
        """Return the settings of the file."""
        self.reads += 1
        if self.faulty:
            raise Misconfigured(["settings: wrong"])
        return Settings(orgs=self.orgs)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path / "settings.yaml")


def client(files: Files) -> tuple[RotatingClient, list[SalesforceSettings]]:
    made: list[SalesforceSettings] = []

    def make(_name: str, settings: SalesforceSettings) -> Salesforce:
        made.append(settings)
        fake = FakeOrg(lambda: 0.0)
        fake.calls = 7
        return cast(Salesforce, fake)

    rotation = Rotation(files.orgs, files.read, lambda: [files.path])
    return RotatingClient("acme", files.orgs["acme"], rotation, make), made


def test_ll_29_another_secret_is_noticed_and_used_when_it_is_adopted(files: Files) -> None:
    rotating, made = client(files)
    assert not rotating.changed()
    files.change(acme=org("two"))
    assert rotating.changed()
    assert len(made) == 1
    rotating.adopt()
    assert not rotating.changed()
    assert made[-1].client_secret == org("two").client_secret
    assert rotating.api_calls() == 14


def test_files_that_did_not_change_are_not_read_again(files: Files) -> None:
    rotating, _ = client(files)
    for _ in range(5):
        rotating.changed()
    assert files.reads == 0
    files.change(acme=org("two"))
    for _ in range(5):
        rotating.changed()
    assert files.reads == 1


def test_nothing_but_the_credential_is_taken_over(files: Files) -> None:
    rotating, made = client(files)
    files.change(acme=org(request_limit=5.0))
    assert not rotating.changed()
    files.change(acme=org("two", request_limit=5.0, read_timeout=1.0))
    rotating.adopt()
    assert (made[-1].request_limit, made[-1].read_timeout) == (600.0, 30.0)


def test_faulty_settings_and_an_org_that_is_gone_change_nothing(files: Files) -> None:
    rotating, made = client(files)
    files.faulty = True
    files.change(acme=org("two"))
    assert not rotating.changed()
    files.faulty = False
    files.change()
    assert not rotating.changed()
    rotating.adopt()
    assert len(made) == 1


def test_the_files_are_those_that_settings_are_read_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "secrets" / "orgs__acme__client_secret"
    secret.parent.mkdir()
    secret.write_text("x")
    monkeypatch.setenv("SIGNALBOX_SETTINGS", str(tmp_path / "signalbox.yaml"))
    monkeypatch.setenv("SIGNALBOX_SECRETS_DIR", str(secret.parent))
    assert setting_files() == [tmp_path / "signalbox.yaml", secret]


@pytest.mark.parametrize("field", ["client_id", "username", "login_url", "organization_id"])
def test_ll_29_every_part_of_the_credential_counts(field: str) -> None:
    other = {"login_url": "https://other.my.salesforce.com", "organization_id": "00D000000000001"}
    assert not org().same_credential(org().model_copy(update={field: other.get(field, "another")}))
    assert org().same_credential(org(owners=["a@example.com"], api_calls_needed=1500))


def test_sp_33_owners_may_be_nobody_and_must_be_addresses() -> None:
    assert org(owners=[]).owners == ()
    assert org().owners is None
    with pytest.raises(ValueError, match="is not a mail address"):
        org(owners=["nobody"])


@pytest.mark.parametrize("bad", ["acme", "001000000000001", "00D1", "00D00000000000'--"])
def test_ll_28_an_organization_id_is_one(bad: str) -> None:
    with pytest.raises(ValueError, match="organization_id"):
        org(organization_id=bad)
