"""The desk of a ceremony: what the board offers to report next, and which times are odd."""

from datetime import datetime
from typing import Any

import pytest

from commands import STORIES
from newsroom import (
    STORY,
    Newsroom,
    award,
    evening,
    event,
    nomination,
    on_record,
    opening,
    report,
    retraction,
)
from timeline.desk import Desk
from timeline.domain.event import Draft
from timeline.domain.fact import resolve
from timeline.domain.moments import parse_moment
from timeline.domain.vantage import on_the_story_clock
from timeline.kinds.ceremony import KIND
from timeline.kinds.kind import Offer, find_kind
from timeline.store.database import Database
from timeline.story_files import import_file

ANORA, CONCLAVE = nomination("Directing", "Anora", "Sean Baker"), nomination("Directing", "Conclave", "Edward Berger")
DUNE = nomination("Sound", "Dune")
BEGINS = event("ceremony.began", {}, evening("01:00"), precision="minute")
ENDS = event("ceremony.ended", {}, evening("04:00"), precision="minute")


def offers(*drafts: Draft) -> list[Offer]:
    """Return what is offered at a ceremony of which this is on record."""
    facts = on_the_story_clock(resolve(on_record(opening(), *drafts)))
    return list(KIND.offers(KIND.board(KIND.add_up(facts))))


def doubts(told: Draft, *others: Draft) -> list[str]:
    """Return what is odd about a fact beside others."""
    facts = on_the_story_clock(resolve(on_record(opening(), *others, told)))
    (fact,) = (fact for fact in facts if fact.id == told.id)
    return list(KIND.doubts(fact, KIND.add_up(facts)))


def speech(at: datetime, **envelope: Any) -> Draft:
    return event("speech.given", {"speaker": "Sean Baker", "quote": "Long live cinema"}, at, **envelope)


def test_every_nominee_may_be_announced_as_the_winner() -> None:
    assert offers(ANORA, DUNE)[1:] == [
        Offer(
            "Directing",
            "Anora (Sean Baker)",
            "announce as winner",
            "award.announced",
            {"category": "Directing", "film": "Anora", "people": ["Sean Baker"]},
        ),
        Offer("Sound", "Dune", "announce as winner", "award.announced", {"category": "Sound", "film": "Dune"}),
    ]


def test_a_category_that_has_its_winner_is_offered_no_more() -> None:
    wins = award("Directing", "Anora", "Sean Baker")

    assert [offer.group for offer in offers(ANORA, CONCLAVE, DUNE, wins)] == ["The ceremony", "Sound"]
    assert [offer.group for offer in offers(ANORA, DUNE, wins, retraction(wins))] == [
        "The ceremony", "Directing", "Sound",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("told", "label", "type_"),
    [
        ([], "The ceremony begins", "ceremony.began"),
        ([ANORA], "The ceremony begins", "ceremony.began"),
        ([ANORA, BEGINS], "The ceremony ends", "ceremony.ended"),
    ],
)
def test_the_ceremony_itself_is_offered_as_it_comes(told: list[Draft], label: str, type_: str) -> None:
    offered = offers(*told)[0]

    assert (offered.group, offered.label, offered.type, offered.data) == ("The ceremony", label, type_, {})


def test_after_the_end_only_what_has_no_winner_is_offered() -> None:
    assert [offer.label for offer in offers(DUNE, BEGINS, ENDS)] == ["Dune"]


def test_whatever_is_offered_can_be_published_as_it_is(newsroom: Newsroom) -> None:
    newsroom.publish(ANORA, DUNE)
    while offered := list(KIND.offers(newsroom.view().board)):
        newsroom.publish(event(offered[0].type, offered[0].data, newsroom.clock.now))

    view = newsroom.view()
    assert view.board["phase"] == "over"
    assert [len(category["winners"]) for category in view.board["categories"]] == [1, 1]
    assert view.board["contradictions"] == []


def test_at_the_start_of_the_97th_ceremony_every_nominee_is_offered(database: Database) -> None:
    import_file(Desk(database), STORIES / f"{STORY}.jsonl")
    start = Newsroom(database).view(at=parse_moment("2025-03-03T00:00:00Z"))
    nominations = [fact.data or {} for fact in start.facts if fact.type == "nomination.announced"]

    offered = [offer.data for offer in KIND.offers(start.board)]

    assert offered.pop(0) == {}, "the end of the ceremony"
    assert len(offered) == len(nominations) == 35
    for said in nominations:
        assert {name: said[name] for name in ("category", "film", "people") if name in said} in offered


@pytest.mark.parametrize("told", [award("Sound", "Dune", at=evening("00:58")), speech(evening("00:58:30"))])
def test_what_happened_before_the_ceremony_is_odd(told: Draft) -> None:
    (doubt,) = doubts(told, BEGINS, ENDS)

    assert doubt.startswith("By its time, this ")
    assert "minute" in doubt
    assert doubt.endswith(" before the ceremony began (version 2)")


def test_what_happened_after_the_ceremony_is_odd() -> None:
    assert doubts(award("Sound", "Dune", at=evening("04:03")), BEGINS, ENDS) == [
        "By its time, this award was announced 3 minutes after the ceremony ended (version 3)"
    ]


@pytest.mark.parametrize(
    ("told", "others"),
    [
        (award("Sound", "Dune", at=evening("02:00")), [BEGINS, ENDS]),
        (award("Sound", "Dune", at=evening("01:00")), [BEGINS, ENDS]),
        (award("Sound", "Dune", at=evening("04:00:30")), [BEGINS, ENDS]),
        (award("Sound", "Dune", at=evening("00:30")), []),
        (award("Sound", "Dune", at=evening("00:30")), [BEGINS, retraction(BEGINS)]),
        (nomination("Sound", "Dune", at=evening("00:30")), [BEGINS]),
        (report("Guests arrive", evening("00:30")), [BEGINS]),
    ],
    ids=["during it", "at its start", "in its last minute", "no start", "a retracted start", "nomination", "report"],
)
def test_what_is_in_time_is_not_odd(told: Draft, others: list[Draft]) -> None:
    assert doubts(told, *others) == []


@pytest.mark.parametrize(
    ("clock", "precision", "is_odd"),
    [
        ("00:59:59", "second", False),
        ("00:59", "minute", True),
        ("00:30", "hour", False),
        ("00:00", "hour", True),
        ("00:00", "day", False),
        ("00:00", "month", False),
        ("00:00", "year", False),
    ],
)
def test_a_time_is_odd_only_as_far_as_it_is_known(clock: str, precision: str, is_odd: bool) -> None:
    assert bool(doubts(speech(evening(clock), precision=precision), BEGINS)) == is_odd


def test_a_start_that_is_known_to_the_day_makes_nothing_odd_on_that_day() -> None:
    begins = event("ceremony.began", {}, evening("12:00"), precision="day")

    assert doubts(speech(evening("00:30")), begins) == []


def test_a_kind_need_neither_offer_nor_doubt(newsroom: Newsroom) -> None:
    newsroom.publish(report("It rains"))
    general = find_kind("general")
    (fact,) = newsroom.view().facts

    assert list(general.offers({"key_moments": []})) == []
    assert list(general.doubts(fact, general.add_up([fact]))) == []
