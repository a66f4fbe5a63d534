"""A view in pages: whatever is published meanwhile, the pages joined are the view they began with."""

from datetime import timedelta
from itertools import chain
from typing import Any

import pytest

from newsroom import EVENING, STORY, correction, report, retraction
from wire import Wire, problem

PATH = f"/stories/{STORY}"


@pytest.fixture
def reports(wire: Wire) -> list[Any]:
    """Publish reports of which several happened at the same moment."""
    wire.newsroom.clock.turn(minutes=10)
    drafts = [report(f"Report {place}", EVENING + timedelta(minutes=place // 3)) for place in range(10)]
    wire.newsroom.publish(*drafts[::-1])
    return drafts


@pytest.mark.usefixtures("reports")
@pytest.mark.parametrize("limit", [1, 3, 10, 1000])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_the_pages_joined_are_the_whole(wire: Wire, order: str, limit: int) -> None:
    whole = wire.read(PATH)["facts"]

    pages = _pages(wire, limit=limit, order=order)

    assert list(chain(*pages)) == (whole if order == "asc" else whole[::-1])
    assert all(len(page) == limit for page in pages[:-1])


def test_a_cursor_goes_on_in_the_version_that_it_began_in(wire: Wire, reports: list[Any]) -> None:
    whole = wire.read(PATH)
    first = wire.read(PATH, limit=4)
    wire.newsroom.publish(
        report("Late", EVENING - timedelta(days=1)),
        report("Later", EVENING + timedelta(minutes=9)),
        correction(reports[0], occurred_at=EVENING + timedelta(minutes=8)),
        correction(reports[9], occurred_at=EVENING - timedelta(days=2)),
        retraction(reports[5]),
    )

    rest = wire.read(PATH, limit=100, cursor=first["next"])

    assert first["facts"] + rest["facts"] == whole["facts"]
    assert (rest["as_of"], rest["board"], rest["story"]) == (whole["as_of"], whole["board"], whole["story"])


@pytest.mark.usefixtures("reports")
def test_the_pages_keep_to_the_moment_asked_for(wire: Wire) -> None:
    at = "2025-03-03T01:01:00Z"

    pages = _pages(wire, limit=4, at=at)

    assert list(chain(*pages)) == wire.read(PATH, at=at)["facts"]
    assert len(list(chain(*pages))) == 6


def test_a_cursor_goes_on_at_the_moment_that_it_began_at(wire: Wire, reports: list[Any]) -> None:
    whole = wire.read(PATH)["facts"]
    first = wire.read(PATH, limit=1, at=whole[-2]["occurred_at"])

    rest = wire.read(PATH, cursor=first["next"])

    assert rest["at"] == whole[-2]["occurred_at"]
    assert first["facts"] + rest["facts"] == [fact for fact in whole if fact["occurred_at"] <= rest["at"]]


@pytest.mark.usefixtures("reports")
def test_a_cursor_goes_on_in_the_order_that_it_began_in(wire: Wire) -> None:
    whole = wire.read(PATH)["facts"]
    first = wire.read(PATH, limit=4, order="desc")

    assert first["facts"] + wire.read(PATH, cursor=first["next"])["facts"] == whole[::-1]


@pytest.mark.parametrize(
    "cursor",
    ["x", "é", "AAAA", "LTV8MjAyNS0wMy0wM1QwMTowMDowMFp8MQ", "MXwyMDI1LTAzLTAzVDAxOjAwOjAwfDE", "a" * 5000, "%00"],
    ids=["short", "not ascii", "zeros", "version -5", "naive", "long", "nul"],
)
def test_a_cursor_that_no_page_gave_is_refused(wire: Wire, cursor: str) -> None:
    problem(wire.get(PATH, cursor=cursor), 400, "malformed-vantage")


def _pages(wire: Wire, **query: Any) -> list[list[Any]]:
    pages = [wire.read(PATH, **query)]
    while cursor := pages[-1]["next"]:
        pages.append(wire.read(PATH, cursor=cursor, **query))
    return [page["facts"] for page in pages]
