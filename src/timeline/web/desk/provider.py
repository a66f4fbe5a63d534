"""The OpenID Connect provider: what we ask of it, and whom it says somebody is. Only what `timeline[sso]` brings."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import urlsplit

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from pydantic import AfterValidator, BaseModel, SecretStr

from timeline.domain.errors import ProviderFailed, ProviderSlow, SignOnDenied, SignOnLost
from timeline.settings import is_sealed
from timeline.web.desk.errand import Proofs

PATIENCE: Final = 4.0
"""For so many seconds the provider may keep us waiting for a connection, and again for each part of an answer."""

_KEPT: Final = timedelta(minutes=10)
_LEEWAY: Final = 60
# Never HMAC, whose secret the provider's public keys would be, and never none.
_ALGORITHMS: Final = [f"{family}{size}" for family in ("RS", "PS", "ES") for size in (256, 384, 512)] + ["Ed25519"]
# Its errors that are told again; any other text of its own might hold what was sent (RFC 6749, 5.2).
_OPEN: Final = frozenset({"invalid_request", "invalid_client", "unauthorized_client", "unsupported_grant_type"})

# What Authlib and joserfc raise over answers that are not of the form that they expect, some of it unforeseen.
_NONSENSE: Final = (requests.RequestException, ValueError, TypeError, LookupError, AttributeError, RecursionError)


def _sealed(url: str) -> str:
    if not is_sealed(url):
        raise ValueError("neither https nor on this machine")
    return url


_Sealed = Annotated[str, AfterValidator(_sealed)]


class _Described(BaseModel):
    """What a provider says of itself (OpenID Connect Discovery 1.0, RFC 8414, RFC 9207)."""

    issuer: str
    authorization_endpoint: _Sealed
    token_endpoint: _Sealed
    jwks_uri: _Sealed
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]
    authorization_response_iss_parameter_supported: bool = False


class _Keys(BaseModel):
    """The public keys by which it signs (RFC 7517); one that is symmetric is no public one."""

    keys: list[dict[str, Any]]


_Told = TypeVar("_Told", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is to the provider: issuer and subject, which never change hands; a name may be empty."""

    subject: str
    name: str


class Provider:
    """One provider, and what this desk is to it."""

    def __init__(self, issuer: str, client_id: str, client_secret: SecretStr) -> None:
        self.host: Final = urlsplit(issuer).netloc
        self._issuer: Final = issuer
        self._client_id: Final = client_id
        self._client_secret: Final = client_secret
        self._described: tuple[_Described, datetime] | None = None

    def question(self, proofs: Proofs, here: str, now: datetime) -> str:
        """Return the address at which the provider asks somebody who they are, and then sends them back `here`.

        Raises ProviderFailed and ProviderSlow, as `identify` does.
        """
        described = self._describe(now)
        with self._session(described, here) as session:
            address: str = session.create_authorization_url(
                described.authorization_endpoint, proofs.state, proofs.verifier, nonce=proofs.nonce
            )[0]
        return address

    def identify(self, answer: Mapping[str, str], proofs: Proofs, here: str, now: datetime) -> Identity:
        """Return who somebody is who came back with an answer whose state is right.

        Raises SignOnDenied and SignOnLost.
        """
        described = self._describe(now)
        says = answer.get("iss", None if described.authorization_response_iss_parameter_supported else self._issuer)
        if says != self._issuer:  # Another provider's answer, or an answer meant for another (RFC 9207).
            raise SignOnLost
        if answer.get("error") in ("temporarily_unavailable", "server_error"):
            raise ProviderFailed(self.host, "it says so itself")
        if "error" in answer:
            raise SignOnDenied(self.host)
        if not answer.get("code"):
            raise SignOnLost
        token = self._redeem(answer["code"], proofs, described, here)
        return self._verify(token, proofs, described, now)

    def _describe(self, now: datetime) -> _Described:
        """Return what the provider says of itself; it is asked again after a while, as that may change."""
        if self._described and now < self._described[1]:
            return self._described[0]
        found = self._get(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration", _Described)
        if found.issuer != self._issuer:
            raise ProviderFailed(self.host, "it describes another issuer")
        self._described = (found, now + _KEPT)
        return found

    def _redeem(self, code: str, proofs: Proofs, described: _Described, here: str) -> str:
        """Return the ID token for a code, which is good once, and only for who holds the verifier."""
        with self._asking("the ID token"), self._session(described, here) as session:
            answer: Mapping[str, Any] = session.fetch_token(
                described.token_endpoint,
                grant_type="authorization_code",
                code=code,
                code_verifier=proofs.verifier,
                timeout=PATIENCE,
                allow_redirects=False,
            )
            token = answer.get("id_token")
            if not isinstance(token, str):
                raise ProviderFailed(self.host, "it sent no ID token")
            return token

    def _verify(self, text: str, proofs: Proofs, described: _Described, now: datetime) -> Identity:
        """Return who an ID token is about. The keys are fetched each time: one that was withdrawn opens nothing."""
        found = self._get(described.jwks_uri, _Keys)
        with self._asking("the ID token"):
            keys = KeySet.import_key_set({"keys": [key for key in found.keys if key.get("kty") != "oct"]})
            registry = JWSRegistry(algorithms=_ALGORITHMS, strict_check_header=False)
            token = jwt.decode(text, keys, registry=registry)
            required = {"iss": {"values": [self._issuer]}, "aud": {"values": [self._client_id]}}
            expected = {"nonce": proofs.nonce, "client_id": self._client_id}
            claims = CodeIDToken(token.claims, token.header, required, expected)
            claims.validate(int(now.timestamp()), _LEEWAY)
        return self._identity(claims)

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        subject, name = claims["sub"], claims.get("name")
        if not (0 < len(subject) <= 255 and subject.isascii() and subject.isprintable()):
            raise ProviderFailed(self.host, "the ID token: sub")
        return Identity(f"{self._issuer} {subject}", name.strip() if isinstance(name, str) else "")

    def _session(self, described: _Described, here: str) -> OAuth2Session:
        accepted = described.token_endpoint_auth_methods_supported
        is_basic = "client_secret_basic" in accepted or "client_secret_post" not in accepted
        return OAuth2Session(
            self._client_id,
            self._client_secret.get_secret_value(),
            token_endpoint_auth_method="client_secret_basic" if is_basic else "client_secret_post",
            scope="openid profile",
            redirect_uri=here,
            code_challenge_method="S256",
        )

    def _get(self, url: str, model: type[_Told]) -> _Told:
        with self._asking(urlsplit(url).path):
            answer = requests.get(url, timeout=PATIENCE, allow_redirects=False)
            answer.raise_for_status()
            return model.model_validate_json(answer.content)

    @contextmanager
    def _asking(self, what: str) -> Iterator[None]:
        """Tell what goes wrong meanwhile without a word of what was sent: it may be a secret."""
        try:
            yield
        except requests.Timeout:
            raise ProviderSlow(self.host) from None
        except OAuthError as error:
            if error.error == "invalid_grant":
                raise SignOnLost from None
            why = error.error if str(error.error) in _OPEN else "an error"
            raise ProviderFailed(self.host, f"{what}: {why}") from None
        except JoseError as error:
            raise ProviderFailed(self.host, f"{what}: {error.error}") from None
        except _NONSENSE as error:
            raise ProviderFailed(self.host, f"{what}: {type(error).__name__}") from None
