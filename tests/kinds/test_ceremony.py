"""The ceremony: what its board makes of the standing facts, and how its entries read."""

from typing import Any

import pytest

from newsroom import (
    EVENING,
    Newsroom,
    award,
    correction,
    evening,
    event,
    nomination,
    on_record,
    opening,
    report,
    retraction,
    takedown,
)
from timeline.domain.event import Draft
from timeline.domain.fact import resolve
from timeline.domain.ijson import JsonObject
from timeline.domain.vantage import on_the_story_clock
from timeline.kinds.ceremony import KIND

ANORA = nomination("Directing", "Anora", "Sean Baker")
BRUTALIST = nomination("Directing", "The Brutalist", "Brady Corbet")
BEGINS, ENDS = event("ceremony.began", {}, EVENING), event("ceremony.ended", {}, EVENING)


def board(*drafts: Draft) -> JsonObject:
    """Return the board of a ceremony of which this is on record."""
    facts = on_the_story_clock(resolve(on_record(opening(), *drafts)))
    return KIND.board(KIND.add_up(facts))


def surprises(*drafts: Draft) -> list[tuple[str, str]]:
    """Return what a board finds contradictory, and the fact that says so."""
    return [(found["what"], found["fact"]) for found in board(*drafts)["contradictions"]]


def test_before_anything_is_known_the_board_is_empty() -> None:
    assert board() == {"phase": "upcoming", "categories": [], "tally": [], "contradictions": []}


@pytest.mark.parametrize(
    ("told", "phase"),
    [
        ([report("It rains")], "upcoming"),
        ([ANORA], "nominated"),
        ([ANORA, BEGINS], "under_way"),
        ([ANORA, BEGINS, BRUTALIST], "under_way"),
        ([ANORA, BEGINS, ENDS], "over"),
        ([ANORA, BEGINS, retraction(BEGINS)], "nominated"),
        ([BEGINS], "under_way"),
    ],
)
def test_the_phase_follows_from_what_has_happened(told: list[Draft], phase: str) -> None:
    assert board(*told)["phase"] == phase


def test_the_phase_follows_the_story_clock_and_not_the_order_of_the_record() -> None:
    ends = event("ceremony.ended", {}, evening("00:59"))
    begins = event("ceremony.began", {}, evening("00:10"))

    assert board(ends, begins)["phase"] == "over"


def test_a_category_has_its_nominees_and_its_winners() -> None:
    assert board(ANORA, BRUTALIST, award("Directing", "Anora", "Sean Baker"))["categories"] == [
        {
            "name": "Directing",
            "nominees": [
                {"film": "Anora", "people": ["Sean Baker"]},
                {"film": "The Brutalist", "people": ["Brady Corbet"]},
            ],
            "winners": [{"film": "Anora", "people": ["Sean Baker"]}],
        }
    ]


def test_the_films_are_ranked_by_wins_then_by_nominations_then_by_name() -> None:
    told = [nomination("Best Picture", film) for film in ("Wicked", "Conclave", "Anora", "Conclave", "Dune")]
    told += [award("Best Picture", "Wicked"), award("Sound", "Dune"), award("Visual Effects", "Dune")]

    assert [(row["film"], row["nominations"], row["wins"]) for row in board(*told)["tally"]] == [
        ("Dune", 1, 2),
        ("Wicked", 1, 1),
        ("Conclave", 2, 0),
        ("Anora", 1, 0),
    ]


def test_the_board_knows_nothing_of_what_was_withdrawn() -> None:
    won = award("Directing", "The Brutalist")

    assert board(ANORA, won, retraction(won)) == board(ANORA)
    assert board(ANORA, won, takedown(won)) == board(ANORA)


def test_the_board_shows_a_corrected_award_where_it_belongs() -> None:
    won = award("Directing", "The Brutalist", "Brady Corbet")
    told = [ANORA, BRUTALIST, won, correction(won, data={"film": "Anora", "people": ["Sean Baker"]})]

    assert board(*told)["categories"][0]["winners"] == [{"film": "Anora", "people": ["Sean Baker"]}]
    assert board(*told)["contradictions"] == []


def test_a_winner_that_was_not_nominated_is_a_contradiction() -> None:
    won = award("Directing", "Conclave")

    assert surprises(ANORA, won) == [("not_nominated", str(won.id))]


def test_a_winner_who_was_nominated_for_another_film_is_a_contradiction() -> None:
    won = award("Directing", "Anora", "Brady Corbet")

    assert surprises(ANORA, won) == [("not_nominated", str(won.id))]


def test_a_winner_named_without_people_is_the_film_that_was_nominated() -> None:
    assert surprises(ANORA, award("Directing", "Anora")) == []


def test_a_second_winner_is_a_contradiction() -> None:
    first, second = award("Directing", "Anora"), award("Directing", "The Brutalist")

    assert surprises(ANORA, BRUTALIST, first, second) == [("second_winner", str(second.id))]


def test_a_contradiction_says_in_words_what_surprises() -> None:
    told = [ANORA, award("Directing", "Conclave", "Edward Berger")]

    (found,) = board(*told)["contradictions"]

    assert found["category"] == "Directing"
    assert found["message"].startswith("Directing: Edward Berger (Conclave) won")


def test_what_surprises_is_published_all_the_same(newsroom: Newsroom) -> None:
    newsroom.publish(award("Directing", "Conclave"), award("Directing", "Anora"))

    assert [found["what"] for found in newsroom.view().board["contradictions"]] == [
        "not_nominated", "not_nominated", "second_winner",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("type_", "data", "headline"),
    [
        (
            "nomination.announced",
            {"category": "Directing", "film": "Anora", "people": ["Sean Baker"]},
            "Sean Baker (Anora) nominated for Directing",
        ),
        ("nomination.announced", {"category": "Best Picture", "film": "Anora"}, "Anora nominated for Best Picture"),
        ("award.announced", {"category": "Best Picture", "film": "Anora"}, "Anora wins Best Picture"),
        ("speech.given", {"speaker": "Sean Baker", "quote": "Long live"}, "Sean Baker: “Long live”"),
        ("interview.given", {"person": "A", "outlet": "BBC", "quote": "Yes"}, "A to BBC: “Yes”"),
        ("prize.won", {"prize": "BAFTA", "film": "Anora"}, "Anora wins BAFTA"),
        ("prize.won", {"prize": "Spirit Awards", "film": "Anora", "count": 3}, "Anora wins Spirit Awards (3)"),
        ("ceremony.began", {"venue": "the Dolby Theatre"}, "The ceremony begins at the Dolby Theatre"),
        ("ceremony.began", {}, "The ceremony begins"),
        ("ceremony.ended", {}, "The ceremony ends"),
        ("ceremony.ended", {"headline": "Good night"}, "Good night"),
        ("update.reported", {"headline": "It rains"}, "It rains"),
    ],
)
def test_an_entry_reads_by_itself(type_: str, data: dict[str, Any], headline: str) -> None:
    (fact,) = resolve(on_record(opening(), event(type_, data, EVENING)))

    assert KIND.headline_of(fact) == headline


def test_a_long_quotation_is_cut_between_two_words() -> None:
    speech = event("speech.given", {"speaker": "A", "quote": "thank you " * 50}, EVENING)
    (fact,) = resolve(on_record(opening(), speech))

    headline = KIND.headline_of(fact)

    assert headline is not None
    assert headline.endswith(("thank …”", "you …”"))
    assert len(headline) < 100


def test_a_fact_that_was_taken_down_has_no_headline() -> None:
    told = report("A name")
    (fact,) = resolve(on_record(opening(), told, takedown(told)))

    assert KIND.headline_of(fact) is None
