"""How refusals are told over HTTP: one table that misses none, and a database that fails in the middle."""

from collections.abc import Iterator
from pathlib import Path

from databases import PostgresServer
from newsroom import STORY, Newsroom, opened, opening
from timeline.cli.reading import Unsound
from timeline.domain.errors import ErasureRefused, Faulty, RecordClockRefused, Refusal
from timeline.settings import BadSettings
from timeline.store.database import connect
from timeline.story_files import BadFile
from timeline.web.app import create_app
from timeline.web.problems import STATUSES
from wire import Wire, problem, sent, wired

NEVER_OVER_HTTP = {
    Faulty: "the base of those that list faults",
    BadFile: "story files are imported by the command line",
    RecordClockRefused: "only a story file brings its own record clock",
    ErasureRefused: "only a story file lacks data",
    BadSettings: "settings are read before the first request",
    Unsound: "records are checked by the command line",
}


def test_every_refusal_that_a_request_can_meet_has_its_status() -> None:
    assert set(_refusals(Refusal)) == set(STATUSES) | set(NEVER_OVER_HTTP)
    assert not set(STATUSES) & set(NEVER_OVER_HTTP)


def test_every_refusal_has_a_code_of_its_own() -> None:
    codes = [refusal.code for refusal in _refusals(Refusal) if refusal is not Faulty]

    assert len(codes) == len(set(codes))
    assert all(code == code.lower().replace(" ", "-").replace("_", "-") for code in codes)


def test_a_refusal_is_the_caller_s_fault_unless_the_database_or_a_provider_is_at_fault() -> None:
    ours = {refusal.code for refusal, status in STATUSES.items() if not 400 <= status < 500}

    assert ours == {"store-unavailable", "schema-mismatch", "provider-failed", "provider-slow"}


def test_readers_get_a_page_and_programs_a_problem(wire: Wire) -> None:
    client = create_app(wire.newsroom.desk).test_client()

    page = client.get("/stories/none")

    assert (page.status_code, page.mimetype) == (404, "text/html")
    problem(wire.get("/stories/none"), 404, "unknown-story")


def test_an_sqlite_file_that_is_destroyed_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "timeline.sqlite"
    with opened(f"sqlite:///{path}") as database:
        wire = wired(Newsroom(database))
        wire.newsroom.publish(opening())
        database.engine.dispose()
        for each in tmp_path.iterdir():
            each.unlink()
        path.write_bytes(b"This is no database." * 1000)

        _is_unavailable(wire)


def test_a_postgresql_database_that_is_gone_is_told_as_such(postgres: PostgresServer) -> None:
    with postgres.database() as url:
        database = connect(url)
        with opened(url):
            wire = wired(Newsroom(database))
            wire.newsroom.publish(opening())
    # The database was dropped under the connections that the pool still holds.
    _is_unavailable(wire)
    database.engine.dispose()


def _is_unavailable(wire: Wire) -> None:
    for answer in (wire.get("/stories"), wire.get(f"/stories/{STORY}"), wire.append(sent(wire.newsroom))):
        told = problem(answer, 503, "store-unavailable")
        assert "nothing is acknowledged" in told["detail"]


def _refusals(above: type[Refusal]) -> Iterator[type[Refusal]]:
    for below in above.__subclasses__():
        yield below
        yield from _refusals(below)
