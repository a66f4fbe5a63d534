"""The settings, read from the environment: every name starts with TIMELINE_."""

from typing import Annotated

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from timeline.domain.errors import Fault, Faulty


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
    """How many requests and open streams one process holds at once; a thread is made when it is needed."""
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    """How many processes answer."""

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


def read_settings() -> Settings:
    """Return the settings of this process. Raises BadSettings with every fault."""
    try:
        return Settings()
    except ValidationError as error:
        faults = [Fault(f"TIMELINE_{str(d['loc'][0]).upper()}", d["msg"]) for d in error.errors(include_url=False)]
        raise BadSettings("the settings cannot be used", faults) from None
