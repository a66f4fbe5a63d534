"""The general kind, and what all kinds share: free-form reports, and models that tell every fault at once."""

from dataclasses import replace
from datetime import date

import pytest

from newsroom import EVENING, Newsroom, evening, event, mark, on_record, opening, report, retraction, takedown
from timeline.domain.errors import InvalidData, UnknownKind, UnknownType
from timeline.domain.event import Line
from timeline.domain.fact import resolve
from timeline.domain.ijson import canonical
from timeline.kinds.kind import FactData, find_kind, kind_names
from timeline.store.database import Database


@pytest.fixture
def flood(database: Database) -> Newsroom:
    """Return a newsroom with a general story."""
    newsroom = Newsroom(database, story="the-flood")
    newsroom.publish(opening("general"))
    return newsroom


def test_the_board_has_the_key_moments_in_the_order_in_which_they_happened(flood: Newsroom) -> None:
    breaks, rains, dull = report("The dam breaks"), report("It rains", evening("00:10")), report("Nothing")
    flood.publish(breaks, rains, dull, mark(breaks, "marked_key"), mark(rains, "marked_key"))

    assert flood.view().board == {
        "key_moments": [
            {"fact": str(rains.id), "occurred_at": "2025-03-03T00:10:00.000000Z", "headline": "It rains"},
            {"fact": str(breaks.id), "occurred_at": "2025-03-03T01:00:00.000000Z", "headline": "The dam breaks"},
        ]
    }


def test_a_key_moment_that_no_longer_stands_leaves_the_board(flood: Newsroom) -> None:
    first, second, third = (report(f"Number {number}") for number in range(3))
    flood.publish(first, second, third, *(mark(each, "marked_key") for each in (first, second, third)))
    flood.publish(retraction(first), takedown(second), mark(third, "unmarked_key"))

    assert flood.view().board == {"key_moments": []}
    assert len(flood.view(as_of=7).board["key_moments"]) == 2, "the taken-down one is gone from the past too"


def test_a_general_story_has_no_facts_of_a_ceremony(flood: Newsroom) -> None:
    with pytest.raises(UnknownType, match=r"a general has no event “award.announced”; it has update.reported"):
        flood.publish(event("award.announced", {"category": "X", "film": "Y"}, EVENING))


def test_every_fault_of_a_report_is_told_at_once_with_its_path(flood: Newsroom) -> None:
    media = [{"url": "ftp://x", "alt": ""}, {"url": "https://a.example/b.jpg", "alt": "A dam", "colour": "red"}]
    with pytest.raises(InvalidData) as caught:
        flood.publish(event("update.reported", {"body": " ", "media": media, "mood": "wet"}, EVENING))

    assert sorted(fault.path for fault in caught.value.faults) == [
        "body", "headline", "media.0.alt", "media.0.url", "media.1.colour", "mood",
    ]  # fmt: skip


def test_data_is_given_back_as_it_came_with_no_default_written_into_it(flood: Newsroom) -> None:
    told = report("It rains")
    flood.publish(told)

    assert flood.fact(told).data == {"headline": "It rains"}
    assert flood.record()[-1].data == {"headline": "It rains"}


def test_lists_may_be_empty_or_missing(newsroom: Newsroom) -> None:
    bare, empty = {"category": "Sound", "film": "Dune"}, {"category": "Sound", "film": "Dune", "people": []}
    newsroom.publish(event("award.announced", bare, EVENING), event("award.announced", empty, EVENING))

    assert [fact.data for fact in newsroom.view().facts] == [bare, empty]


@pytest.mark.parametrize("name", ["general", "ceremony"])
def test_the_kinds_that_come_with_the_package_are_found_by_their_name(name: str) -> None:
    assert find_kind(name).name == name
    assert name in kind_names()


def test_a_kind_that_nobody_installed_is_refused_with_those_that_are() -> None:
    with pytest.raises(UnknownKind, match="no kind “eclipse”; installed: ceremony, general"):
        find_kind("eclipse")


class Sighted(FactData):
    day: date
    witnesses: tuple[Line, ...] = ()


def test_a_model_may_have_values_that_json_knows_only_as_texts_and_lists() -> None:
    kind = replace(find_kind("general"), models={"comet.sighted": Sighted}, headline=lambda data: f"Seen on {data!r}")
    sighted = event("comet.sighted", {"day": "1986-02-09", "witnesses": ["Ana"]}, EVENING)
    kind.check(sighted.type, canonical(sighted.data))
    (fact,) = resolve(on_record(opening(), sighted))

    assert kind.read(fact) == Sighted(day=date(1986, 2, 9), witnesses=("Ana",))
