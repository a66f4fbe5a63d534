"""Memento: the page as it was published at any time, asked for by `Accept-Datetime`."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from flask.testing import FlaskClient
from werkzeug.http import http_date, parse_date
from werkzeug.test import TestResponse

from newsroom import STORY, Newsroom, opening, report
from timeline.desk import Desk
from timeline.web.machines import memento

SLUG: Final = "89th-academy-awards"
NIGHT: Final = f"/stories/{SLUG}"
HERE: Final = f"http://localhost{NIGHT}"


def ask(client: FlaskClient, when: datetime | str, address: str = NIGHT) -> TestResponse:
    return client.get(address, headers={"Accept-Datetime": when if isinstance(when, str) else http_date(when)})


def links(response: TestResponse) -> dict[str, str]:
    """Return the addresses of a `Link` header by the relation."""
    found = re.findall(r'<([^>]*)>; rel="([^"]*)"', response.headers["Link"])
    return {rel: address for address, rels in found for rel in (rels, *rels.split())}


@pytest.mark.parametrize(
    ("when", "version"),
    [
        ("Mon, 27 Feb 2017 05:04:00 GMT", 154),
        ("Mon, 27 Feb 2017 05:08:00 GMT", 162),
        ("Tue, 24 Jan 2017 13:00:00 GMT", 1),
        ("Sat, 01 Jan 2000 00:00:00 GMT", 1),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 169),
    ],
)
def test_whoever_asks_for_a_time_is_sent_to_the_page_as_published_then(
    reader: FlaskClient, when: str, version: int
) -> None:
    response = ask(reader, when)

    assert response.status_code == 302
    assert response.location == f"{NIGHT}?as_of={version}"
    assert "accept-datetime" in response.headers["Vary"].lower()
    assert links(response)["original timegate"] == HERE
    assert links(response)["timemap"] == f"{HERE}/timemap"
    assert "Memento-Datetime" not in response.headers


def test_a_memento_says_of_when_it_is_and_names_its_neighbours(reader: FlaskClient) -> None:
    response = reader.get(f"{NIGHT}?as_of=154")

    assert response.headers["Memento-Datetime"] == "Mon, 27 Feb 2017 05:03:49 GMT"
    assert links(response) | {
        "original": HERE,
        "timegate": HERE,
        "timemap": f"{HERE}/timemap",
        "first memento": f"{HERE}?as_of=1",
        "prev memento": f"{HERE}?as_of=153",
        "memento": f"{HERE}?as_of=169",
        "next memento": f"{HERE}?as_of=155",
        "last memento": f"{HERE}?as_of=169",
    } == links(response)


def test_each_version_is_found_again_by_its_own_datetime(archive: Desk, reader: FlaskClient) -> None:
    for recorded in archive.record(SLUG)[1][::13]:
        here = reader.get(f"{NIGHT}?as_of={recorded.version}")
        there = reader.get(ask(reader, here.headers["Memento-Datetime"]).location)

        assert parse_date(here.headers["Memento-Datetime"]) == recorded.recorded_at.replace(microsecond=0)
        assert there.headers["Memento-Datetime"] == here.headers["Memento-Datetime"]


def test_of_several_versions_in_one_second_the_last_is_meant(room: Newsroom, visitor: FlaskClient) -> None:
    room.publish(opening(), report("It begins"), report("It goes on"))

    response = ask(visitor, room.clock(), f"/stories/{STORY}")

    assert response.location == f"/stories/{STORY}?as_of=3"


def test_the_only_version_is_the_first_and_the_last(room: Newsroom, visitor: FlaskClient) -> None:
    room.publish(opening())

    found = links(visitor.get(f"/stories/{STORY}?as_of=1"))

    assert found["first last memento"] == f"http://localhost/stories/{STORY}?as_of=1"
    assert "prev" not in found
    assert "next" not in found


def test_a_memento_is_itself_whatever_time_is_asked_for(reader: FlaskClient) -> None:
    response = ask(reader, datetime(2000, 1, 1, tzinfo=UTC), f"{NIGHT}?as_of=154")

    assert response.status_code == 200
    assert response.headers["Memento-Datetime"] == "Mon, 27 Feb 2017 05:03:49 GMT"


def test_the_present_page_is_the_original_and_varies_by_the_time_asked_for(reader: FlaskClient) -> None:
    response = reader.get(NIGHT)
    unchanged = reader.get(NIGHT, headers={"If-None-Match": response.headers["ETag"]})

    for each in (response, unchanged):
        assert "accept-datetime" in each.headers["Vary"].lower()
        assert "Memento-Datetime" not in each.headers
    assert unchanged.status_code == 304
    assert links(response)["original timegate"] == HERE


@pytest.mark.parametrize("query", ["?at=2017-02-27T05:04:00Z", "?at=2017-02-27T05:04:00Z&as_of=160", "?as_of=0"])
def test_what_was_never_published_so_is_no_memento(reader: FlaskClient, query: str) -> None:
    assert "Memento-Datetime" not in reader.get(NIGHT + query).headers


@pytest.mark.parametrize(
    "when",
    [
        "yesterday",
        "",
        "2017-02-27T05:04:00Z",
        "Mon, 27 Feb 2017 05:04:00 PST",
        "Mon, 31 Feb 2017 05:04:00 GMT",
        "Mon, 27 Feb 2017 25:04:00 GMT",
        "<script>",
    ],
)
def test_a_time_that_cannot_be_read_is_refused_on_a_page_that_says_how(reader: FlaskClient, when: str) -> None:
    response = ask(reader, when)

    assert (response.status_code, response.mimetype) == (400, "text/html")
    assert "Mon, 27 Feb 2017 05:04:00 GMT" in response.text
    assert "<script>" not in response.text.partition("<main")[2].partition("</main>")[0]


def test_of_an_unknown_story_no_time_can_be_asked_for(reader: FlaskClient) -> None:
    assert ask(reader, datetime(2020, 1, 1, tzinfo=UTC), "/stories/nowhere").status_code == 404


def test_the_timemap_lists_every_version_in_order(archive: Desk, reader: FlaskClient) -> None:
    response = reader.get(f"{NIGHT}/timemap")
    found = re.findall(rf'<{HERE}\?as_of=(\d+)>; rel="([a-z ]*)memento"; datetime="([^"]+)"', response.text)

    record = archive.record(SLUG)[1]
    assert response.mimetype == "application/link-format"
    assert [(int(version), parse_date(when)) for version, _, when in found] == [
        (recorded.version, recorded.recorded_at.replace(microsecond=0)) for recorded in record
    ]
    assert [rel for _, rel, _ in found] == ["first ", *[""] * (len(record) - 2), "last "]
    assert f'<{HERE}>; rel="original timegate"' in response.text


def test_a_long_timemap_comes_in_pages(room: Newsroom, visitor: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memento, "LENGTH", 2)
    room.publish(opening(), report("One"), report("Two"))

    first = visitor.get(f"/stories/{STORY}/timemap").text
    second = visitor.get(f"/stories/{STORY}/timemap?after=2").text

    assert f'<http://localhost/stories/{STORY}/timemap?after=2>; rel="timemap"' in first
    assert "as_of=3" not in first
    assert 'as_of=3>; rel="last memento"' in second
    assert "timemap?after=3" not in second


def test_a_microsecond_decides_between_two_seconds(room: Newsroom, visitor: FlaskClient) -> None:
    room.publish(opening())
    room.clock.turn(seconds=0.999999)
    room.publish(report("Just before the second is over"))
    room.clock.turn(seconds=0.000001)
    room.publish(report("The next second", room.clock()))

    start = room.clock() - timedelta(seconds=1)

    assert ask(visitor, start, f"/stories/{STORY}").location.endswith("?as_of=2")
    assert ask(visitor, room.clock(), f"/stories/{STORY}").location.endswith("?as_of=3")
