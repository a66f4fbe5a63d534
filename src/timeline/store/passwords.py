"""Passwords: kept as argon2id makes of them, and checked a few at a time, for each check takes much memory."""

import os
import unicodedata
from functools import cache
from threading import BoundedSemaphore
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from timeline.domain.errors import WeakPassword

SHORTEST: Final = 12
LONGEST: Final = 500

_HASHER: Final = PasswordHasher()  # RFC 9106's second choice: 64 MiB and three passes.
# A thousand threads that check at once would take 64 GiB.
_TURN: Final = BoundedSemaphore(os.cpu_count() or 1)


def hash_password(password: str) -> str:
    """Return what is kept of a password: argon2's own text. Raises WeakPassword."""
    if not SHORTEST <= len(password) <= LONGEST or len(set(password)) < 4:
        raise WeakPassword(SHORTEST, LONGEST)
    with _TURN:
        return _HASHER.hash(_normal(password))


def is_password(kept: str | None, password: str) -> bool:
    """Whether a password is the one that was kept; it takes as long where none was, so nobody learns which is so."""
    with _TURN:
        try:
            _HASHER.verify(kept or _nobodys(), _normal(password[: LONGEST + 1]))
        except (VerifyMismatchError, InvalidHashError):
            return False
    return kept is not None


@cache
def _nobodys() -> str:
    return _HASHER.hash(os.urandom(16))


def _normal(password: str) -> bytes:
    """Return the bytes of a password as any keyboard writes it (RFC 8265)."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
