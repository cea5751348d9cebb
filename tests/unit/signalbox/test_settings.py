"""Settings: where they come from, all faults at once, and no secret in any text."""

from pathlib import Path

import pytest

from processors.errors import Misconfigured
from signalbox.settings import Settings, load_settings

CANARY = "canary-7f3a9"


@pytest.fixture(autouse=True)
def _nothing_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def _write(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    Path("settings.yaml").write_text(text)
    monkeypatch.setenv("SIGNALBOX_SETTINGS", "settings.yaml")


ORG = "orgs: {main: {login_url: 'https://login.example.com', client_id: app, client_secret: %s}}\n" % CANARY


def test_the_environment_lies_over_the_file_at_every_level(monkeypatch: pytest.MonkeyPatch) -> None:
    _write(monkeypatch, ORG + "kafka: {bootstrap: 'file:9092', replication: 2}\n")
    monkeypatch.setenv("SIGNALBOX_KAFKA__BOOTSTRAP", "variable:9092")
    monkeypatch.setenv("SIGNALBOX_ORGS__MAIN__CLIENT_ID", "other")
    settings = load_settings()
    assert (settings.kafka.bootstrap, settings.kafka.replication) == ("variable:9092", 2)
    assert settings.orgs["main"].client_id == "other"
    assert settings.orgs["main"].login_url == "https://login.example.com"


def test_a_nested_secret_comes_from_a_file_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _write(monkeypatch, "orgs: {main: {login_url: 'https://login.example.com', client_id: app}}\n")
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "orgs__main__client_secret").write_text(CANARY + "\n")
    (secrets / "mail__password").write_text("other\n")
    monkeypatch.setenv("SIGNALBOX_SECRETS_DIR", str(secrets))
    settings = load_settings()
    secret, password = settings.orgs["main"].client_secret, settings.mail.password
    assert secret is not None and secret.get_secret_value() == CANARY
    assert password is not None and password.get_secret_value() == "other"


def test_all_faults_are_told_together_each_on_a_line_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    _write(monkeypatch, "kafka: {replication: 0}\nmetrics: {prt: 1}\nmail: {port: none}\nexecuter: {}\n")
    with pytest.raises(Misconfigured) as told:
        load_settings()
    faults = told.value.faults
    assert len(faults) == 4
    assert all("\n" not in fault and fault.startswith("settings.yaml: ") for fault in faults)
    text = "\n".join(faults)
    assert "kafka.replication" in text and "mail.port" in text
    assert "did you mean 'port'?" in text and "did you mean 'executor'?" in text


def test_a_settings_file_that_is_named_but_missing_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNALBOX_SETTINGS", "nowhere.yaml")
    with pytest.raises(Misconfigured, match="nowhere.yaml.*does not exist"):
        load_settings()


@pytest.mark.parametrize(
    "text",
    [
        ORG + "kafka: {replication: 0}\n",
        "orgs: {main: {login_url: 'https://x.example.com', client_id: app, client_secret: [%s]}}\n" % CANARY,
        "orgs: {main: {client_id: app, client_secret: %s, privat_key: %s}}\n" % (CANARY, CANARY),
        "mail: {password: %s, port: %s}\n" % (CANARY, CANARY),
        "kafka: {options: {sasl.password: %s, sasl.user: x}}\n" % CANARY,
        "mail: {password: '%s\n" % CANARY,
        "registry: %s\n" % CANARY,
        CANARY + "\n",
    ],
)
def test_no_fault_shows_a_secret(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    _write(monkeypatch, text)
    with pytest.raises(Misconfigured) as told:
        load_settings()
    assert told.value.faults
    assert CANARY not in str(told.value)


def test_no_secret_shows_in_a_text_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = "registry: {url: 'http://127.0.0.1:1', username: u, password: %s}\n" % CANARY
    _write(
        monkeypatch, ORG + registry + "mail: {password: %s}\ndatabase: 'postgresql://u:%s@db/x'\n" % (CANARY, CANARY)
    )
    settings: Settings = load_settings()
    for text in (repr(settings), str(settings), settings.model_dump_json()):
        assert CANARY not in text


def test_options_of_kafka_show_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    options = "{security.protocol: sasl_ssl, sasl.mechanism: PLAIN, sasl.username: u, sasl.password: %s}" % CANARY
    _write(monkeypatch, "kafka: {options: %s}\n" % options)
    assert CANARY not in repr(load_settings())
