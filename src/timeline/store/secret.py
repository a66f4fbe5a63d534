"""Secrets: made by chance, handed out once, and kept as a hash alone."""

import secrets
from hashlib import sha256


def make_secret() -> str:
    """Return 256 bits of chance as 43 characters that an address and a header can carry."""
    return secrets.token_urlsafe(32)


def hash_secret(secret: str) -> bytes:
    """Return what is kept of a secret. No salt, no stretching: nobody can guess 256 bits."""
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()
