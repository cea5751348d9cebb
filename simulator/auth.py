"""
Stage: OAuth: a credential into a token.

In: the form of a token request. Out: the body of the answer, in the shape of an org.
Rule of this file: a token belongs to a user; secrets are compared in constant time; a JWT's signature is checked.
Source: fact sheet A1.
"""

import base64
import hmac
import secrets
from typing import Any

import jwt

from simulator.access import User
from simulator.call import Reply, Request
from simulator.org import Org

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LOGIN_DOMAINS = ("login", "test")
REFUSALS = {
    "blocked": ("OAUTH_APP_BLOCKED", "this app is blocked by admin"),
    "not_installed": ("app_not_found", "External client app is not installed in this org"),
    "not_approved": ("invalid_app_access", "user is not admin approved to access this app"),
    "domain": ("invalid_grant", "request not supported on this domain"),
    "audience": ("invalid_grant", "audience is invalid"),
    "inactive_user": ("inactive_user", "user is inactive"),
    "ip": ("invalid_grant", "ip restricted"),
    "password": ("invalid_grant", "authentication failure - Invalid Password"),
}
"""What the token endpoint says where an administrator or a setting refuses the login, by name (fault `login`)."""
AUDIENCES = ("https://login.salesforce.com", "https://test.salesforce.com")


class _Refused(Exception):
    """The token endpoint refuses: `error` and `error_description`."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(error)
        self.error, self.description = error, description


def token(org: Org, request: Request, form: dict[str, str], instance: str) -> Reply:
    """Answer POST /services/oauth2/token; *instance* is the address that the client is to use."""
    try:
        grant = form.get("grant_type", "")
        if grant not in GRANTS:
            raise _Refused("unsupported_grant_type", "grant type not supported")
        user, keep = GRANTS[grant](org, request, form, instance)
        if not user.api:
            raise _Refused(*REFUSALS["not_approved"])
    except _Refused as error:
        return Reply(400, {"error": error.error, "error_description": error.description})
    body = session_body(org, user, instance)
    if keep:
        fresh = secrets.token_urlsafe(48)
        org.refresh[fresh] = user.id
        body["refresh_token"] = fresh
    return Reply(200, body)


def session_body(org: Org, user: User, instance: str) -> dict[str, Any]:
    """Return a new session as the token endpoint tells it."""
    return {
        "access_token": org.open_session(user),
        "scope": "api",
        "instance_url": instance,
        "id": f"{instance}/id/{org.id}/{user.id}",
        "token_type": "Bearer",
        "issued_at": str(int(org.now().timestamp() * 1000)),
        "signature": base64.b64encode(secrets.token_bytes(32)).decode(),
        "api_instance_url": instance,
    }


def _client(org: Org, request: Request, form: dict[str, str], *, secret: bool = True) -> None:
    name, word = form.get("client_id", ""), form.get("client_secret", "")
    basic = request.headers.get("authorization", "")
    if basic.lower().startswith("basic "):
        try:
            name, _, word = base64.b64decode(basic[6:]).decode().partition(":")
        except ValueError:
            raise _Refused("invalid_client", "invalid client credentials") from None
    if name != org.file.client_id:
        raise _Refused("invalid_client_id", "client identifier invalid")
    if secret and not hmac.compare_digest(word.encode(), org.file.client_secret.encode()):
        raise _Refused("invalid_client", "invalid client credentials")


def _client_credentials(org: Org, request: Request, form: dict[str, str], _instance: str) -> tuple[User, bool]:
    _client(org, request, form)
    if request.headers.get("host", "").partition(".")[0] in _LOGIN_DOMAINS:
        raise _Refused(*REFUSALS["domain"])
    return org.default_user(), False


def _password(org: Org, request: Request, form: dict[str, str], _instance: str) -> tuple[User, bool]:
    _client(org, request, form)
    if not org.file.password_flow:
        raise _Refused("invalid_grant", "authentication failure")
    found = by_password(org, form.get("username", ""), form.get("password", ""))
    if found is None:
        raise _Refused("invalid_grant", "authentication failure - Invalid Password")
    return found, True


def by_password(org: Org, username: str, password: str) -> User | None:
    """Return the user of the name and password (a security token may follow it)."""
    for user in org.users.values():
        if user.username == username and user.password and password.startswith(user.password):
            return user
    return None


def _refresh(org: Org, request: Request, form: dict[str, str], _instance: str) -> tuple[User, bool]:
    _client(org, request, form, secret="client_secret" in form)
    found = org.refresh.get(form.get("refresh_token", ""))
    if found is None or found not in org.users:
        raise _Refused("invalid_grant", "expired access/refresh token")
    return org.users[found], False


def _assertion(org: Org, _request: Request, form: dict[str, str], instance: str) -> tuple[User, bool]:
    if not org.file.public_key:
        raise _Refused("invalid_grant", "no certificate is set for this app (public_key of the org file)")
    try:
        options: Any = {"verify_exp": False, "verify_aud": False}
        claims = jwt.decode(form.get("assertion", ""), org.file.public_key, algorithms=["RS256"], options=options)
        expires = float(claims.get("exp", 0))
    except (jwt.PyJWTError, ValueError, TypeError):
        raise _Refused("invalid_grant", "invalid assertion") from None
    if claims.get("iss") != org.file.client_id:
        raise _Refused("invalid_client_id", "client identifier invalid")
    if claims.get("aud") not in (*AUDIENCES, instance, instance.rpartition("/")[0]):
        raise _Refused(*REFUSALS["audience"])
    left = expires - org.now().timestamp()
    if not 0 < left <= 300:
        raise _Refused("invalid_grant", "expired authorization code" if left <= 0 else "invalid assertion")
    found = next((user for user in org.users.values() if user.username == claims.get("sub")), None)
    if found is None:
        raise _Refused("invalid_grant", "user hasn't approved this consumer")
    return found, False


GRANTS = {
    "client_credentials": _client_credentials,
    "password": _password,
    "refresh_token": _refresh,
    JWT_BEARER: _assertion,
}
