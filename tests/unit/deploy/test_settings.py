from pathlib import Path

import pytest

from processors.sources.load import load_integrations
from signalbox.settings import load_settings
from tests.unit.deploy import files


@pytest.fixture
def compose_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    service = files.read(files.COMPOSE)["services"]["executor"]
    for name, value in service["environment"].items():
        # `${NAME:-default}`: what a stack without variables of its own gets.
        default = value.partition(":-")
        plain = default[0].partition("${")[0] + default[2].replace("}", "", 1) if default[1] else value
        monkeypatch.setenv(name, plain)
    monkeypatch.setenv("SIGNALBOX_SETTINGS", str(files.SETTINGS))


@pytest.mark.usefixtures("compose_environment")
def test_the_settings_of_the_stack_are_valid_and_name_its_services() -> None:
    settings = load_settings()
    services = files.read(files.COMPOSE)["services"]
    assert settings.kafka.bootstrap.split(":")[0] in services
    assert settings.mail.host in services
    assert settings.metrics.port == 9400
    assert settings.database.get_secret_value() == "postgresql+psycopg://signalbox:signalbox@postgres:5432/signalbox"


@pytest.mark.usefixtures("compose_environment")
def test_a_secret_from_the_environment_joins_the_org_of_the_file() -> None:
    org = load_settings().orgs["acme"]
    assert org.client_id == "signalbox"
    assert org.client_secret is not None
    assert org.client_secret.get_secret_value() == "simulated-secret"


@pytest.mark.usefixtures("compose_environment")
def test_the_integrations_of_the_stack_are_enabled_and_belong_to_its_orgs() -> None:
    settings = load_settings()
    integrations = load_integrations(files.ROOT / "deploy/settings/integrations")
    assert settings.integrations == Path("/etc/signalbox/integrations")
    assert set(integrations.orgs()) <= set(settings.orgs)
    assert all(integration.enabled for integration in integrations.by_name.values())
