"""A request that comes in the same words again is answered without being read, and as if it had been read."""

import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from io import BufferedReader
from itertools import product
from pathlib import Path
from typing import Final
from urllib.request import Request, urlopen

import pytest

from commands import Shell
from sites import AlteredShell, Site, serving

pytestmark = pytest.mark.long

STORY: Final = "/stories/97th-academy-awards"
IS_READ: Final = {"Cookie": "a=b"}
"""Whoever sends a cookie is read each time."""


@dataclass(frozen=True, slots=True)
class Counter:
    """A server that is asked over one connection, and writes down each address that it reads a request for."""

    site: Site
    connection: HTTPConnection
    log: Path

    def get(self, path: str = STORY, **headers: str) -> "Got":
        self.connection.request("GET", path, headers={name.replace("_", "-"): each for name, each in headers.items()})
        return _got(self.connection.getresponse())

    def readings(self) -> int:
        """Return how many requests were read until now."""
        return len(self.log.read_text().splitlines())


@dataclass(frozen=True, slots=True)
class Got:
    """An answer, but for when it was given."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def tag(self) -> str:
        return dict(self.headers)["ETag"]


@pytest.fixture
def counter(sqlite_url: str, tmp_path: Path) -> Iterator[Counter]:
    log = tmp_path / "read"
    noting = f"""
from gunicorn.http.message import Request
read = Request.parse
def note(request, unreader):
    rest = read(request, unreader)
    with open({str(log)!r}, "a") as log:
        log.write(request.uri + "\\n")
    return rest
Request.parse = note
"""
    log.touch()
    with serving(AlteredShell(sqlite_url, noting)) as site, site.connection() as connection:
        yield Counter(site, connection, log)


def test_who_asks_in_the_same_words_is_read_once_and_gets_the_same(counter: Counter) -> None:
    paths = [STORY, f"{STORY}?as_of=20", f"/api{STORY}", f"{STORY}/feed.atom", f"{STORY}/card.png"]
    for path, accepted in product(paths, ["gzip, deflate, br, zstd", "gzip", "identity"]):
        tag = counter.get(path, Accept_Encoding=accepted, **IS_READ).tag
        for known, status in (({}, 200), ({"If_None_Match": tag}, 304)):
            read = counter.get(path, Accept_Encoding=accepted, **known, **IS_READ)
            before = counter.readings()
            asked = [counter.get(path, Accept_Encoding=accepted, **known) for _ in range(4)]

            assert counter.readings() == before + 1
            assert asked == [read] * 4
            assert read.status == status


def test_what_is_ready_ends_with_the_next_event(counter: Counter, sqlite_url: str) -> None:
    before = [counter.get() for _ in range(3)]
    unchanged = [counter.get(If_None_Match=before[0].tag) for _ in range(3)]
    _post(counter.site, Shell(sqlite_url), "By the server itself")
    after = [counter.get() for _ in range(3)]
    changed = [counter.get(If_None_Match=before[0].tag) for _ in range(3)]

    assert [each.status for each in unchanged] == [304] * 3
    assert all(b"By the server itself" not in each.body for each in before)
    assert all(b"By the server itself" in each.body for each in [*after, *changed])


def test_what_is_ready_ends_with_an_event_of_another_process(counter: Counter, sqlite_url: str) -> None:
    for _ in range(3):
        counter.get()
    line = {"type": "update.reported", "occurred_at": "2025-03-03T04:00:00Z", "data": {"headline": "By another"}}
    Shell(sqlite_url).do("append", "97th-academy-awards", stdin=json.dumps(line))

    assert all(b"By another" in counter.get().body for _ in range(3))


def test_what_may_be_secret_or_is_more_than_a_plain_question_is_read_each_time(counter: Counter) -> None:
    may_be_secret = [IS_READ, {"Authorization": "Bearer x"}]
    for headers in [*may_be_secret, {"Content-Length": "0"}, {"Accept-Datetime": "x"}, {"X": "x" * 2_000}]:
        before = counter.readings()
        for _ in range(3):
            counter.get(**headers)

        assert counter.readings() == before + 3


def test_other_connections_are_answered_unread_too(counter: Counter) -> None:
    asked = _words()
    answers = []
    for _ in range(3):
        with counter.site.line(asked) as line:
            answers.append(_answers(line, 1))

    assert answers == answers[:1] * 3
    assert counter.readings() == 1


def test_requests_that_come_at_once_or_in_pieces_are_each_answered(counter: Counter) -> None:
    asked = _words()
    with counter.site.line(asked) as line:
        alone = _answers(line, 1)
        for _ in range(2):
            line.sendall(asked * 3)
            assert _answers(line, 3) == alone * 3
        for cut in (20, len(asked) - 2) * 2:
            line.sendall(asked[:cut])
            line.settimeout(0.2)
            with pytest.raises(TimeoutError):
                line.recv(1)
            line.settimeout(10)
            line.sendall(asked[cut:])
            assert _answers(line, 1) == alone
        line.sendall(_words("Content-Length: 3") + b"abc" + asked)
        assert _answers(line, 2) == alone * 2


def test_who_wants_the_connection_closed_gets_it_closed(counter: Counter) -> None:
    for _ in range(3):
        with counter.site.line(_words("Connection: close")) as line:
            got = _answers(line, 1)[0]
            assert dict(got.headers)["Connection"] == "close"
            assert line.recv(1) == b""


def test_the_same_words_from_another_address_may_mean_something_else(counter: Counter) -> None:
    asked = _words("X-Forwarded-Proto: https")  # Is believed of proxies on this machine alone.
    found = []
    for sender in ("127.0.0.1", "127.0.0.2", "127.0.0.1", "127.0.0.2"):
        with counter.site.line(asked, sender) as line:
            found.append(b"https://example.org/" in _answers(line, 1)[0].body)

    assert found == [True, False, True, False]


def test_where_connections_are_scarce_none_is_kept_for_known_words_either(sqlite_url: str) -> None:
    with serving(Shell(sqlite_url), TIMELINE_THREADS="1") as site, site.line(_words()) as resting:
        kept = dict(_answers(resting, 1)[0].headers)
        time.sleep(0.2)  # Then it rests, and takes the one place that there is for that.
        with site.line(_words()) as line:
            ended = dict(_answers(line, 1)[0].headers)

    assert (kept["Connection"], ended["Connection"]) == ("keep-alive", "close")


def test_who_hangs_up_meanwhile_harms_nobody(counter: Counter) -> None:
    asked = _words()
    for _ in range(20):
        with counter.site.line(asked * 5) as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # Hangs up rudely.

    assert counter.get().status == 200


def _words(*headers: str) -> bytes:
    return "\r\n".join([f"GET {STORY} HTTP/1.1", "Host: example.org", *headers, "", ""]).encode()


def _answers(line: socket.socket, count: int) -> list[Got]:
    return [_got(_response(line)) for _ in range(count)]


def _response(line: socket.socket) -> HTTPResponse:
    """Return the next answer on a line, and read nothing beyond it."""
    response = HTTPResponse(line)
    response.fp = BufferedReader(line.makefile("rb", buffering=0), buffer_size=1)
    response.begin()
    return response


def _got(response: HTTPResponse) -> Got:
    headers = [header for header in response.getheaders() if header[0] != "Date"]
    assert response.getheader("Date")
    return Got(response.status, headers, response.read())


def _post(site: Site, shell: Shell, headline: str) -> None:
    token = shell.do("token", "create", "desk", "--role", "admin").strip()
    told = {"type": "update.reported", "occurred_at": "2025-03-03T04:00:00Z", "data": {"headline": headline}}
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with urlopen(Request(f"{site.url}/api{STORY}/record", json.dumps(told).encode(), headers)) as answer:
        assert answer.status == 201
