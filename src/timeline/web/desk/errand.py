"""What a browser keeps of a sign-on while somebody is at the provider: a cookie for ten minutes and one return."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from pydantic import AwareDatetime, TypeAdapter
from werkzeug.wrappers import Response

from timeline.domain.errors import SignOnLost
from timeline.store.secret import make_secret

COOKIE: Final = "__Host-sso"
"""Browsers take a cookie of this name only from this very host, over TLS or from their own machine."""
LASTS: Final = timedelta(minutes=10)

_LONGEST: Final = 3_800  # Of a cookie browsers keep 4,096 bytes, its name and attributes among them.


@dataclass(frozen=True, slots=True)
class Proofs:
    """What shows that an answer of the provider is the one to our question; only this browser has them."""

    state: str = field(default_factory=make_secret)
    nonce: str = field(default_factory=make_secret)
    verifier: str = field(default_factory=make_secret)


@dataclass(frozen=True, slots=True)
class Errand:
    """What somebody came for, and until when: to go on to a page of the desk, and before that perhaps more.

    `invitation` is the secret of one that they accept so, `name` what they wish to be called; `person` is the id of
    whoever is signed in and wishes to be known by the account.
    """

    until: AwareDatetime
    next: str
    invitation: str = ""
    name: str = ""
    person: int | None = None
    proofs: Proofs = field(default_factory=Proofs)


def hand_out(response: Response, errand: Errand, home: str) -> Response:
    """Let a browser keep an errand; no script sees it. A page too long to be kept gives way to `home`."""
    text = _packed(errand)
    kept = text if len(text) <= _LONGEST else _packed(replace(errand, next=home))
    response.set_cookie(COOKIE, kept, max_age=LASTS, path="/", secure=True, httponly=True, samesite="Lax")
    return response


def collect(kept: str | None, state: str, now: datetime) -> Errand:
    """Return the errand of which this is the state. Raises SignOnLost.

    It is not signed: whoever changes their own deceives only themselves, as every right is looked up again.
    """
    try:
        errand = _ERRAND.validate_json(urlsafe_b64decode(kept or ""))
    except ValueError:
        raise SignOnLost from None
    if not hmac.compare_digest(errand.proofs.state.encode(), state.encode()) or errand.until <= now:
        raise SignOnLost
    return errand


def use_up(response: Response) -> Response:
    """Take the errand from a browser: it is good for one return, whatever comes of it."""
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="Lax")
    return response


_ERRAND: Final = TypeAdapter(Errand)


def _packed(errand: Errand) -> str:
    return urlsafe_b64encode(_ERRAND.dump_json(errand)).decode()
