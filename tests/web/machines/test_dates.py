"""Dates: what formats say of a fact's times is what the record says, from every vantage."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import pytest
from flask.testing import FlaskClient

from documents import NIGHTS, REPLAYED, get, linked_data, prose
from timeline.clockwords import canonical
from timeline.desk import Desk
from timeline.domain.event import CoverageEnded, CoverageStarted, FactReported, Recorded
from timeline.domain.moments import parse_moment
from timeline.domain.vantage import Vantage
from timeline.views import View
from timeline.web.machines.addresses import Addresses
from timeline.web.machines.linked_data import live_blog
from timeline.web.machines.ninjs import story_ninjs
from timeline.web.pieces import Setting
from timeline.web.replay import story_then

TELLING: Final = {"fact.corrected", "fact.retracted", "fact.reinstated", "fact.taken_down"}


@pytest.mark.parametrize("slug", NIGHTS)
def test_at_every_version_each_update_has_the_times_that_its_fact_had_on_record(archive: Desk, slug: str) -> None:
    record = archive.record(slug)[1]
    for version in range(1, len(record) + 1):
        view = archive.view(slug, Vantage(as_of=version))
        _expect_dates_of(_blog(archive, view), record[:version])


@pytest.mark.parametrize("slug", NIGHTS)
def test_at_every_moment_only_what_had_happened_is_an_update(archive: Desk, slug: str) -> None:
    for view in _moments(archive, slug):
        updates = _blog(archive, view)["liveBlogUpdate"]
        at = view.vantage.at
        assert at is not None
        assert len(updates) == len(view.facts)
        assert all(parse_moment(update["contentReferenceTime"]) <= at for update in updates)


@pytest.mark.parametrize("slug", NIGHTS)
def test_at_no_version_anything_says_what_was_published_later(archive: Desk, slug: str) -> None:
    record = archive.record(slug)[1]
    for version in range(1, len(record) + 1):
        view = archive.view(slug, Vantage(as_of=version))
        later = prose(record[version:]) - prose(record[:version])
        said = _everything(archive, view)
        assert [text for text in later if text in said] == []


@pytest.mark.parametrize("slug", NIGHTS)
def test_at_no_moment_anything_says_what_had_not_happened(archive: Desk, slug: str) -> None:
    facts = archive.view(slug).facts
    for view in _moments(archive, slug):
        shown = {fact.id for fact in view.facts}
        told = {str((fact.data or {}).get("headline", "–")) for fact in view.facts}
        untold = {str((fact.data or {}).get("headline", "–")) for fact in facts if fact.id not in shown} - told
        said = _everything(archive, view)
        assert [text for text in untold if text in said] == []


@pytest.mark.parametrize("asked", ["as_of=60", "as_of=154", "at=2017-02-27T05:02:00Z"])
def test_what_is_served_of_a_replay_keeps_the_rest_to_itself(reader: FlaskClient, asked: str) -> None:
    for name in REPLAYED:
        told = get(reader, f"/stories/89th-academy-awards{name}?{asked}")
        assert b"Moonlight wins" not in told
        assert b"by mistake" not in told


def test_coverage_has_an_end_only_once_it_has_ended(reader: FlaskClient) -> None:
    during, after = (linked_data(reader, f"/stories/89th-academy-awards{query}") for query in ("?as_of=154", ""))

    assert "coverageEndTime" not in during
    assert after["coverageEndTime"] == "2017-02-27T06:30:00Z"
    assert after["coverageStartTime"] == during["coverageStartTime"]


def test_before_its_first_event_a_page_has_no_linked_data(reader: FlaskClient) -> None:
    assert b"ld+json" not in get(reader, "/stories/89th-academy-awards?as_of=0")


def _expect_dates_of(blog: dict[str, Any], record: Sequence[Recorded]) -> None:
    """Compare a posting with the events of its cut, read without the code that resolves them."""
    reports = {str(each.id): each for each in record if isinstance(each.event, FactReported)}
    updates = {update["url"].rpartition("/")[2]: update for update in blog.get("liveBlogUpdate", [])}
    assert updates.keys() == reports.keys()
    for id_, update in updates.items():
        about = [each for each in record if str(each.fact) == id_ and each.type in TELLING]
        moved = [
            each.data["set"]["occurred_at"]
            for each in about
            if each.data and each.data.get("set", {}).get("occurred_at")
        ]
        assert update["datePublished"] == canonical(reports[id_].recorded_at)
        assert update["dateModified"] == canonical((about or [reports[id_]])[-1].recorded_at)
        assert parse_moment(update["dateModified"]) >= parse_moment(update["datePublished"])
        assert parse_moment(update["contentReferenceTime"]) == _last(moved, reports[id_].occurred_at)
    coverage = [each for each in record if isinstance(each.event, CoverageStarted | CoverageEnded)]
    ended = coverage[-1] if coverage and isinstance(coverage[-1].event, CoverageEnded) else None
    assert blog.get("coverageEndTime") == (canonical(ended.recorded_at) if ended else None)
    assert blog["coverageStartTime"] == canonical((coverage or record)[0].recorded_at)
    assert blog["dateModified"] == canonical(record[-1].recorded_at)


def _last(moved: Sequence[str], otherwise: datetime) -> datetime:
    return parse_moment(moved[-1]) if moved else otherwise


def _moments(desk: Desk, slug: str) -> Iterator[View]:
    """Yield the view at every moment at which something happened."""
    for at in sorted({fact.occurred_at for fact in desk.view(slug).facts}):
        yield desk.view(slug, Vantage(at=at))


def _blog(desk: Desk, view: View) -> dict[str, Any]:
    told = live_blog(view, story_then(desk, view), Addresses("http://localhost", view.story.slug), Setting())
    blog: dict[str, Any] = json.loads(told)
    return blog


def _everything(desk: Desk, view: View) -> str:
    ninjs = story_ninjs(view, story_then(desk, view), Addresses("http://localhost", view.story.slug))
    return json.dumps([_blog(desk, view), ninjs], ensure_ascii=False).replace("\\n", "\n")
