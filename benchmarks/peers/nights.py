"""The same night as a peer would keep it: an aggregate of the library eventsourcing, stored as its manual says."""

import sqlite3
from importlib.metadata import version
from itertools import islice
from typing import Any, Final

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from sqlalchemy.engine import make_url

from benchmarks.records import lines

ENOUGH: Final = 1_000_000


class Night(Aggregate):  # type: ignore[misc] # The types are in an environment of its own.
    """All that was reported, each fact with what it says now."""

    def __init__(self) -> None:
        self.facts: dict[str, Any] = {}

    @event("Reported")  # type: ignore[untyped-decorator] # The same.
    def report(self, line: dict[str, Any]) -> None:
        said = line["data"]
        match line["type"]:
            case "fact.corrected":
                self.facts[said["fact"]] = self.facts[said["fact"]] | said["set"]["data"]
            case "fact.retracted":
                del self.facts[said["fact"]]
            case _:
                self.facts[line["id"]] = said


def application(module: str, url: str) -> Application:
    """Return an application whose events one of the library's modules keeps: `sqlite`, `postgres` or `sqlalchemy`."""
    return Application(env=_environment(module, url))


def about(module: str, url: str) -> dict[str, Any]:
    """Return the name and version of what keeps the events, and how durable it makes them."""
    if module == "sqlalchemy":
        name = f"eventsourcing-sqlalchemy {version('eventsourcing-sqlalchemy')}"
    else:
        name = f"eventsourcing {version('eventsourcing')} ({module})"
    return {"name": name, "durability": _durability(url)}


def told(events: int = ENOUGH) -> Any:
    """Return an iterator over the lines behind a night's opening."""
    return islice(lines(events), 1, None)


def _environment(module: str, url: str) -> dict[str, str]:
    parsed = make_url(url)
    match module:
        case "sqlite":
            return {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": parsed.database or ""}
        case "postgres":
            return {
                "PERSISTENCE_MODULE": "eventsourcing.postgres",
                "POSTGRES_DBNAME": parsed.database or "",
                "POSTGRES_HOST": str(parsed.query["host"]),
                "POSTGRES_USER": parsed.username or "",
                "POSTGRES_PASSWORD": "none",
            }
        case _:
            return {"PERSISTENCE_MODULE": "eventsourcing_sqlalchemy", "SQLALCHEMY_URL": url}


def _durability(url: str) -> str:
    """Return what holds for the library's connections, which change nothing but the journal's mode."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        return "the server's"
    connection = sqlite3.connect(parsed.database or "")
    mode, level = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous"))
    connection.close()
    return f"journal_mode={mode}, synchronous={level}"
