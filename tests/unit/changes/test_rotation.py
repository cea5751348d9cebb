"""A new credential in the settings is used by the next poll."""

from pathlib import Path

from connectors.salesforce.settings import SalesforceSettings
from processors.changes.ports import Ask, Page
from signalbox.rotating_feed import RotatingFeed
from signalbox.rotation import Rotation
from signalbox.settings import Settings
from tests.fakes.changes import Scripted


def org(secret: str) -> SalesforceSettings:
    told = {"login_url": "https://a.my.salesforce.com", "client_id": "x", "client_secret": secret}
    return SalesforceSettings.model_validate(told)


def test_ll_29_a_new_credential_is_used_by_the_next_poll(tmp_path: Path) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text("one")
    present = {"acme": org("one")}
    made: list[SalesforceSettings] = []

    def make(_name: str, settings: SalesforceSettings) -> Scripted:
        made.append(settings)
        return Scripted(lambda _ask: Page())

    rotation = Rotation(present, lambda: Settings(orgs=present), lambda: [file])
    feed = RotatingFeed("acme", present["acme"], rotation, make)
    ask = Ask("Lead", (), None, 10)
    feed.read([ask])
    present = {"acme": org("two")}
    file.write_text("another")
    feed.read([ask])
    feed.read([ask])
    assert [
        salesforce_settings.client_secret and salesforce_settings.client_secret.get_secret_value()
        for salesforce_settings in made
    ] == ["one", "two"]
    assert feed.api_calls() == 3
