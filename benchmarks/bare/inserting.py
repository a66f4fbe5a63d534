"""A bound: a bare loop that inserts the same bytes into one table, a COMMIT each, as durable as ours.

`python -m benchmarks.bare.inserting URL`.
"""

import json
import os
import sqlite3
import sys
from collections.abc import Callable
from itertools import islice
from typing import Any

import psycopg
from sqlalchemy import make_url

from benchmarks.records import lines
from benchmarks.rounds import play

ENOUGH = 1_000_000
TABLE = "CREATE TABLE bare (number INTEGER PRIMARY KEY, line TEXT NOT NULL)"


def main(url: str) -> None:
    """Play rounds of inserts."""
    parsed = make_url(url)
    is_sqlite = parsed.get_backend_name() == "sqlite"
    insert = _sqlite(parsed.database or "") if is_sqlite else _postgresql(url)
    texts = (_text(line) for line in islice(lines(ENOUGH), 1, None))
    numbers = iter(range(ENOUGH))
    play(lambda: insert((next(numbers), next(texts))), name=f"bare loop of {'sqlite3' if is_sqlite else 'psycopg'}")


def _sqlite(path: str) -> Callable[[tuple[int, str]], None]:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(TABLE)

    def insert(row: tuple[int, str]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO bare VALUES (?, ?)", row)
        connection.execute("COMMIT")

    return insert


def _postgresql(url: str) -> Callable[[tuple[int, str]], None]:
    connection = psycopg.connect(url.replace("+psycopg", ""))
    connection.execute(TABLE)
    connection.commit()

    def insert(row: tuple[int, str]) -> None:
        connection.execute("INSERT INTO bare VALUES (%s, %s)", row)
        connection.commit()

    return insert


def _text(line: dict[str, Any]) -> str:
    """Return what a story file keeps of an event, its salt included."""
    return json.dumps(line | {"salt": os.urandom(16).hex()}, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    main(*sys.argv[1:])
