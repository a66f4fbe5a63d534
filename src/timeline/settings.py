"""The settings, read from the environment: every name starts with TIMELINE_."""

import re
from ipaddress import ip_address
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from timeline.domain.errors import Fault, Faulty

_PLAIN: Final = re.compile("[!-~]+")
_GREENLETS: Final = 10_000
"""So many streams a process of greenlets holds."""


class BadSettings(Faulty):
    """The environment holds a setting that cannot be used."""

    code = "bad-settings"


class Settings(BaseSettings):
    """What differs from one installation to another."""

    model_config = SettingsConfigDict(env_prefix="TIMELINE_", frozen=True)

    database_url: Annotated[str, Field(min_length=1)] = "sqlite:///.timeline/timeline.sqlite"
    """An SQLAlchemy URL: `sqlite:///folder/file.sqlite` or `postgresql+psycopg://user@host/name`."""
    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    """The address that `timeline serve` listens on."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    """Its port; 0 takes a free one."""
    threads: Annotated[int, Field(ge=1, le=10_000)] = 1_100
    """How many requests one process answers at once, and how many streams it holds beside them, each by a thread."""
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    """How many processes answer."""
    worker: Literal["threads", "gevent"] = "threads"
    """How a process holds its streams: each by a thread, or thousands by greenlets, with PostgreSQL only."""
    proxies: Annotated[int, Field(ge=0, le=9)] = 0
    """How many proxies stand in front, each of which adds to X-Forwarded-For, -Proto and -Host what it met."""
    oidc_issuer: str | None = None
    """The OpenID Connect provider that signs people in at the desk, as it calls itself; None for no such provider."""
    oidc_client_id: Annotated[str, Field(min_length=1)] | None = None
    """What the provider calls this desk."""
    oidc_client_secret: Annotated[SecretStr | None, Field(min_length=1, validate_default=True)] = None
    """By what it knows this desk."""

    @property
    def streams(self) -> int:
        """How many streams one process holds."""
        return self.threads if self.worker == "threads" else _GREENLETS

    @field_validator("database_url")
    @classmethod
    def _with_driver(cls, url: str) -> str:
        """Name the one driver of PostgreSQL that is installed, where the URL names none."""
        try:
            make_url(url)
        except (ArgumentError, ValueError):
            raise ValueError("not an SQLAlchemy URL such as sqlite:///folder/file.sqlite") from None
        scheme, separator, rest = url.partition("://")
        return f"postgresql+psycopg{separator}{rest}" if scheme in ("postgres", "postgresql") else url

    @field_validator("worker")
    @classmethod
    def _fits(cls, worker: str, info: ValidationInfo) -> str:
        """Refuse what deadlocks: a greenlet that waits for SQLite's lock holds up the one that would give it back."""
        if worker == "gevent" and info.data.get("database_url", "").startswith("sqlite"):
            raise ValueError("gevent needs PostgreSQL (TIMELINE_DATABASE_URL); SQLite is served by threads")
        return worker

    @field_validator("oidc_issuer")
    @classmethod
    def _sealed(cls, issuer: str | None) -> str | None:
        if issuer is not None and ("?" in issuer or "#" in issuer or not is_sealed(issuer)):
            raise ValueError("not an issuer such as https://login.example.org (http is for this very machine alone)")
        return issuer

    @field_validator("oidc_client_secret")
    @classmethod
    def _all_or_none(cls, secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        others = [info.data[name] for name in ("oidc_issuer", "oidc_client_id") if name in info.data]
        if any((other is None) != (secret is None) for other in others):
            raise ValueError("single sign-on needs TIMELINE_OIDC_ISSUER, _CLIENT_ID and _CLIENT_SECRET: all, or none")
        return secret


def is_sealed(url: str) -> bool:
    """Whether nobody on the way can read what is sent to an address, or answer in its place."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or "@" in parts.netloc or not _PLAIN.fullmatch(url):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(host))


def read_settings() -> Settings:
    """Return the settings of this process. Raises BadSettings with every fault."""
    try:
        return Settings()
    except ValidationError as error:
        faults = [Fault(f"TIMELINE_{str(d['loc'][0]).upper()}", d["msg"]) for d in error.errors(include_url=False)]
        raise BadSettings("the settings cannot be used", faults) from None


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
