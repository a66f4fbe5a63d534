"""A small OpenID Connect provider on this machine: as strict as a good one, and as bad as a test asks it to be."""

import hmac
import json
import secrets
import threading
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from urllib.parse import unquote_plus, urlencode

from flask import Flask, Response, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import RSAKey
from pydantic import SecretStr
from werkzeug.serving import make_server
from werkzeug.wrappers import Response as AnyResponse

from timeline.web.desk.provider import Provider

CLIENT: Final = "the desk"
SECRET: Final = "a secret: of 100% the client's own"
KEY: Final = RSAKey.generate_key(2048, {"kid": "signing", "use": "sig", "alg": "RS256"})
ANOTHER_KEY: Final = RSAKey.generate_key(2048, {"kid": "signing", "use": "sig", "alg": "RS256"})

Claims = dict[str, Any]
Signer = Callable[[Claims], str]


def signed(claims: Claims, key: RSAKey = KEY) -> str:
    """Sign as a good provider does."""
    return jwt.encode({"alg": "RS256", "kid": "signing"}, claims, key)


def signed_by_another_key(claims: Claims) -> str:
    return signed(claims, ANOTHER_KEY)


def unsigned(claims: Claims) -> str:
    return f"{_part({'alg': 'none'})}.{_part(claims)}."


def signed_by_the_public_key(claims: Claims) -> str:
    """Sign by HMAC with what everybody knows, for a verifier that believes the header’s word for how to check."""
    text = f"{_part({'alg': 'HS256', 'kid': 'signing'})}.{_part(claims)}"
    return f"{text}.{_base64(hmac.digest(KEY.as_pem(private=False), text.encode(), 'sha256'))}"


def changed_after_signing(claims: Claims) -> str:
    """Put somebody else in below a good signature."""
    header, _, signature = signed(claims).split(".")
    return f"{header}.{_part(claims | {'sub': 'somebody else'})}.{signature}"


def carrying_its_key(claims: Claims) -> str:
    """Sign by a key of one’s own, and bring it along in the header."""
    header = {"alg": "RS256", "jwk": ANOTHER_KEY.as_dict(private=False)}
    return jwt.encode(header, claims, ANOTHER_KEY)


@dataclass(slots=True)
class Directory:
    """The provider’s other end: who signs in there next, what it says of them, and how it fails.

    `claims` are put over what it would say, and None leaves one out. `broken` are answers by path: a status, a body,
    or for how many seconds it lets one wait. `asked` are the paths that it was asked for.
    """

    issuer: str
    clock: Callable[[], datetime]
    user: Mapping[str, Any] = field(default_factory=lambda: {"sub": "ana-1", "name": "Ana"})
    error: str = ""
    claims: Claims = field(default_factory=dict)
    sign: Signer = signed
    described: Claims = field(default_factory=dict)
    returned: dict[str, str] = field(default_factory=dict)
    broken: dict[str, int | str | float] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def client(self) -> Provider:
        """Return the provider as the desk knows it."""
        return Provider(self.issuer, CLIENT, SecretStr(SECRET))

    def settings(self) -> dict[str, str]:
        return {
            "TIMELINE_OIDC_ISSUER": self.issuer,
            "TIMELINE_OIDC_CLIENT_ID": CLIENT,
            "TIMELINE_OIDC_CLIENT_SECRET": SECRET,
        }


@contextmanager
def directory(clock: Callable[[], datetime]) -> Iterator[Directory]:
    """Run a provider on a free port of this machine until it is needed no more.

    To browsers `localhost` is another site than a desk at 127.0.0.1.
    """
    app = Flask(__name__)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    found = Directory(f"http://localhost:{server.server_port}/realm", clock)
    for part in (_break_down, _describe_itself, _sign_people_in):
        part(app, found)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _break_down(app: Flask, it: Directory) -> None:
    @app.before_request
    def _break() -> AnyResponse | None:
        path = request.path.removeprefix("/realm")
        it.asked.append(path)
        match it.broken.get(path):
            case int(status):
                return Response("It is broken.", status)
            case str(body):
                return Response(body, mimetype="application/json")
            case float(seconds):
                time.sleep(seconds)
        return None


def _describe_itself(app: Flask, it: Directory) -> None:
    @app.get("/favicon.ico")
    def _icon() -> tuple[str, int]:
        return "", 204

    @app.get("/realm/.well-known/openid-configuration")
    def _described() -> Response:
        endpoints = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        described = {name: f"{it.issuer}/{path}" for name, path in endpoints.items()}
        return jsonify({"issuer": it.issuer} | described | it.described)

    @app.get("/realm/keys")
    def _keys() -> Response:
        return jsonify({"keys": [{"kty": "AKP", "kid": "of tomorrow"}, KEY.as_dict(private=False)]})


def _sign_people_in(app: Flask, it: Directory) -> None:
    @app.get("/realm/authorize")
    def _authorize() -> AnyResponse:
        asked = request.args.to_dict()
        assert (asked["client_id"], asked["response_type"], asked["scope"]) == (CLIENT, "code", "openid profile")
        assert asked["code_challenge_method"] == "S256"
        if it.error:
            return redirect(f"{asked['redirect_uri']}?{urlencode({'error': it.error, 'state': asked['state']})}")
        code = secrets.token_urlsafe()
        it.codes[code] = asked
        return redirect(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']} | it.returned)}")

    @app.post("/realm/token")
    def _token() -> tuple[Response, int]:
        if not _is_client():
            return jsonify({"error": "invalid_client", "error_description": f"not {request.authorization}"}), 401
        asked = it.codes.pop(request.form["code"], None)
        if asked is None or not _is_theirs(asked, request.form):
            return jsonify({"error": "invalid_grant"}), 400
        return jsonify({"access_token": "opens nothing", "token_type": "Bearer"} | _id_token(it, asked)), 200


def _is_client() -> bool:
    basic = request.headers.get("Authorization", "").removeprefix("Basic ")
    name, _, secret = b64decode(basic).decode().partition(":")
    sent = {"client_id": unquote_plus(name), "client_secret": unquote_plus(secret)} if basic else request.form
    return (sent.get("client_id"), sent.get("client_secret")) == (CLIENT, SECRET)


def _is_theirs(asked: Mapping[str, str], form: Mapping[str, str]) -> bool:
    """Whether a code is redeemed by whom it was made for: by PKCE, and for the same address."""
    challenge = _base64(sha256(form.get("code_verifier", "").encode()).digest())
    return challenge == asked["code_challenge"] and form.get("redirect_uri") == asked["redirect_uri"]


def _id_token(it: Directory, asked: Mapping[str, str]) -> dict[str, str]:
    now = int(it.clock().timestamp())
    says = {"iss": it.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"], **it.user}
    claims = {name: value for name, value in (says | it.claims).items() if value is not None}
    token = it.sign(claims)
    return {"id_token": token} if token else {}


def _part(value: Mapping[str, Any]) -> str:
    return _base64(json.dumps(value).encode())


def _base64(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()
