"""The proof of a takedown: a running server, warm in every way, whose files, tables and answers are searched.

Everything is done as people do it: by the API, by the forms of the desk, by a reader whose stream is open.
"""

import gzip
import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, quote_plus, urlencode
from uuid import UUID, uuid4

import brotli  # type: ignore[import-untyped] # It has no types, and is one call.
import pytest
from sqlalchemy import inspect, make_url, text

from commands import Shell
from desk_pages import OURS
from newsroom import Newsroom, opened, opening, report
from sites import Site, serving
from timeline.desk import utc_now
from timeline.domain.moments import format_moment
from timeline.store.database import Database
from timeline.store.people import ANY, Role, create_person
from timeline.store.sessions import begin_session
from timeline.web.app import create_app
from timeline.web.desk.guard import COOKIE

pytestmark = pytest.mark.long

NIGHT: Final = "the-night"
SPEECH, AWARD, SAFE = (UUID(int=number) for number in (0x5BEEC4, 0xA3A4D, 0x5AFE))
GONE: Final = {
    what: f"Zürnfried{what}marker"
    for what in (
        *("headline", "body", "speaker", "quote", "people", "film", "accepter"),
        *("before", "after", "correctionnote", "saved", "overwritten", "discarded", "elsewhere", "previewed"),
    )
}
"""What must be gone: a word for every place where a text can stand."""
STAYS: Final = {what: f"Zürnfried{what}marker" for what in ("source", "retraction", "reinstatement")}
"""What a takedown cannot erase, and its pages say so."""
NEVER_SHOWN: Final = {"discarded", "overwritten", "previewed"}
"""What nobody could read any more before the takedown, and may still be in a file."""
OF_THE_AWARD: Final = {"film", "people", "accepter", "correctionnote", "elsewhere"}
TOLD_STILL: Final = {"api.show_record", "takedowns.form", "takedowns.show"}
"""Which routes still give out what stays: the record itself, and the pages of the takedown, which say so."""
LAST: Final = 14
"""The version of the story before its two takedowns."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said, headers and all, its compression undone."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def words(self) -> bytes:
        return "\n".join(f"{name}: {value}" for name, value in self.headers.items()).encode() + b"\n\n" + self.body


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody's browser at the desk of a running server, or a reader's who is not signed in."""

    site: Site
    secret: str = ""

    def get(self, path: str, encoding: str = "identity", **headers: str) -> Answer:
        return self._ask("GET", path, None, {"Accept-Encoding": encoding} | headers)

    def post(self, path: str, **form: str) -> Answer:
        fields = {name.replace("__", "."): value for name, value in form.items()}
        headers = OURS | {"Content-Type": "application/x-www-form-urlencoded"}
        return self._ask("POST", path, urlencode(fields), headers)

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Answer:
        with closing(HTTPConnection("127.0.0.1", int(self.site.port), timeout=60)) as connection:
            connection.request(method, path, body, headers | self.cookie)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.headers), _unpacked(answer))

    @property
    def cookie(self) -> dict[str, str]:
        return {"Cookie": f"{COOKIE}={self.secret}"} if self.secret else {}


@dataclass(frozen=True, slots=True)
class Scene:
    """A server of two processes over a database with the night's people."""

    site: Site
    database: Database
    folder: Path
    people: Mapping[str, Person]

    def publish(self, *events: dict[str, Any]) -> None:
        for event in events:
            self.site.post(f"/api/stories/{NIGHT}/record", {"id": str(uuid4())} | event)


@pytest.fixture(params=["sqlite_url", "postgres_url"], ids=["sqlite", "postgresql"])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    url: str = request.getfixturevalue(request.param)
    roles = {"Ana": Role.STANDARDS, "Ben": Role.STANDARDS, "Wri": Role.EDITOR, "Adm": Role.ADMIN}
    with opened(url) as database:
        now = utc_now()
        people = {name: create_person(database, name, ANY, role, by="", now=now).id for name, role in roles.items()}
        secrets = {name: begin_session(database, id_, now) for name, id_ in people.items()}
        newsroom = Newsroom(database, story=NIGHT)
        newsroom.publish(opening(), report("Before all that", id=SAFE))
        with serving(Shell(url), TIMELINE_WORKERS="2") as site:
            yield Scene(site, database, tmp_path, {name: Person(site, secret) for name, secret in secrets.items()})


def test_after_a_takedown_the_words_are_nowhere(scene: Scene) -> None:
    with _listening(scene) as stream:
        _publish_and_amend(scene)
        _write_drafts(scene)
        _let_the_planner_look(scene.database)
        seen = b"".join(answer.words() for _, answer in _all_answers(scene, every=5))
        heard = _hear(stream, until=f"id: {LAST}\n")
        stored = b"".join(_tables(scene.database))
        assert _found(GONE | STAYS, seen + heard + stored) == {*GONE, *STAYS} - NEVER_SHOWN
        assert _found(GONE, b"".join(_files(scene))), "nothing was ever written"

        asked = [_ask(scene, fact) for fact in (SPEECH, AWARD)]
        for id_ in asked:
            assert scene.people["Ben"].post(f"/desk/takedowns/{id_}", decision="approve").status == 303
        after_the_first = _hear(stream, until=f"id: {LAST + 1}\n")
        after_both = _hear(stream, until=f"id: {LAST + 2}\n")

    assert _found(GONE, b"".join(_files(scene))) == set()
    assert _found(GONE, b"".join(_tables(scene.database))) == set()
    told = _telling(scene, *asked)
    assert {word: told[word] for word in GONE} == {word: set() for word in GONE}
    exported = Shell(scene.site.shell.url).do("export", NIGHT).encode()
    replayed, stderr = _replay(scene), scene.site.log().encode()
    assert [_found(GONE, each) for each in (exported, replayed, after_both, stderr)] == [set()] * 4
    assert _found(GONE, after_the_first) <= OF_THE_AWARD, "the award was still there"

    assert {word: told[word] for word in STAYS} == dict.fromkeys(STAYS, TOLD_STILL)
    assert _found(STAYS, exported) == set(STAYS)
    assert [_found(STAYS, each) for each in (replayed, after_both, stderr)] == [set()] * 3
    assert "Before all that" in scene.people["Ana"].get(f"/stories/{NIGHT}").body.decode()


def _publish_and_amend(scene: Scene) -> None:
    word = GONE | STAYS
    happened = {"occurred_at": format_moment(datetime.now(UTC) - timedelta(minutes=1))}
    speech = {"speaker": word["speaker"], "quote": word["quote"], "headline": word["headline"]}
    award = {"category": "Sound", "film": word["film"], "people": [word["people"]]}
    scene.publish(
        happened
        | {"type": "speech.given", "id": str(SPEECH), "data": speech | {"body": f"It *is* {word['body']}. " * 900}}
        | {"source": {"name": word["source"]}},
        happened | {"type": "award.announced", "id": str(AWARD), "data": award | {"accepted_by": [word["accepter"]]}},
        _corrected(SPEECH, word["correctionnote"], {"headline": word["before"]}),
        _corrected(SPEECH, "Again.", {"headline": word["after"], "body": None}),
        _corrected(AWARD, word["correctionnote"], {"people": [word["people"], "Somebody else"]}),
        {"type": "fact.pinned", "data": {"fact": str(AWARD)}},
        {"type": "fact.retracted", "data": {"fact": str(SPEECH), "note": word["retraction"]}},
        {"type": "fact.reinstated", "data": {"fact": str(SPEECH), "note": word["reinstatement"]}},
        {"type": "fact.marked_key", "data": {"fact": str(AWARD)}},
        {"type": "story.described", "data": {"title": "The night"}},
        {"type": "coverage.started", "data": {}},
        happened | {"type": "update.reported", "data": {"headline": "After all that"}},
    )


def _corrected(fact: UUID, note: str, data: dict[str, Any]) -> dict[str, Any]:
    set_ = {"fact": str(fact), "kind": "correction", "note": note, "set": {"data": data}}
    return {"type": "fact.corrected", "data": set_}


def _write_drafts(scene: Scene) -> None:
    """Save, overwrite, discard and preview, as the page of the composer does."""
    writer, address = scene.people["Wri"], f"/desk/stories/{NIGHT}"
    about = {"type": "fact.corrected", "fact": str(SPEECH), "kind": "correction", "seen": str(LAST)}

    def keep(**form: str) -> None:
        answer = writer.post(f"{address}/drafts", **form)
        assert answer.status in (204, 303), answer.body

    kept, dropped = str(uuid4()), str(uuid4())
    keep(id=kept, **about, note=GONE["overwritten"] * 300)
    keep(id=kept, **about, note=GONE["saved"])
    keep(id=dropped, **about, note=GONE["discarded"] * 300)
    keep(id=dropped, discard="yes")
    keep(id=str(uuid4()), type="update.reported", data__headline=f"{GONE['elsewhere']} of {AWARD}")
    form = about | {"id": kept, "note": GONE["previewed"], "data__speaker": "Somebody", "data__quote": "Something"}
    answer = writer.post(f"{address}/preview", **form)
    assert (answer.status, _found(GONE, answer.body) & {"previewed"}) == (200, {"previewed"}), answer.body


def _let_the_planner_look(database: Database) -> None:
    """Let the database sample its tables, as PostgreSQL does by itself after a while."""
    with database.engine.begin() as connection:
        connection.execute(text("ANALYZE"))


def _ask(scene: Scene, fact: UUID) -> str:
    said = {"basis": "safety of a person", "note": "Somebody asked us to."}
    answer = scene.people["Ana"].post(f"/desk/stories/{NIGHT}/facts/{fact}/takedown", **said)
    assert answer.status == 303, answer.body
    return answer.headers["Location"].rpartition("/")[2]


def _all_answers(scene: Scene, *asked: str, every: int = 1) -> Iterator[tuple[str, Answer]]:
    """Yield the answer of every route to a GET, from everywhere on both clocks, packed in every way."""
    app = create_app(Newsroom(scene.database).desk)
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.endpoint != "live.live":  # It is heard by itself, and never ends.
            for path in _paths(rule.rule, asked):
                for place, query in enumerate(_queries(rule.rule, scene.site.url)[::every]):
                    encoding = ("identity", "gzip", "br")[place % 3]
                    yield rule.endpoint, scene.people["Adm"].get(f"{path}{query}", encoding)


def _telling(scene: Scene, *asked: str) -> dict[str, set[str]]:
    """Return which routes tell which words."""
    told: dict[str, set[str]] = {word: set() for word in GONE | STAYS}
    for endpoint, answer in _all_answers(scene, *asked):
        for word in _found(GONE | STAYS, answer.words()):
            told[word].add(endpoint)
    return told


def _paths(rule: str, asked: tuple[str, ...]) -> list[str]:
    ids = asked if "takedowns/" in rule else tuple(map(str, (SPEECH, AWARD, SAFE)))
    path = rule.replace("<slug>", NIGHT).replace("<path:filename>", "desk.css").replace("<secret>", "none")
    path = path.replace("<uuid:id_>", "<id_>").replace("<code>", "unknown-fact")
    paths = [path.replace("<id_>", id_) for id_ in ids] if "<id_>" in path else [path]
    assert not any("<" in each for each in paths), f"it is not known how to ask for {rule}"
    return paths


def _queries(rule: str, site: str) -> list[str]:
    if "<slug>" not in rule:
        return ["", "", "", f"?url={quote_plus(f'{site}/stories/{NIGHT}')}"]
    now = datetime.now(UTC)
    moments = [quote(format_moment(now - timedelta(seconds=seconds))) for seconds in (0, 30, 90)]
    return [
        *("", "", ""),
        *(f"?as_of={version}" for version in range(LAST + 1)),
        *(f"?at={at}&as_of={moments[0]}" for at in moments),
        *(f"?from={version}&to={LAST}&after={version}" for version in (0, 3, 5, 9)),
        f"?before={LAST}",
        "?limit=1000&order=desc",
    ]


@contextmanager
def _listening(scene: Scene) -> Iterator[HTTPResponse]:
    """Lend the open stream of a reader who has seen nothing yet."""
    with closing(HTTPConnection("127.0.0.1", int(scene.site.port), timeout=20)) as connection:
        connection.request("GET", f"/stories/{NIGHT}/live", headers={"Last-Event-ID": "0"})
        stream = connection.getresponse()
        assert stream.status == 200
        yield stream


def _hear(stream: HTTPResponse, until: str) -> bytes:
    """Return what a stream sends up to a word, and the rest of that message."""
    heard = b""
    while until.encode() not in heard or not heard.endswith(b"\n\n"):
        heard += stream.readline()
    return heard


def _replay(scene: Scene) -> bytes:
    """Return what whoever has seen nothing yet is told from the beginning."""
    with _listening(scene) as stream:
        return _hear(stream, until=f"id: {LAST + 2}\n")


def _tables(database: Database) -> Iterator[bytes]:
    """Yield every row of every table, and what the planner remembers of them."""
    with database.engine.connect() as connection:
        names = inspect(connection).get_table_names()
        for name in (*names, *(() if database.is_sqlite else ("pg_stats", "pg_stat_activity"))):
            for row in connection.execute(text(f"SELECT * FROM {name}")):
                yield b"\n".join(cell if isinstance(cell, bytes) else str(cell).encode() for cell in row)


def _files(scene: Scene) -> Iterator[bytes]:
    """Yield every file of the database; of PostgreSQL the whole cluster and its log, but for its write-ahead log."""
    found = list(scene.folder.glob("timeline.sqlite*"))
    if not scene.database.is_sqlite:
        folder = Path(str(make_url(scene.site.shell.url).query["host"]))
        with scene.database.engine.begin() as connection:
            connection.execute(text("CHECKPOINT"))
        found = [folder / "log", *(folder / "data").rglob("*")]
    for path in found:
        with suppress(FileNotFoundError):
            if path.is_file() and "pg_wal" not in path.parts:
                yield path.read_bytes()


def _found(words: Mapping[str, str], where: bytes) -> set[str]:
    """Return which words are in some bytes, in any of the ways in which a text is written."""
    return {what for what, word in words.items() if any(form in where for form in _forms(word))}


@cache
def _forms(word: str) -> set[bytes]:
    entities = "".join(each if each.isascii() else f"&#{ord(each)};" for each in word)
    escaped = json.dumps(word).strip('"')
    spelt = {word, escaped, escaped.upper(), quote(word), entities, word.casefold(), word.upper()}
    plain = {form.encode() for form in spelt} | {word.encode("latin-1"), ascii(word).encode()}
    return plain | {word.encode(form) for form in ("utf-16-le", "utf-16-be")} | {ascii(word.encode())[2:-1].encode()}


def _unpacked(answer: HTTPResponse) -> bytes:
    body = answer.read()
    match answer.headers.get("Content-Encoding"):
        case "gzip":
            return gzip.decompress(body)
        case "br":
            return bytes(brotli.decompress(body))
        case _:
            return body
