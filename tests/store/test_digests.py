"""Digests: they say what all the facts say, are kept as long as that is so, and spare us reading all the facts."""

from datetime import datetime, timedelta
from functools import partial
from random import Random
from statistics import fmean
from typing import Any

import pytest
from sqlalchemy import select, text

from costs import counting, plan, steps
from histories import Teller, anywhere, board_of, known_of
from newsroom import EVENING, STORY, Newsroom, award, correction, mark, opened, opening, report, takedown
from timeline.domain.vantage import FIRST, PRESENT, Place, Vantage
from timeline.kinds.ceremony import KIND
from timeline.store import digests
from timeline.store.database import Database
from timeline.store.digests import FACTOR, STRETCH, _landmarks, keep
from timeline.store.fact_versions import OPEN
from timeline.store.tables import digest
from timeline.views import Sight

NAME = "Rumpelstiltskin"
MOST = 30
"""Into so many parts a strip divides a story here."""


@pytest.fixture(autouse=True)
def _short_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests, "STRETCH", 16)


@pytest.fixture
def story(database: Database) -> Newsroom:
    """A story of some length, in which nothing has been changed and nobody has read."""
    return long_story(database, 400)


def long_story(database: Database, length: int) -> Newsroom:
    """Tell a story of so many reports, one a second; the index has landmarks as near as the stretches are short."""
    with database.writing() as connection:
        for multiple in (16, 1024):
            where = f"version % {multiple} = 0 AND id = fact"
            connection.execute(
                text(f"CREATE INDEX near_{multiple} ON event (story, occurred_at, version) WHERE {where}")
            )
    newsroom = Newsroom(database)
    newsroom.clock.turn(seconds=length)
    awards = (award("Sound", f"Film {number % 9}", at=_after(number)) for number in range(2, length + 1))
    newsroom.publish(opening(), *awards)
    return newsroom


def _after(seconds: int) -> datetime:
    return EVENING + timedelta(seconds=seconds)


def kept(newsroom: Newsroom) -> list[Any]:
    """Return the digests that are kept."""
    with newsroom.database.reading() as connection:
        return list(connection.execute(select(digest).order_by(digest.c.level, digest.c.occurred_at, digest.c.fact)))


def ended(newsroom: Newsroom) -> list[tuple[int, int, int]]:
    """Return of the digests that are over their level, the landmark with which they begin, and when they ended."""
    return [(row.level, row.fact, row.until) for row in kept(newsroom) if row.until != OPEN]


def holds(row: Any, place: Place) -> bool:
    """Whether a place on the story clock is in the stretch of a digest."""
    return (row.occurred_at, row.fact) <= place < (row.end_at, row.end_fact)


def agrees(newsroom: Newsroom, vantage: Vantage) -> None:
    """Expect board and outlines to be as a fold of the whole record has them."""
    with newsroom.desk.looking(newsroom.story, vantage) as sight:
        assert sight.board == board_of(sight), vantage
        _assert_outlined(sight)


def _assert_outlined(sight: Sight) -> None:
    facts = list(known_of(sight))
    for outline in sight.digests.outlines(MOST):
        part, facts = facts[: outline.count], facts[outline.count :]
        assert outline.types == {fact.type for fact in part}
        assert outline.key == any(fact.key for fact in part)
        assert outline.amended == any(fact.status != "standing" for fact in part)
        assert outline.last == (part[-1].order if part else FIRST)
    assert facts == []


@pytest.mark.parametrize("seed", range(4))
def test_from_anywhere_they_say_what_the_whole_record_says(newsroom: Newsroom, seed: int) -> None:
    dice = Random(seed)
    teller = Teller(newsroom, dice, late=30, changes=30)
    for _ in range(12):
        teller.tell(40, batch=10)
        for _ in range(5):
            agrees(newsroom, anywhere(newsroom, dice))
        agrees(newsroom, PRESENT)


@pytest.mark.parametrize("kind", ["general", "ceremony"])
def test_facts_of_one_moment_are_told_apart(database: Database, kind: str) -> None:
    newsroom = Newsroom(database)
    facts = [report(f"Report {number}") for number in range(300)]
    newsroom.publish(opening(kind), *facts, *(mark(fact, "marked_key") for fact in facts[::7]))
    newsroom.publish(correction(facts[100], occurred_at=EVENING - timedelta(hours=1)))
    newsroom.publish(correction(facts[200], data={"body": "So it was."}))

    for as_of in (0, 1, 16, 17, 150, 301, 320, None):
        for at in (None, EVENING, EVENING - timedelta(hours=1)):
            agrees(newsroom, Vantage(at, as_of))


def test_an_empty_story_comes_to_nothing(database: Database) -> None:
    newsroom = Newsroom(database)
    newsroom.publish(opening())

    for as_of in (None, 0, 1):
        agrees(newsroom, Vantage(EVENING, as_of))
    assert kept(newsroom) == []


def test_what_one_reader_made_the_next_one_uses(story: Newsroom) -> None:
    story.desk.board(STORY)
    made = kept(story)
    with counting(story.database) as statements:
        story.desk.board(STORY)

    assert [row.level for row in made] == [0] * 25 + [1] * 3
    assert kept(story) == made
    assert len(statements) <= 8, statements
    assert len([each for each in statements if "FROM fact_version" in each]) == 1, "only what is behind the last one"


def test_an_old_correction_ends_only_the_digests_of_its_own_stretches(story: Newsroom) -> None:
    story.desk.board(STORY)
    old = story.record()[39]
    story.publish(correction(old.id, data={"body": "As we now know."}))

    assert ended(story) == [(0, 32, 401), (1, 0, 401)]
    agrees(story, PRESENT)
    agrees(story, Vantage(as_of=400))


def test_a_fact_that_is_moved_ends_the_digests_of_both_places(story: Newsroom) -> None:
    story.desk.board(STORY)
    old = story.record()[39]
    story.publish(correction(old.id, occurred_at=_after(300)))

    assert ended(story) == [(0, 32, 401), (0, 288, 401), (1, 0, 401), (1, 256, 401)]
    agrees(story, PRESENT)


def test_a_late_fact_ends_the_digests_of_its_moment_and_as_a_landmark_divides_them(story: Newsroom) -> None:
    story.desk.board(STORY)
    story.publish(*(report(f"Late {number}", _after(40)) for number in range(15)))
    assert ended(story) == [(0, 32, 401), (1, 0, 401)]

    story.publish(report("The 416th", _after(41)))

    agrees(story, PRESENT)
    assert {(row.fact, row.end_fact) for row in kept(story) if row.level == 0} >= {(32, 48), (32, 416), (416, 48)}
    agrees(story, Vantage(as_of=400))


@pytest.mark.parametrize("version", [40, 48, 400], ids=["in a stretch", "a landmark", "behind the last landmark"])
def test_a_takedown_forgets_those_of_all_stretches_in_which_the_fact_ever_stood(
    story: Newsroom, version: int
) -> None:
    fact, places = story.record()[version - 1].id, [(_after(version), version)]
    story.publish(correction(fact, data={"film": NAME}))
    story.desk.board(STORY)
    for seconds in (300, 200):
        story.publish(correction(fact, occurred_at=_after(seconds)))
        places.append((_after(seconds), version))
        story.desk.board(STORY)
    before = kept(story)
    story.publish(takedown(fact))

    assert any(NAME in row.total for row in before)
    assert kept(story) == [row for row in before if not any(holds(row, place) for place in places)]
    assert not any(NAME in row.total for row in kept(story))
    for as_of in (None, 400, 401, 402, 403):
        agrees(story, Vantage(as_of=as_of))


def test_those_that_a_takedown_leaves_are_used(story: Newsroom) -> None:
    story.desk.board(STORY)
    story.publish(takedown(story.record()[39].id))
    left = kept(story)
    with counting(story.database) as statements:
        story.desk.board(STORY)

    assert [(row.level, row.fact) for row in kept(story) if row not in left] == [(0, 32), (1, 0)]
    assert [row for row in kept(story) if row in left] == left
    assert len(left) == 26
    assert len([each for each in statements if "FROM fact_version" in each]) == 2, "its stretch, and the last facts"


def test_a_takedown_forgets_none_of_another_story(story: Newsroom) -> None:
    other = Newsroom(story.database, story.clock, "another")
    awards = [award("Sound", "Dune", at=_after(number)) for number in range(2, 101)]
    other.publish(opening(), *awards)
    other.desk.board("another")
    before = kept(story)
    story.publish(takedown(story.record()[39].id))

    assert kept(story) == before != []
    agrees(other, PRESENT)


def test_a_reader_who_began_before_a_takedown_keeps_nothing(story: Newsroom) -> None:
    with story.database.reading() as connection:
        sight = Sight(connection, STORY, PRESENT)
        assert sight.board
    story.publish(takedown(story.record()[39].id))

    keep(story.database, sight.head, sight.made)

    assert sight.made
    assert kept(story) == []


def test_of_what_a_reader_made_while_others_wrote_only_that_has_ended_which_they_changed(story: Newsroom) -> None:
    old = story.record()[39].id
    with story.desk.looking(STORY, PRESENT) as sight:
        assert sight.board
        story.clock.turn(seconds=1)
        story.publish(report("Meanwhile", story.clock.now))
        story.publish(mark(old, "marked_key"), correction(old, occurred_at=_after(300)))
        story.publish(correction(old, data={"body": "As we now know."}))

    assert len(kept(story)) == 28
    assert ended(story) == [(0, 32, 402), (0, 288, 403), (1, 0, 402), (1, 256, 403)]
    agrees(story, PRESENT)


def test_what_a_reader_made_of_the_past_ends_where_it_did_though_others_wrote(story: Newsroom) -> None:
    old = story.record()[39].id
    story.publish(correction(old, data={"body": "As we now know."}))
    with story.desk.looking(STORY, Vantage(as_of=400)) as sight:
        assert sight.board
        story.publish(correction(old, data={"body": "As we know even better."}))

    assert ended(story) == [(0, 32, 401), (1, 0, 401)]


def test_a_reader_has_their_board_while_somebody_writes_and_waits_for_nobody(story: Newsroom) -> None:
    with story.database.writing() as connection:
        connection.execute(text("SELECT * FROM story FOR UPDATE" if not story.database.is_sqlite else "SELECT 1"))
        story.desk.board(STORY)
        assert kept(story) == []
    story.desk.board(STORY)

    assert kept(story) != []


def test_a_digest_of_another_revision_of_the_kind_is_not_used(story: Newsroom) -> None:
    story.desk.board(STORY)
    with story.database.writing() as connection:
        connection.execute(digest.update().values(revision=KIND.revision + 1, total='"as it will once be written"'))

    agrees(story, PRESENT)

    assert {row.revision for row in kept(story)} == {KIND.revision}


def test_digests_of_what_soon_changed_are_not_kept(story: Newsroom) -> None:
    old = story.record()[39].id
    for number in range(3):
        story.publish(correction(old, data={"headline": f"Correction {number}"}))

    story.desk.board(STORY, Vantage(as_of=402))

    assert [(row.level, row.fact) for row in kept(story) if row.since > 400] == []
    assert (0, 32) not in {(row.level, row.fact) for row in kept(story)}
    assert (1, 0) not in {(row.level, row.fact) for row in kept(story)}
    agrees(story, Vantage(as_of=402))


@pytest.mark.parametrize("length", [600, 1_500])
def test_a_board_is_made_of_few_statements_however_long_the_record(database: Database, length: int) -> None:
    newsroom = _told_at_random(database, length)
    newsroom.desk.board(STORY)
    dice = Random(length)
    present = [_statements(newsroom, Vantage(anywhere(newsroom, dice).at)) for _ in range(10)]
    past = [_statements(newsroom, anywhere(newsroom, dice)) for _ in range(10)]

    assert max(present) <= 8
    assert max(past) <= 90, "stretches that changed often are made of finer ones"


def test_on_sqlite_a_board_takes_little_more_work_in_a_long_record_than_in_a_short_one(sqlite_url: str) -> None:
    with opened(sqlite_url) as database:
        newsroom = long_story(database, 600)
        short = _work(newsroom)
        newsroom.clock.turn(seconds=2_400)
        newsroom.publish(*(award("Sound", "Dune", at=_after(number)) for number in range(601, 3_001)))
        long, whole = _work(newsroom), steps(database, newsroom.view)

    assert long < 2 * short, "for a record of five times the length"
    assert long < whole / 20


def _told_at_random(database: Database, length: int) -> Newsroom:
    newsroom = long_story(database, 2)
    Teller(newsroom, Random(length), late=3, changes=5, takes_down=False).tell(length)
    return newsroom


def _statements(newsroom: Newsroom, vantage: Vantage) -> int:
    with counting(newsroom.database) as statements:
        newsroom.desk.board(STORY, vantage)
    return len(statements)


def _work(newsroom: Newsroom) -> float:
    """Return how much work boards are, on average, from the beginning to the end, once the digests are there."""
    newsroom.desk.board(STORY)
    length = newsroom.desk.head(STORY).version
    ats = [_after(length * tenth // 10 + tenth) for tenth in range(3, 10)]
    return fmean(steps(newsroom.database, partial(newsroom.desk.board, STORY, Vantage(at))) for at in ats)


def test_on_sqlite_far_landmarks_are_found_without_looking_at_the_near_ones(sqlite_url: str) -> None:
    ends = {"after_at": EVENING, "after_fact": 0, "before_at": EVENING, "before_fact": 9}
    with opened(sqlite_url) as database, database.reading() as connection:
        for level, index in enumerate(
            ["event_landmark", "event_landmark", "event_far_landmark", "event_far_landmark"]
        ):
            landmarks = _landmarks(STRETCH, STRETCH * FACTOR**level)

            assert f"INDEX {index} " in plan(
                connection, partial(landmarks.all, values={"own": 1, "version": 9, **ends})
            )
