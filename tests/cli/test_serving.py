"""`timeline serve` on an empty folder: the stories, an address, a token; and what only a real server meets."""

import http.client
import json
import signal
import socket
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

import pytest
from sqlalchemy import text

from commands import Shell
from newsroom import opened
from sites import AlteredShell, Site, serving
from timeline.web.security import HEADERS

pytestmark = pytest.mark.long

STORY = "/api/stories/97th-academy-awards"
PASSWORD = "a password that nobody guesses"
REPORT = {"type": "update.reported", "occurred_at": "2025-03-03T04:00:00Z", "data": {"headline": "From a server"}}

SECONDS = 4.0
"""For so long an impatient server lets a client send: a test need not wait for as long as clients may take."""
IMPATIENT = f"from timeline.cli import patience\npatience.SENDING_SECONDS = {SECONDS}"


def test_a_first_start_brings_the_stories_and_lets_the_first_person_in(sqlite_url: str, tmp_path: Path) -> None:
    shell = Shell(sqlite_url)
    with serving(shell) as first:
        assert "Imported 89th-academy-awards." in first.said
        assert "Imported 97th-academy-awards." in first.said
        with urlopen(f"{first.url}/stories/97th-academy-awards") as page:
            assert "Anora" in page.read().decode()
        assert _accept(first, first.invitation, "Ana Ruiz") == 303
        assert _accept(first, first.invitation, "Eve Dropper") == 404

    token = shell.do("token", "create", "desk", "--role", "admin").strip()
    with serving(shell, TIMELINE_WORKERS="2") as second:
        assert second.said == f"Serving on {second.url}/ — end with Ctrl-C.\n"
        assert _post(second, token) == (201, [68])
        assert _post(second, "timeline_1_wrong")[0] == 401

    assert shell.do("user", "list") == "Ana Ruiz  admin in all stories\n"
    assert "All is well: 2 stories, 237 events" in shell.do("doctor")
    secrets = [token.split("_", 2)[2], first.invitation.rpartition("/")[2], PASSWORD]
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(secret.encode() in content for secret in secrets for content in files)


def test_as_long_as_nobody_is_there_each_start_invites_the_first_and_the_last_invitation_counts(
    sqlite_url: str,
) -> None:
    shell = Shell(sqlite_url)
    shell.do("append", "mine", stdin='{"type":"story.opened","data":{"title":"M","kind":"general","timezone":"UTC"}}')
    with serving(shell) as site:
        earlier = site.invitation.rpartition("/")[2]
        assert "Imported" not in site.said, "a story of one's own brings no other story"

    with serving(shell) as site:
        assert _accept(site, f"{site.url}/desk/invitations/{earlier}", "Eve") == 404
        assert _accept(site, site.invitation, "Ana") == 303


def test_a_body_that_is_too_large_is_refused_with_its_length_and_without(sqlite_url: str) -> None:
    shell = Shell(sqlite_url)
    with serving(shell) as site:
        before = shell.do("verify")
        assert _send(site, {"Content-Length": "50000000"}, b"[" * 65_536) == 413
        assert _send(site, {"Transfer-Encoding": "chunked"}, b"101000\r\n" + b"[" * 1_052_672 + b"\r\n") == 413
        assert _send(site, {"Transfer-Encoding": "chunked"}, b"2\r\n[]\r\n0\r\n\r\n") == 422
        assert shell.do("verify") == before


def test_a_header_cannot_be_smuggled_into_an_answer(sqlite_url: str) -> None:
    with serving(Shell(sqlite_url)) as site:
        host, port = site.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as line:
            line.sendall(b"GET /api/stories/x%0d%0aX-Evil:%201?at=%0d%0aX-Evil:1 HTTP/1.1\r\n")
            line.sendall(b"Host: x\r\nConnection: close\r\n\r\n")
            head = line.makefile("rb").read().partition(b"\r\n\r\n")[0]

    assert b" 400 " in head or b" 404 " in head
    assert b"\nX-Evil" not in head


UNREADABLE: Final = {
    b"GET / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Type: text/html": "bad-request",
    b"POST /api/stories HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2": "bad-request",
    b"\xff\x00\x16": "bad-request",
    b'GET /stories/\xff"</p> HTTP/1.1': "bad-request",
    b"GET /" + b"a" * 5_000 + b" HTTP/1.1": "request-uri-too-long",
    b"GET / HTTP/1.1\r\nHost: x\r\nCookie: " + b"a" * 10_000: "request-header-fields-too-large",
    b"GET / HTTP/1.1\r\nHost: x\r\nExpect: tea": "expectation-failed",
}


@pytest.mark.parametrize("worker", ["threads", "gevent"])
def test_what_cannot_be_read_is_refused_as_a_problem(postgres_url: str, worker: str) -> None:
    with serving(Shell(postgres_url), TIMELINE_WORKER=worker) as site:
        for sent, code in UNREADABLE.items():
            with closing(site.line(sent + b"\r\n\r\n")) as line:
                answer = http.client.HTTPResponse(line)
                answer.begin()
                told = json.load(answer)

            assert (told["type"], told["status"]) == (f"/problems/{code}", answer.status), sent
            assert answer.reason == told["title"]
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert answer.headers["Cache-Control"] == "no-store"
            assert HEADERS.items() <= dict(answer.headers).items()
        log = site.log().splitlines()

    assert len(log) == len(UNREADABLE)
    assert all(" A request from 127.0.0.1 cannot be read: " in line for line in log), log


def test_a_body_that_cannot_be_read_is_refused_as_a_problem(sqlite_url: str) -> None:
    with serving(Shell(sqlite_url)) as site:
        assert _send(site, {"Transfer-Encoding": "chunked"}, b"no number\r\n") == 400
        assert "Traceback" not in site.log()


def test_what_fails_in_front_of_the_application_is_told_as_a_problem_and_without_its_address(sqlite_url: str) -> None:
    failing = """
from timeline.web.hatch import Hatch
def fail(*_):
    raise RuntimeError("out of luck")
Hatch.__call__ = fail
"""
    with serving(AlteredShell(sqlite_url, failing)) as site, site.connection() as connection:
        connection.request("GET", "/desk/invitations/a-secret")
        answer = connection.getresponse()
        assert (answer.status, json.load(answer)["type"]) == (500, "/problems/internal-server-error")
        log = site.log()

    assert "out of luck" in log
    assert "a-secret" not in log


@pytest.mark.parametrize(
    ("done", "told"),
    [
        ("DELETE FROM alembic_version", "run `timeline migrate`"),
        ("UPDATE alembic_version SET version_num = '9999'", "9999, which is newer than this code"),
    ],
    ids=["older", "newer"],
)
def test_a_database_of_another_form_is_not_served(database_url: str, done: str, told: str) -> None:
    with opened(database_url) as database, database.engine.begin() as connection:
        connection.execute(text(done))

    ended = Shell(database_url).run("serve", TIMELINE_PORT="0")

    assert (ended.code, ended.out) == (1, "")
    assert told in ended.err


def test_a_port_that_is_taken_is_told(sqlite_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = Shell(sqlite_url).run("serve", TIMELINE_PORT=str(taken.getsockname()[1]))

    assert ended.code == 1
    assert "in use" in ended.err


def _post(site: Site, token: str, story: str = STORY) -> tuple[int, list[int]]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = Request(f"{site.url}{story}/record", json.dumps(REPORT).encode(), headers)
    try:
        with urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)["versions"]
    except HTTPError as error:
        with error:
            return error.code, []


def _accept(site: Site, invitation: str, name: str) -> int:
    """Accept an invitation as a browser does, and return the status of the answer."""
    connection = http.client.HTTPConnection(site.url.removeprefix("http://"), timeout=10)
    headers = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
    with closing(connection):
        connection.request(
            "POST", urlsplit(invitation).path, urlencode({"name": name, "password": PASSWORD}), headers
        )
        return connection.getresponse().status


def _send(site: Site, headers: dict[str, str], body: bytes) -> int:
    """Send a body by hand, as no client library would, and return the status of the answer."""
    connection = http.client.HTTPConnection(site.url.removeprefix("http://"), timeout=30)
    connection.putrequest("POST", f"{STORY}/record")
    for name, value in (headers | {"Content-Type": "application/json"}).items():
        connection.putheader(name, value)
    connection.putheader("Authorization", f"Bearer {site.token}")
    connection.endheaders(body)
    assert connection.sock is not None
    connection.sock.shutdown(socket.SHUT_WR)
    answer = connection.getresponse()
    assert answer.headers.get_content_type() == "application/problem+json"
    answer.read()
    connection.close()
    return answer.status


def test_an_address_of_version_6_is_served_too(sqlite_url: str) -> None:
    with serving(Shell(sqlite_url), TIMELINE_HOST="::1") as site:
        assert site.url.startswith("http://[::1]:")
        with urlopen(f"{site.url}/api/stories") as answer:
            assert answer.status == 200


@pytest.mark.parametrize("worker", ["threads", "gevent"])
def test_whoever_sends_a_byte_at_a_time_keeps_nobody_waiting_and_is_ended(postgres_url: str, worker: str) -> None:
    heads = [
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        b"POST /desk/login HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 9999\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n\r\n",
        b"POST /desk/login HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\nTransfer-Encoding: chunked\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n\r\nffff\r\n",
    ]
    with serving(AlteredShell(postgres_url, IMPATIENT), TIMELINE_WORKER=worker) as site, ExitStack() as lines:
        slow = [lines.enter_context(site.line(head)) for head in heads for _ in range(30)]
        begun = time.monotonic()
        open_, waited = slow, 0.0
        while open_ and time.monotonic() < begun + 5 * SECONDS:
            open_ = [line for line in open_ if _takes_a_byte(line)]
            asked = time.monotonic()
            with urlopen(f"{site.url}/api/stories", timeout=10) as answer:
                assert answer.status == 200
            waited = max(waited, time.monotonic() - asked)
            time.sleep(0.25)

        assert open_ == []
        assert time.monotonic() - begun > SECONDS - 1, "who is only slow is heard for a while"
        assert waited < 2


def test_whoever_does_not_hang_up_keeps_nobody_waiting(sqlite_url: str) -> None:
    with serving(Shell(sqlite_url)) as site, ExitStack() as lines:
        for _ in range(10):
            lines.enter_context(site.line(b"GET /api/stories HTTP/1.0\r\nHost: x\r\n\r\n"))
        time.sleep(0.5)
        asked = time.monotonic()
        with urlopen(f"{site.url}/api/stories", timeout=30) as answer:
            assert answer.status == 200

        assert time.monotonic() - asked < 2


def test_greenlets_send_streams_what_is_appended_and_answer_everybody_else(postgres_url: str) -> None:
    shell = Shell(postgres_url)
    shell.do("append", "mine", stdin='{"type":"story.opened","data":{"title":"M","kind":"general","timezone":"UTC"}}')
    with ExitStack() as lines, serving(shell, TIMELINE_WORKER="gevent") as site:
        streams = [_stream(lines, f"{site.url}/stories/mine/live") for _ in range(200)]
        assert _post(site, site.token, "/api/stories/mine") == (201, [2])
        with urlopen(f"{site.url}/stories/mine") as page:
            assert "From a server" in page.read().decode()
        assert [_next_id(stream) for stream in streams] == [2] * len(streams)

        site.process.terminate()
        assert site.process.wait(10) == 0, "streams that are open hold up no restart"


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT], ids=lambda end: end.name)
def test_it_ends_when_it_is_told_to_whoever_reads_and_says_nothing_more(sqlite_url: str, end: signal.Signals) -> None:
    shell = Shell(sqlite_url)
    shell.do("append", "mine", stdin='{"type":"story.opened","data":{"title":"M","kind":"general","timezone":"UTC"}}')
    with ExitStack() as lines, serving(shell) as site:
        stream = _stream(lines, f"{site.url}/stories/mine/live")
        assert _post(site, site.token, "/api/stories/mine") == (201, [2])
        assert _next_id(stream) == 2

        site.process.send_signal(end)

        assert site.process.wait(10) == 0


def test_where_there_is_no_stream_the_connection_goes_on(sqlite_url: str) -> None:
    with serving(Shell(sqlite_url)) as site, site.connection() as connection:
        found = [
            _status(connection, method, f"/stories/{path}")
            for method, path in [
                ("GET", "none/live"),
                ("GET", "97th-academy-awards/live?after=soon"),
                ("HEAD", "97th-academy-awards/live?after=1"),
                ("GET", "97th-academy-awards/live"),
                ("GET", "97th-academy-awards"),
            ]
        ]

    assert found == [404, 400, 200, 204, 200]


def test_a_stream_that_ends_gives_its_place_to_others(sqlite_url: str) -> None:
    with serving(Shell(sqlite_url), TIMELINE_THREADS="2") as site, ExitStack() as lines:
        for _ in range(20):
            ended = lines.enter_context(urlopen(f"{site.url}/stories/97th-academy-awards/live?after=1", timeout=20))
            assert b"\nevent: " in ended.read(), "its coverage is over: when all is sent, nothing more will come"


@pytest.mark.parametrize("sender", ["127.0.0.1", "127.0.0.2"])
def test_however_many_streams_are_asked_for_everybody_else_is_answered(sqlite_url: str, sender: str) -> None:
    shell = Shell(sqlite_url)
    shell.do("append", "mine", stdin='{"type":"story.opened","data":{"title":"M","kind":"general","timezone":"UTC"}}')
    asked = b"GET /stories/mine/live HTTP/1.1\r\nHost: x\r\n\r\n"
    with serving(shell, TIMELINE_THREADS="70") as site, ExitStack() as lines:
        opened_ = [lines.enter_context(site.line(asked, sender)) for _ in range(300)]

        heads = [line.recv(300).partition(b"\r\n")[0] for line in opened_]
        found = [_status(lines.enter_context(site.connection()), "GET", path) for path in ("/", "/desk/login") * 20]

        assert heads.count(b"HTTP/1.1 200 OK") == (70 if sender == "127.0.0.1" else 64)
        assert set(heads) == {b"HTTP/1.1 200 OK", b"HTTP/1.1 503 SERVICE UNAVAILABLE"}
        assert set(found) == {200}


def _status(connection: http.client.HTTPConnection, method: str, path: str) -> int:
    connection.request(method, path)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def _stream(lines: ExitStack, address: str) -> http.client.HTTPResponse:
    """Return a stream that has begun."""
    answer: http.client.HTTPResponse = lines.enter_context(urlopen(address, timeout=20))
    assert answer.status == 200
    while not answer.readline().startswith(b"event: beat"):
        pass
    return answer


def _next_id(stream: http.client.HTTPResponse) -> int:
    while not (line := stream.readline()).startswith(b"id: "):
        assert line, "the stream has ended"
    return int(line[4:])


def _takes_a_byte(line: socket.socket) -> bool:
    """Send one more byte; tell whether the other side has neither answered nor hung up."""
    try:
        line.sendall(b"a")
        line.setblocking(False)
        line.recv(1)
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False
