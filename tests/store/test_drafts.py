"""Drafts: what is being written outlives a browser, is nobody else's, and is gone once it is on record."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from newsroom import EVENING, Newsroom, opening, report, retraction
from timeline.domain.errors import InvalidEvent
from timeline.store.drafts import LARGEST, MOST, SavedDraft, discard_draft, drafts, is_published, save_draft
from timeline.store.people import ANY, Role, create_person
from timeline.store.tables import draft

FORM = {"type": "update.reported", "data.headline": "It pours – “in” Łódź", "note": "x\ny"}


@dataclass(frozen=True, slots=True)
class Writer:
    """Somebody who writes in one story."""

    newsroom: Newsroom
    person: int

    @property
    def story(self) -> int:
        return self.newsroom.desk.head(self.newsroom.story).id

    def save(self, id_: UUID, headline: str = "It pours", fact: UUID | None = None) -> bool:
        form = FORM | {"data.headline": headline}
        return save_draft(self.newsroom.database, self.person, self.story, id_, fact, form, self.newsroom.clock())

    def kept(self) -> list[SavedDraft]:
        return drafts(self.newsroom.database, self.person, self.story)


@pytest.fixture
def ana(newsroom: Newsroom) -> Writer:
    return _writer(newsroom, "Ana")


@pytest.fixture
def ben(newsroom: Newsroom) -> Writer:
    return _writer(newsroom, "Ben")


def test_a_draft_is_given_back_as_it_was_kept(ana: Writer) -> None:
    id_, fact = uuid4(), uuid4()

    save_draft(ana.newsroom.database, ana.person, ana.story, id_, fact, FORM, EVENING)

    assert ana.kept() == [SavedDraft(id_, fact, FORM, EVENING)]


def test_a_draft_that_is_kept_again_stands_in_the_place_of_the_old_one(ana: Writer) -> None:
    id_ = uuid4()
    ana.save(id_, "It rains")
    ana.newsroom.clock.turn(seconds=1)

    ana.save(id_, "It pours")

    (kept,) = ana.kept()
    assert (kept.form["data.headline"], kept.saved_at) == ("It pours", EVENING + timedelta(seconds=1))


def test_the_draft_that_was_touched_last_comes_first(ana: Writer) -> None:
    first, second = uuid4(), uuid4()
    for id_ in (first, second, first):
        ana.newsroom.clock.turn(seconds=1)
        ana.save(id_)

    assert [each.id for each in ana.kept()] == [first, second]


def test_a_draft_is_discarded_by_its_writer_alone(ana: Writer, ben: Writer) -> None:
    id_ = uuid4()
    ana.save(id_)

    discard_draft(ben.newsroom.database, ben.person, id_)
    assert [each.id for each in ana.kept()] == [id_]
    discard_draft(ana.newsroom.database, ana.person, id_)
    assert ana.kept() == []


def test_nobody_reads_or_overwrites_the_draft_of_another(ana: Writer, ben: Writer) -> None:
    id_ = uuid4()
    ana.save(id_, "What Ana writes")

    with pytest.raises(InvalidEvent, match="another draft"):
        ben.save(id_, "What Ben writes")

    assert ben.kept() == []
    assert [each.form["data.headline"] for each in ana.kept()] == ["What Ana writes"]


def test_a_draft_does_not_move_to_another_story(ana: Writer) -> None:
    other = Newsroom(ana.newsroom.database, story="another-story")
    other.publish(opening())
    id_ = uuid4()
    ana.save(id_)

    with pytest.raises(InvalidEvent, match="another draft"):
        Writer(other, ana.person).save(id_)

    assert [each.id for each in ana.kept()] == [id_]
    assert Writer(other, ana.person).kept() == []


def test_two_windows_may_keep_the_same_new_draft_at_once(ana: Writer) -> None:
    id_ = uuid4()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: ana.save(id_, f"It pours, says window {number}"), range(16)))

    assert len(ana.kept()) == 1


def test_what_is_kept_too_late_does_not_come_back(ana: Writer) -> None:
    ana.save(published := uuid4())
    ana.newsroom.publish(report("It pours", id=published))
    discard_draft(ana.newsroom.database, ana.person, published)

    assert not ana.save(published)
    assert ana.kept() == []


def test_what_is_on_record_is_no_draft_any_more_whether_or_not_it_was_discarded(ana: Writer) -> None:
    fact, retracted, other = uuid4(), uuid4(), uuid4()
    for id_ in (fact, retracted, other):
        assert ana.save(id_)
    database, story = ana.newsroom.database, ana.story
    assert not is_published(database, story, fact)

    ana.newsroom.publish(report("It pours", id=fact), replace(retraction(fact), id=retracted))

    assert [each.id for each in ana.kept()] == [other]
    assert [is_published(database, story, id_) for id_ in (fact, retracted, other)] == [True, True, False]


def test_of_publishing_and_keeping_at_once_no_draft_is_left(ana: Writer) -> None:
    published = uuid4()

    def work(number: int) -> None:
        if number == 3:
            ana.newsroom.publish(report("It pours", id=published))
            discard_draft(ana.newsroom.database, ana.person, published)
        else:
            ana.save(published)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))

    assert ana.kept() == []


def test_the_same_id_may_be_on_another_record(ana: Writer) -> None:
    other = Newsroom(ana.newsroom.database, story="another-story")
    id_ = uuid4()
    other.publish(opening(), report("It pours", id=id_))

    ana.save(id_)

    assert [each.id for each in ana.kept()] == [id_]


def test_the_newest_drafts_are_kept_and_the_oldest_forgotten(ana: Writer, ben: Writer) -> None:
    ben.save(theirs := uuid4())
    ids = [uuid4() for _ in range(MOST + 5)]
    for id_ in ids:
        ana.newsroom.clock.turn(seconds=1)
        ana.save(id_)

    assert [each.id for each in ana.kept()] == ids[:4:-1]
    assert [each.id for each in ben.kept()] == [theirs]


def test_what_is_kept_now_is_never_the_one_to_be_forgotten(ana: Writer) -> None:
    for number in range(MOST):
        ana.save(UUID(int=2**100 + number))

    ana.save(last := UUID(int=1))

    assert last in {each.id for each in ana.kept()}
    assert _count(ana.newsroom) == MOST


def test_a_form_of_any_text_is_kept_up_to_a_size(ana: Writer) -> None:
    name, id_ = "data.body", uuid4()
    fits = "é" * ((LARGEST - len(name)) // 2)

    save_draft(ana.newsroom.database, ana.person, ana.story, id_, None, {name: fits}, EVENING)
    with pytest.raises(InvalidEvent, match=f"{LARGEST} are kept at most"):
        save_draft(ana.newsroom.database, ana.person, ana.story, id_, None, {name: fits + "é"}, EVENING)

    assert [each.form[name] == fits for each in ana.kept()] == [True]


def _writer(newsroom: Newsroom, name: str) -> Writer:
    person = create_person(newsroom.database, name, ANY, Role.EDITOR, by="a test", now=EVENING)
    return Writer(newsroom, person.id)


def _count(newsroom: Newsroom) -> int:
    with newsroom.database.reading() as connection:
        return connection.execute(select(func.count()).select_from(draft)).scalar_one()
