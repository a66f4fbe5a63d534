"""The crowd: so many streams and no more are open, in all and of one network, and each gives its place back."""

from contextlib import ExitStack
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from newsroom import STORY, Newsroom
from timeline.web.app import create_app
from timeline.web.crowd import MOST_OF_ONE
from wire import problem

LIVE = f"/stories/{STORY}/live"


def test_a_stream_too_many_is_refused_until_another_ends(newsroom: Newsroom) -> None:
    client = create_app(newsroom.desk, streams=3).test_client()
    with ExitStack() as streams:
        first, *_ = [streams.enter_context(_ask(client, f"192.0.2.{number}")) for number in range(3)]

        refused = _ask(client, "192.0.2.9")
        told = problem(refused, 503, "service-unavailable")
        assert told["detail"] == "3 streams are open here, and no more: ask for updates, or come again"
        assert refused.headers["Retry-After"] == "60"
        assert client.get(f"/stories/{STORY}/updates").status_code == 200

        first.close()
        assert _status(client, "192.0.2.9") == 200


@pytest.mark.parametrize(
    ("of_one", "other"),
    [
        (["192.0.2.7", "::ffff:192.0.2.7"], "192.0.2.8"),
        (["2001:db8:0:1::1", "2001:db8:0:1:ffff::2"], "2001:db8:0:2::1"),
    ],
    ids=["version 4", "version 6"],
)
def test_one_network_leaves_streams_to_others(newsroom: Newsroom, of_one: list[str], other: str) -> None:
    client = create_app(newsroom.desk).test_client()
    with ExitStack() as streams:
        for number in range(MOST_OF_ONE):
            streams.enter_context(_ask(client, of_one[number % 2]))

        assert [_status(client, each) for each in (*of_one, other)] == [503, 503, 200]

    assert _status(client, of_one[0]) == 200


def test_whoever_comes_by_a_proxy_is_counted_where_they_are(newsroom: Newsroom) -> None:
    client = create_app(newsroom.desk, proxies=1).test_client()
    with ExitStack() as streams:
        for _ in range(MOST_OF_ONE):
            streams.enter_context(_ask(client, "10.0.0.1", by="192.0.2.7"))

        found = []
        for address in ("192.0.2.7", "192.0.2.8"):
            with _ask(client, "10.0.0.1", by=address) as answer:
                found.append(answer.status_code)

    assert found == [503, 200]


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_this_very_machine_may_be_a_proxy_for_everybody(newsroom: Newsroom, address: str) -> None:
    client = create_app(newsroom.desk).test_client()
    with ExitStack() as streams:
        found = [streams.enter_context(_ask(client, address)).status_code for _ in range(MOST_OF_ONE + 1)]

    assert set(found) == {200}


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/stories/none/live", "GET", 404), (f"{LIVE}?after=x", "GET", 400), (LIVE, "HEAD", 200)],
)
def test_what_is_no_stream_takes_no_place(newsroom: Newsroom, path: str, method: str, status: int) -> None:
    client = create_app(newsroom.desk, streams=1).test_client()
    for _ in range(2):
        with client.open(path, method=method) as answer:
            assert answer.status_code == status

    assert _status(client, "192.0.2.7") == 200


def _ask(client: FlaskClient, address: str, by: str | None = None) -> TestResponse:
    headers = {"X-Forwarded-For": by} if by else {}
    at: dict[str, Any] = {"REMOTE_ADDR": address}
    return client.get(LIVE, headers=headers, environ_overrides=at, buffered=False)


def _status(client: FlaskClient, address: str) -> int:
    with _ask(client, address) as answer:
        return answer.status_code
