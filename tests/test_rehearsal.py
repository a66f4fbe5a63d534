"""A rehearsal: the same story told again, in its own rhythm, into a new one."""

from datetime import timedelta
from typing import Any

import pytest

from commands import STORIES, Shell
from newsroom import (
    EVENING,
    STORY,
    Newsroom,
    award,
    correction,
    mark,
    nomination,
    opened,
    opening,
    refused,
    reinstatement,
    report,
    retraction,
    takedown,
)
from timeline.domain.errors import InvalidSlug, StoryExists, UnknownStory
from timeline.domain.event import Recorded
from timeline.domain.vantage import Vantage
from timeline.rehearsal import Rehearsal

PLAIN = ("type", "occurred_at", "precision", "status", "key", "pinned", "data", "source")


@pytest.mark.parametrize("slug", ["89th-academy-awards", "97th-academy-awards"])
def test_the_new_story_has_the_board_and_the_facts_of_the_old_one(database_url: str, slug: str) -> None:
    shell = Shell(database_url)
    shell.do("import", STORIES / f"{slug}.jsonl")

    out = shell.do("rehearse", slug, "--longest-pause", "0", "--into", "again", "--actor", "ana")

    old, new = shell.read("show", slug), shell.read("show", "again")
    assert out.splitlines()[0] == "again version 1: story.opened"
    assert len(out.splitlines()) == new["story"]["version"] == old["story"]["version"]
    assert _without_facts(new["board"]) == _without_facts(old["board"])
    assert [[fact[name] for name in PLAIN] for fact in new["facts"]] == [
        [fact[name] for name in PLAIN] for fact in old["facts"]
    ]
    assert new["story"]["title"] == f"Rehearsal: {old['story']['title']}"
    assert not {fact["id"] for fact in new["facts"]} & {fact["id"] for fact in old["facts"]}


def test_what_is_taken_down_during_the_rehearsal_is_not_played_any_more(newsroom: Newsroom) -> None:
    libel = report("Libel")
    newsroom.publish(libel)

    def take_down(_: float) -> None:
        if len(newsroom.record()) == 2:
            newsroom.publish(takedown(libel))

    rehearsal = Rehearsal(newsroom.desk, STORY, "again", "ana", speed=60, sleep=take_down)

    assert [each.type for each in rehearsal.play()] == ["story.opened"]


def test_what_was_taken_down_is_left_out_with_all_that_was_said_of_it(newsroom: Newsroom) -> None:
    libel, kept = report("Libel"), report("Kept")
    said = correction(libel, "A libel.", data={"headline": "More libel"})
    newsroom.publish(libel, kept, said, retraction(libel), reinstatement(libel), mark(libel), mark(kept))
    newsroom.publish(takedown(libel))

    played = _play(newsroom)

    assert [each.type for each in played] == ["story.opened", "update.reported", "fact.pinned"]
    assert "ibel" not in repr(played)


def test_what_happened_when_stays_and_only_the_publication_is_new(newsroom: Newsroom) -> None:
    newsroom.publish(report("Kept", EVENING - timedelta(hours=5)))
    newsroom.clock.turn(hours=24)

    fact = _play(newsroom)[1]

    assert fact.occurred_at == EVENING - timedelta(hours=5)
    assert fact.recorded_at >= EVENING + timedelta(hours=24)
    assert fact.actor == "trainer"


def test_the_rhythm_is_the_story_s_own_at_the_speed_asked_for(newsroom: Newsroom) -> None:
    for minutes in (1, 2, 600, 0):
        newsroom.clock.turn(minutes=minutes)
        newsroom.publish(report("Again"))
    pauses: list[float] = []

    _play(newsroom, speed=10.0, longest_pause=timedelta(seconds=30), sleep=pauses.append)

    assert pauses == pytest.approx([6, 12, 30, 0], abs=1e-3)


def test_the_original_is_left_as_it_was(newsroom: Newsroom) -> None:
    newsroom.publish(nomination("Best Picture", "Anora"), award("Best Picture", "Anora"))
    before = newsroom.record()

    _play(newsroom)

    assert newsroom.record() == before


def test_a_rehearsal_needs_a_name_that_is_free_and_can_be_a_story_s(newsroom: Newsroom) -> None:
    for into, refusal in ((STORY, StoryExists), ("Bad Name", InvalidSlug), ("a" * 81, InvalidSlug)):
        with refused(refusal, newsroom):
            _play(newsroom, into=into)
    with refused(UnknownStory, newsroom):
        _play(newsroom, slug="none")


def test_a_rehearsal_can_be_rehearsed(newsroom: Newsroom) -> None:
    newsroom.publish(award("Best Picture", "Anora"))
    _play(newsroom)

    _play(newsroom, slug="again", into="once-more")

    boards = [newsroom.desk.view(slug, Vantage()).board for slug in (STORY, "once-more")]
    assert _without_facts(boards[0]) == _without_facts(boards[1])


@pytest.mark.parametrize("pace", ["0", "-1", "fast", "nan"])
@pytest.mark.parametrize("option", ["--speed", "--longest-pause"])
def test_a_pace_that_cannot_be_is_a_usage_error(sqlite_url: str, option: str, pace: str) -> None:
    pace = "inf" if (option, pace) == ("--longest-pause", "0") else pace

    assert "Usage: " in Shell(sqlite_url).refused("rehearse", STORY, option, pace, code=2)


@pytest.mark.parametrize("speed", ["1e-320", "1e300", "inf"])
def test_a_speed_may_be_as_odd_as_it_likes(sqlite_url: str, speed: str) -> None:
    with opened(sqlite_url) as database:
        newsroom = Newsroom(database)
        newsroom.publish(opening())
        newsroom.publish(report("Anora leads"))

    out = Shell(sqlite_url).do("rehearse", STORY, "--speed", speed, "--longest-pause", "0")

    assert out.splitlines()[-1] == f"{STORY}-rehearsal version 2: update.reported"


def _play(newsroom: Newsroom, **differently: Any) -> list[Recorded]:
    asked: dict[str, Any] = {"slug": STORY, "into": "again", "actor": "trainer", "speed": 60.0}
    asked["sleep"] = lambda _: None
    return list(Rehearsal(newsroom.desk, **asked | differently).play())


def _without_facts(board: Any) -> Any:
    """Return a board without the ids of its facts, which are new in a rehearsal."""
    match board:
        case dict():
            return {name: _without_facts(value) for name, value in board.items() if name != "fact"}
        case list():
            return [_without_facts(value) for value in board]
        case _:
            return board
