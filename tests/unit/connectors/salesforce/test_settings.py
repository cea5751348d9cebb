"""Settings: what is refused at start, and that a token goes nowhere else (S02, S08, S12)."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.salesforce.settings import SalesforceSettings

GOOD: dict[str, Any] = {
    "login_url": "https://example.my.salesforce.com",
    "client_id": "i",
    "client_secret": "canary-secret",
}


@pytest.mark.parametrize(
    "change",
    [
        {"login_url": "http://example.my.salesforce.com"},
        {"login_url": "ftp://example.org"},
        {"login_url": "https://user:pw@example.org"},
        {"login_url": "https://example.org/services"},
        {"client_secret": None},
        {"private_key": "k"},
        {"client_secret": None, "private_key": "k"},
        {"api_version": "65"},
        {"external_field": "Email"},
        {"read_timeout": 0},
        {"unknown": 1},
    ],
)
def test_settings_that_cannot_work_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SalesforceSettings(**{**GOOD, **change})


def test_the_version_may_be_written_with_its_v_and_secrets_do_not_show() -> None:
    settings = SalesforceSettings(**GOOD, api_version="v65.0")
    assert settings.api_version == "65.0"
    assert "canary" not in repr(settings) + str(settings) + settings.model_dump_json()


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost:1"])
def test_plain_http_is_for_this_machine_alone(url: str) -> None:
    assert SalesforceSettings(**{**GOOD, "login_url": url}).may_reach(url + "/services")


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/",
        "https://example.my.salesforce.com.evil.example/",
        "https://example.my.salesforce.com@evil.example/",
        "https://evil.example\\@example.my.salesforce.com/",
        "http://example.my.salesforce.com/",
        "https://example.my.salesforce.com:8443/",
        "//evil.example/",
        "",
    ],
)
def test_a_foreign_host_is_never_reached(url: str) -> None:
    assert not SalesforceSettings(**GOOD).may_reach(url)


@given(st.text(max_size=30))
def test_nothing_put_before_the_host_or_in_the_path_changes_the_host(text: str) -> None:
    settings = SalesforceSettings(**GOOD)
    for url in (f"https://{text}", f"https://{text}@evil.example/", text):
        try:
            reached = settings.may_reach(url)
        except ValueError:
            continue
        assert not reached or urlsplit(url).hostname == "example.my.salesforce.com"


def test_an_entry_with_a_dot_allows_subdomains_only() -> None:
    settings = SalesforceSettings(**GOOD, allowed_hosts=(".example.org",))
    assert settings.may_reach("https://a.example.org/")
    assert not settings.may_reach("https://badexample.org/")
    assert not settings.may_reach("http://a.example.org/")


@pytest.mark.parametrize(
    ("login", "instance", "address"),
    [
        ("https://login.salesforce.com", None, None),
        ("https://test.salesforce.com", None, None),
        ("https://acme.my.salesforce.com", None, "https://acme.my.salesforce.com"),
        ("https://login.salesforce.com", "https://acme.my.salesforce.com", "https://acme.my.salesforce.com"),
    ],
)
def test_records_are_opened_at_the_orgs_own_address(login: str, instance: str | None, address: str | None) -> None:
    told = {"login_url": login, "instance_url": instance, "client_id": "id", "client_secret": "secret"}
    assert SalesforceSettings.model_validate(told).record_address == address
