"""Org, registry and mail server through a real forward proxy."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import simulator
from connectors.mail.smtp import SmtpMailer
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.settings import SalesforceSettings
from processors.model.errors import InDoubt, OrgDown, TooLate, Transient
from processors.model.requests import Write
from schemas.notice import Notice
from schemas.values import Person
from signalbox.codec import open_codec
from signalbox.settings import RegistrySection, Settings
from simulator import tls
from tests.fixtures.forward_proxy import ForwardProxy
from tests.fixtures.scripted_server import reply
from tests.integration.connectors.mail import certificate
from tests.integration.connectors.mail.test_smtp import MAIL, SENDER, Told, _context, serving, settings

NOTICE = Notice("c", "parked", "i", "o", "e", Person("Ann"), "r", datetime(2024, 1, 1, tzinfo=UTC))
LEAD = Write("create", "Lead", fields={"LastName": "Lee", "Company": "Acme"})


@pytest.fixture
def proxy() -> Iterator[ForwardProxy]:
    with ForwardProxy() as forward_proxy:
        yield forward_proxy


def org(url: str, proxy: str, **more: Any) -> SalesforceClient:
    given = {"login_url": url, "client_id": "signalbox", "client_secret": "simulated-secret", "proxy": proxy, **more}
    return SalesforceClient("main", SalesforceSettings.model_validate(given))


def soon(seconds: float = 30.0) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def test_an_org_under_tls_is_reached_by_a_tunnel_of_the_proxy(tmp_path: Path, proxy: ForwardProxy) -> None:
    with simulator.serve(tls=tls.context(tmp_path, "127.0.0.1")) as running:
        client = org(running.url, proxy.url, ca_file=str(tmp_path / "ca.pem"))
        assert client.write([LEAD], send_by=soon())[0].success
        place = running.url.removeprefix("https://")
        assert {text.rpartition(" ")[0] for text in proxy.seen} == {f"CONNECT {place}"}
        with pytest.raises(TooLate):
            client.write([LEAD], send_by=soon(-1))
        control = simulator.Control(running.control_url)
        assert [effect["kind"] for effect in control.effects()] == ["create"]
        control.fault("reset_after", match={"path_regex": "composite"})
        with pytest.raises(InDoubt):
            client.write([LEAD], send_by=soon())
        assert [effect["kind"] for effect in control.effects()] == ["create", "create"]
        client.close()


def test_an_org_without_tls_is_asked_for_by_its_whole_address(proxy: ForwardProxy) -> None:
    with simulator.serve() as running:
        client = org(running.url, proxy.url)
        assert client.facts().objects["Lead"].name == "Lead"
        assert client.write([LEAD], send_by=soon())[0].success
        assert proxy.seen[0] == f"POST {running.url}/services/oauth2/token HTTP/1.1"
        assert all(f" {running.url}/" in text for text in proxy.seen)
        with pytest.raises(TooLate):
            client.write([LEAD], send_by=soon(-1))
        client.close()


def test_a_proxy_that_wants_a_password_gets_the_one_of_its_address(tmp_path: Path) -> None:
    with ForwardProxy("ann", "w0rd") as wary, simulator.serve(tls=tls.context(tmp_path, "127.0.0.1")) as running:
        more = {"ca_file": str(tmp_path / "ca.pem")}
        good = org(running.url, f"http://ann:w0rd@127.0.0.1:{wary.port}", **more)
        assert good.write([LEAD], send_by=soon())[0].success
        bad = org(running.url, wary.url, **more)
        with pytest.raises(OrgDown, match="407 Proxy Authentication Required"):
            bad.write([LEAD], send_by=soon())
        good.close()
        bad.close()


def test_a_proxy_that_is_away_leaves_nothing_in_doubt() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with simulator.serve() as running:
        client = org(running.url, f"http://127.0.0.1:{port}")
        with pytest.raises(OrgDown):
            client.write([LEAD], send_by=soon())
        assert simulator.Control(running.control_url).log() == []


@pytest.mark.parametrize("security", ["none", "tls"])
def test_mail_goes_through_the_proxy(tmp_path: Path, proxy: ForwardProxy, security: str) -> None:
    told = Told()
    options: dict[str, Any] = {}
    more: dict[str, Any] = {}
    if security == "tls":
        path = certificate.write(tmp_path / "mail.pem")
        options, more = {"ssl_context": _context(path)}, {"ca_file": str(path)}
    with serving(told, **options) as port:
        with SmtpMailer(settings(port, security=security, proxy=proxy.url, **more)) as mailer:
            assert mailer.send(MAIL, SENDER, ["a@example.com"]) == {}
        assert proxy.seen == [f"CONNECT 127.0.0.1:{port} HTTP/1.1"]
    assert len(told.taken) == 1


def test_mail_waits_for_a_proxy_that_refuses() -> None:
    with ForwardProxy("ann", "w0rd") as wary, serving(Told()) as port:
        mailer = SmtpMailer(settings(port, proxy=wary.url))
        with pytest.raises(Transient, match=r"refused the connection: .*407"):
            mailer.send(MAIL, SENDER, ["a@example.com"])


def test_the_registry_is_asked_through_the_proxy(serve: Any, proxy: ForwardProxy) -> None:
    server = serve(lambda _: reply(200, {"id": 7}, {"Content-Type": "application/vnd.schemaregistry.v1+json"}))
    codec = open_codec(Settings(registry=RegistrySection.model_validate({"url": server.url, "proxy": proxy.url})))
    assert codec.encode("notice", NOTICE.to_avro())[:5] == b"\x00\x00\x00\x00\x07"
    assert proxy.seen
    assert all(server.url in text for text in proxy.seen)


@pytest.mark.parametrize(
    "url",
    ["proxy.example.com:3128", "https://proxy.example.com:3128", "http://ann:w0rd@proxy.example.com", "http://x:y"],
)
def test_an_address_that_is_no_proxy_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValidationError, match=r"http://proxy\.example\.com:3128") as told:
        SalesforceSettings.model_validate(
            {"login_url": "https://example.my.salesforce.com", "client_id": "c", "client_secret": "s", "proxy": url}
        )
    assert all("w0rd" not in error["msg"] for error in told.value.errors(include_input=False))
