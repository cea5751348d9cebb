"""Settings: where they come from, all faults at once, and no secret in any text."""

from pathlib import Path

import pytest

from processors.consuming.share_limit import ShareLimit
from processors.intake.app import IntakeSettings
from processors.model.errors import Misconfigured
from signalbox.settings import Settings, load_settings

CANARY = "canary-7f3a9"


@pytest.fixture(autouse=True)
def _nothing_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def _write(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    Path("settings.yaml").write_text(text)
    monkeypatch.setenv("SIGNALBOX_SETTINGS", "settings.yaml")


ORG = f"orgs: {{main: {{login_url: 'https://login.example.com', client_id: app, client_secret: {CANARY}}}}}\n"


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
    assert secret is not None
    assert secret.get_secret_value() == CANARY
    assert password is not None
    assert password.get_secret_value() == "other"


def test_all_faults_are_told_together_each_on_a_line_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    _write(monkeypatch, "kafka: {replication: 0}\nmetrics: {prt: 1}\nmail: {port: none}\nexecuter: {}\n")
    with pytest.raises(Misconfigured) as told:
        load_settings()
    faults = told.value.faults
    assert len(faults) == 4
    assert all("\n" not in fault and fault.startswith("settings.yaml: ") for fault in faults)
    text = "\n".join(faults)
    assert "kafka.replication" in text
    assert "mail.port" in text
    assert "did you mean 'port'?" in text
    assert "did you mean 'executor'?" in text


def test_a_settings_file_that_is_named_but_missing_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNALBOX_SETTINGS", "nowhere.yaml")
    with pytest.raises(Misconfigured, match=r"nowhere.yaml.*does not exist"):
        load_settings()


@pytest.mark.parametrize(
    "text",
    [
        ORG + "kafka: {replication: 0}\n",
        f"orgs: {{main: {{login_url: 'https://x.example.com', client_id: app, client_secret: [{CANARY}]}}}}\n",
        f"orgs: {{main: {{client_id: app, client_secret: {CANARY}, privat_key: {CANARY}}}}}\n",
        f"mail: {{password: {CANARY}, port: {CANARY}}}\n",
        f"kafka: {{options: {{sasl.password: {CANARY}, sasl.user: x}}}}\n",
        f"mail: {{password: '{CANARY}\n",
        f"registry: {CANARY}\n",
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
    registry = f"registry: {{url: 'http://127.0.0.1:1', username: u, password: {CANARY}}}\n"
    _write(monkeypatch, ORG + registry + f"mail: {{password: {CANARY}}}\ndatabase: 'postgresql://u:{CANARY}@db/x'\n")
    settings: Settings = load_settings()
    for text in (repr(settings), str(settings), settings.model_dump_json()):
        assert CANARY not in text


def test_options_of_kafka_show_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    options = f"{{security.protocol: sasl_ssl, sasl.mechanism: PLAIN, sasl.username: u, sasl.password: {CANARY}}}"
    _write(monkeypatch, f"kafka: {{options: {options}}}\n")
    assert CANARY not in repr(load_settings())


def test_each_topic_may_have_a_limit_on_dead_letters_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    _write(monkeypatch, "intake: {dead_letter_share: 0.2, dead_letter_shares: {crm.event.booking: 0.9}}\n")
    settings = IntakeSettings(faust={}, **load_settings().intake.model_dump())
    assert settings.limit("crm.event.booking") == ShareLimit(0.9, 1_000, 20)
    assert settings.limit("crm.event.prospect") == ShareLimit(0.2, 1_000, 20)


def test_a_limit_of_a_topic_that_is_no_source_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    _write(monkeypatch, "intake: {dead_letter_shares: {crm.event.bookings: 0.9}}\n")
    with pytest.raises(
        Misconfigured, match=r"dead_letter_shares: .*'crm\.event\.bookings' is no source topic; those are"
    ):
        load_settings()
