import time
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

import simulator
from simulator import auth
from tests.integration.simulator.conftest import log_in


def token(origin: Any, **form: Any) -> Any:
    return requests.post(f"{origin}/services/oauth2/token", data=form, timeout=20)


def test_client_credentials_open_a_session_of_the_apps_user(running: Any) -> None:
    app = {"client_id": "signalbox", "client_secret": "simulated-secret"}
    answer = token(running.url, grant_type="client_credentials", **app)
    body = answer.json()
    assert body["instance_url"] == running.url
    who = requests.get(body["id"], headers={"Authorization": f"Bearer {body['access_token']}"}, timeout=20).json()
    assert who["username"] == "integration@example.com"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "magic"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "client_id": "x", "client_secret": "y"}, "invalid_client_id"),
        ({"grant_type": "client_credentials", "client_id": "signalbox", "client_secret": "y"}, "invalid_client"),
        ({"grant_type": "refresh_token", "client_id": "signalbox", "refresh_token": "no"}, "invalid_grant"),
    ],
)
def test_a_wrong_credential_is_refused_in_oauths_words(running: Any, form: Any, error: Any) -> None:
    answer = token(running.url, **form)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_a_password_gives_a_refresh_token_that_opens_another_session(running: Any) -> None:
    app = {"client_id": "signalbox", "client_secret": "simulated-secret"}
    user = {"username": "integration@example.com", "password": "simulated-password"}
    first = token(running.org_url("rules"), grant_type="password", **app, **user).json()
    again = token(running.org_url("rules"), grant_type="refresh_token", refresh_token=first["refresh_token"], **app)
    assert again.json()["access_token"] != first["access_token"]


def test_a_password_is_refused_as_new_orgs_refuse_it_unless_switched_on(running: Any) -> None:
    app = {"client_id": "signalbox", "client_secret": "simulated-secret"}
    user = {"username": "integration@example.com", "password": "simulated-password"}
    answer = token(running.url, grant_type="password", **app, **user)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize("host", ["login.salesforce.com", "test.salesforce.com"])
def test_client_credentials_are_refused_off_my_domain(running: Any, host: str) -> None:
    form = {"grant_type": "client_credentials", "client_id": "signalbox", "client_secret": "simulated-secret"}
    url = f"{running.origin('default')}/services/oauth2/token"
    answer = requests.post(url, data=form, headers={"Host": host}, timeout=20)
    assert (answer.status_code, answer.json()["error_description"]) == (400, "request not supported on this domain")


@pytest.mark.parametrize(("name", "said"), auth.REFUSALS.items())
def test_a_login_is_refused_as_the_fault_says(api: Any, name: str, said: tuple[str, str]) -> None:
    api.control.fault("login", match={"path_regex": "oauth2/token"}, error=name)
    answer = log_in(api.origin)
    assert (answer.status_code, *answer.json().values()) == (400, *said)
    assert log_in(api.origin).status_code == 200


def test_an_org_that_moved_or_retired_the_version_says_so(api: Any) -> None:
    api.control.fault("redirect", location="https://elsewhere.example.com/")
    api.control.fault("retired")
    moved = api.call("GET", "limits", allow_redirects=False)
    assert (moved.status_code, moved.headers["Location"]) == (302, "https://elsewhere.example.com/")
    assert (api.call("GET", "limits").status_code, api.call("GET", "limits").status_code) == (410, 200)


def test_a_jwt_is_taken_only_with_the_right_signature(running: Any) -> None:
    good, bad = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
    public = good.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    with simulator.serve([simulator.OrgFile(public_key=public.decode())]) as own:
        claims = {"iss": "signalbox", "sub": "integration@example.com", "aud": own.url, "exp": int(time.time()) + 120}
        answers = {}
        for name, key, more in (("good", good, {}), ("bad", bad, {}), ("late", good, {"exp": 1}),
                                ("who", good, {"sub": "x"}),
                                ("aud", good, {"aud": "https://example.org"})):  # fmt: skip
            assertion = jwt.encode({**claims, **more}, key, algorithm="RS256")
            grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
            answers[name] = token(own.url, grant_type=grant, assertion=assertion).status_code
    assert answers == {"good": 200, "bad": 400, "late": 400, "who": 400, "aud": 400}


def test_a_session_ends_when_its_time_is_over_or_it_is_revoked(api: Any) -> None:
    assert api.call("GET", "limits").status_code == 200
    api.control.shift(7300)
    answer = api.call("GET", "limits")
    api.control.shift(-7300)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")
    assert api.call("GET", "limits").status_code == 200
    api.control.revoke()
    assert api.call("GET", "limits").status_code == 401


def test_https_is_served_under_a_ca_of_its_own(tmp_path: Any) -> None:
    from simulator import tls

    with simulator.serve(tls=tls.context(tmp_path, "127.0.0.1")) as own:
        assert requests.get(f"{own.url}/services/data/", verify=tmp_path / "ca.pem", timeout=20).status_code == 200
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(f"{own.url}/services/data/", timeout=20)
