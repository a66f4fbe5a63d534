"""Whoever writes a new kind needs to know nothing of the record, and touches nothing of the package."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kinds.installing import SOURCE, football
from newsroom import EVENING, Newsroom, correction, evening, event, opening, retraction
from timeline.domain.errors import InvalidData, UnknownKind
from timeline.kinds.kind import find_kind, kind_names
from timeline.store.database import Database
from timeline.web.news import news

KICK_OFF = event("match.kicked_off", {"home": "Ghana", "away": "Uruguay"}, evening("00:00"))
GOAL = event("goal.scored", {"team": "Ghana", "scorer": "Muntari"}, evening("00:47"))
EQUALISER = event("goal.scored", {"team": "Uruguay", "scorer": "Forlán"}, evening("00:55"))


@pytest.fixture
def _installed(tmp_path: Path) -> Iterator[None]:
    with football(tmp_path):
        yield


@pytest.fixture
def match(_installed: None, database: Database) -> Newsroom:
    """Return a newsroom that follows a football match."""
    newsroom = Newsroom(database, story="ghana-uruguay")
    newsroom.publish(opening("football", "Ghana against Uruguay"), KICK_OFF, GOAL)
    return newsroom


def test_a_kind_is_written_in_less_than_sixty_lines() -> None:
    assert len(SOURCE.read_text().splitlines()) < 60


def test_a_kind_may_say_what_is_new_on_its_board(match: Newsroom) -> None:
    match.publish(EQUALISER)
    changes = match.desk.changes(match.story, 3)
    spoken = replace(changes.after.kind, turns=lambda was, now: [f"From {was['score']} to {now['score']}"])

    told = news(replace(changes, after=replace(changes.after, kind=spoken)))

    assert news(changes).board == ()
    assert told.board == ("From {'Ghana': 1, 'Uruguay': 0} to {'Ghana': 1, 'Uruguay': 1}",)


@pytest.mark.usefixtures("_installed")
def test_a_kind_that_is_installed_is_found() -> None:
    assert find_kind("football").name == "football"
    assert kind_names() == ["ceremony", "football", "general"]


def test_a_kind_that_is_not_installed_is_not() -> None:
    with pytest.raises(UnknownKind):
        find_kind("football")


def test_its_board_shows_the_score_from_any_vantage(match: Newsroom) -> None:
    match.publish(EQUALISER)

    assert match.view().board == {"score": {"Ghana": 1, "Uruguay": 1}}
    assert match.view(at=evening("00:50")).board == {"score": {"Ghana": 1, "Uruguay": 0}}
    assert match.view(as_of=2).board == {"score": {"Ghana": 0, "Uruguay": 0}}
    assert match.view(as_of=0).board == {"score": {}}


def test_corrections_and_retractions_reach_its_board_of_themselves(match: Newsroom) -> None:
    match.publish(EQUALISER, correction(EQUALISER, data={"team": "Ghana", "own_goal": True}), retraction(GOAL))

    assert match.view().board == {"score": {"Ghana": 1, "Uruguay": 0}}


def test_its_entries_read_as_it_says(match: Newsroom) -> None:
    view = match.view()

    assert [view.kind.headline_of(fact) for fact in view.facts] == [
        "Ghana against Uruguay is under way",
        "Muntari scores for Ghana",
    ]


def test_its_models_are_kept(match: Newsroom) -> None:
    with pytest.raises(InvalidData, match=r"scorer.*colour|colour.*scorer"):
        match.publish(event("goal.scored", {"team": "Ghana", "colour": "red"}, EVENING))


def test_free_form_reports_belong_to_it_too(match: Newsroom) -> None:
    match.publish(event("update.reported", {"headline": "It rains in Johannesburg"}, EVENING))

    assert match.view().board == {"score": {"Ghana": 1, "Uruguay": 0}}
