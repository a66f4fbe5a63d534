"""Foresight: what appending would do is known beforehand, surprises and all, and nothing is written for it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from commands import STORIES
from newsroom import (
    EVENING,
    Newsroom,
    award,
    correction,
    evening,
    event,
    mark,
    nomination,
    opening,
    reinstatement,
    report,
    retraction,
    takedown,
)
from timeline.desk import Foresight
from timeline.domain.event import Draft, Recorded, read_draft
from timeline.domain.moments import parse_moment
from timeline.store.database import Database

ANORA, CONCLAVE = nomination("Directing", "Anora", "Sean Baker"), nomination("Directing", "Conclave", "Edward Berger")
WINS = award("Directing", "Anora", "Sean Baker")


@pytest.fixture
def night(newsroom: Newsroom) -> Newsroom:
    """Return a newsroom that has published two nominees, eleven minutes ago."""
    newsroom.publish(ANORA, CONCLAVE)
    newsroom.clock.turn(minutes=11)
    return newsroom


def foresee(newsroom: Newsroom, *drafts: Draft) -> Foresight:
    """Look ahead, and make sure that nothing came of it."""
    before = newsroom.trace()
    foreseen = newsroom.foresee(*drafts)
    assert newsroom.trace() == before
    return foreseen


def unsealed(recorded: tuple[Recorded, ...]) -> list[Recorded]:
    """Return events without what the store makes up by chance."""
    return [replace(each, salt=None, commitment=b"") for each in recorded]


def events(story: str) -> Iterator[tuple[datetime, Draft]]:
    """Yield the events of a story file of this checkout, and when each was recorded."""
    for text in (STORIES / f"{story}.jsonl").read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        yield parse_moment(line.pop("recorded_at")), read_draft(line)


@pytest.mark.parametrize("story", ["97th-academy-awards", "89th-academy-awards"])
def test_each_event_of_a_real_night_does_what_was_foreseen_and_none_was_odd(database: Database, story: str) -> None:
    newsroom = Newsroom(database, story=story)
    for recorded_at, draft in events(story):
        newsroom.clock.now = recorded_at

        foreseen = foresee(newsroom, draft)

        assert unsealed(foreseen.recorded) == unsealed(newsroom.publish(draft))
        view = newsroom.view()
        assert (foreseen.story, foreseen.board) == (view.story, view.board)
        assert foreseen.surprises == ()


def test_a_batch_is_foreseen_as_a_whole(night: Newsroom) -> None:
    wrong, gone = award("Directing", "Conclave"), report("A name")
    batch = (
        wrong,
        WINS,
        retraction(wrong),
        gone,
        mark(WINS, "marked_key"),
        takedown(gone),
        correction(ANORA, precision="day"),
    )

    foreseen = foresee(night, *batch)

    assert unsealed(foreseen.recorded) == unsealed(night.publish(*batch))
    assert (foreseen.story, foreseen.board) == (night.view().story, night.view().board)
    assert [fact.id for fact in foreseen.facts] == [wrong.id, WINS.id, gone.id, ANORA.id]
    assert [fact.status for fact in foreseen.facts] == ["retracted", "standing", "taken_down", "corrected"]


def test_a_story_that_is_not_opened_yet_can_be_foreseen(database: Database) -> None:
    newsroom = Newsroom(database)
    batch = (opening(), event("coverage.started", {}), ANORA)

    foreseen = foresee(newsroom, *batch)

    assert newsroom.desk.stories() == []
    newsroom.publish(*batch)
    assert (foreseen.story, foreseen.board) == (newsroom.view().story, newsroom.view().board)


def test_nothing_foreseen_is_the_story_as_it_is(night: Newsroom) -> None:
    foreseen = foresee(night)

    assert (foreseen.board, foreseen.recorded, foreseen.facts, foreseen.surprises) == (night.view().board, (), (), ())


def test_what_is_on_record_already_is_answered_as_it_was_recorded(night: Newsroom) -> None:
    (recorded,) = night.publish(award("Directing", "Dune", "Denis Villeneuve"))
    night.clock.turn(minutes=1)
    again = read_draft(
        {
            "id": str(recorded.id),
            "type": recorded.type,
            "data": recorded.data,
            "occurred_at": EVENING.isoformat(),
            "actor": "desk",
        }
    )

    foreseen = foresee(night, again)

    assert (foreseen.recorded, foreseen.board, foreseen.surprises) == ((recorded,), night.view().board, ())


def test_a_takedown_is_foreseen_and_the_text_is_still_there(night: Newsroom) -> None:
    foreseen = foresee(night, takedown(ANORA))

    assert [fact.data for fact in foreseen.facts] == [None]
    assert night.fact(ANORA).data == ANORA.data


def test_who_is_foreseen_to_sign_is_who_signs(night: Newsroom) -> None:
    (foreseen,) = night.desk.foresee(night.story, [WINS], actor="ana").recorded

    assert foreseen.actor == "ana"


def test_a_winner_that_was_not_nominated_is_shown_before_it_is_published(night: Newsroom) -> None:
    assert foresee(night, award("Directing", "Dune", "Denis Villeneuve")).surprises == (
        "Directing: Denis Villeneuve (Dune) won, but is not on record as nominated",
    )


def test_a_second_winner_is_shown_before_it_is_published(night: Newsroom) -> None:
    night.publish(WINS)

    assert foresee(night, award("Directing", "Conclave", "Edward Berger")).surprises == (
        "Directing: Edward Berger (Conclave) won, but so did Anora",
    )


def test_a_retracted_nomination_leaves_a_winner_who_was_not_nominated(night: Newsroom) -> None:
    night.publish(WINS)

    assert foresee(night, retraction(ANORA)).surprises == (
        "Directing: Sean Baker (Anora) won, but is not on record as nominated",
    )


def test_what_was_surprising_before_is_not_shown_again(night: Newsroom) -> None:
    dune = award("Directing", "Dune")
    night.publish(dune)

    assert foresee(night, report("It rains")).surprises == ()
    assert foresee(night, mark(dune)).surprises == ()
    assert foresee(night, correction(dune, kind="minor", data={"body": "So it was said."})).surprises == ()


def test_what_resolves_a_surprise_is_none(night: Newsroom) -> None:
    dune = award("Directing", "Dune")
    night.publish(dune)

    assert foresee(night, correction(dune, data={"film": "Anora"})).surprises == ()
    assert foresee(night, retraction(dune)).surprises == ()


def test_a_winner_that_a_colleague_published_three_minutes_ago_is_a_duplicate(night: Newsroom) -> None:
    night.publish(WINS)
    night.clock.turn(minutes=3)

    assert foresee(night, award("Directing", "Anora", "Sean Baker")).surprises == (
        "Directing: Sean Baker (Anora) won, but so did Anora",
        "The same was published 3 minutes ago, at version 4: Sean Baker (Anora) wins Directing",
    )


def test_what_reads_the_same_is_a_duplicate_whatever_else_it_says(night: Newsroom) -> None:
    night.publish(report("It rains", body="In Hollywood, too."))
    night.clock.turn(seconds=90)

    assert foresee(night, report("It rains", EVENING - timedelta(hours=1))).surprises == (
        "The same was published 1 minute ago, at version 4: It rains",
    )


def test_of_several_that_read_the_same_the_last_is_named(night: Newsroom) -> None:
    night.publish(report("It rains"))
    night.clock.turn(minutes=2)
    night.publish(report("It rains"))
    night.clock.turn(seconds=5)

    assert foresee(night, report("It rains")).surprises == (
        "The same was published 5 seconds ago, at version 5: It rains",
    )


def test_the_same_twice_in_one_batch_is_a_duplicate(night: Newsroom) -> None:
    assert foresee(night, report("It rains"), report("It rains")).surprises == (
        "The same was published just now, at version 4: It rains",
    )


def test_a_correction_that_makes_an_entry_repeat_another_is_shown(night: Newsroom) -> None:
    wrong, right = report("It snows"), report("It rains")
    night.publish(wrong, right)

    assert foresee(night, correction(wrong, data={"headline": "It rains"})).surprises == (
        "The same was published just now, at version 5: It rains",
    )


def test_what_stands_again_beside_what_replaced_it_is_a_duplicate(night: Newsroom) -> None:
    first, second = report("It rains"), report("It rains")
    night.publish(first, retraction(first), second)

    assert foresee(night, reinstatement(first)).surprises == (
        "The same was published just now, at version 6: It rains",
    )


def test_what_is_no_duplicate_is_not_called_one(night: Newsroom) -> None:
    rains, snows = report("It rains"), report("It snows")
    night.publish(rains, report("Sean Baker (Anora) wins Directing"), snows)
    night.clock.turn(minutes=4)
    night.publish(retraction(snows))

    assert foresee(night, report("It snows")).surprises == (), "it was retracted"
    assert foresee(night, WINS).surprises == (), "it is of another type"
    assert foresee(night, mark(rains)).surprises == (), "it is the entry itself"
    night.clock.turn(minutes=6, seconds=1)
    assert foresee(night, report("It rains")).surprises == (), "ten minutes have passed"


def test_a_speech_before_the_ceremony_is_shown_before_it_is_published(night: Newsroom) -> None:
    night.publish(event("ceremony.began", {}, evening("01:05")))
    speech = event("speech.given", {"speaker": "Sean Baker", "quote": "Long live cinema"}, evening("00:05"))

    (surprise,) = foresee(night, speech).surprises

    assert surprise == "By its time, this speech was given 1 hour before the ceremony began (version 4)"
    night.publish(speech)
    assert foresee(night, correction(speech, kind="minor", data={"occasion": "Directing"})).surprises == ()
    assert foresee(night, correction(speech, occurred_at=evening("01:06"))).surprises == ()


def test_the_surprises_of_a_story_without_a_ceremony_are_its_duplicates(database: Database) -> None:
    flood = Newsroom(database, story="the-flood")
    flood.publish(opening("general"), report("The dam breaks"))
    flood.clock.turn(minutes=1)

    assert foresee(flood, report("The dam breaks"), report("It rains")).surprises == (
        "The same was published 1 minute ago, at version 2: The dam breaks",
    )
