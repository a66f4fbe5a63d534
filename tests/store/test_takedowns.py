"""Takedowns wait for a second person: asked for once, decided once, whoever else decides at the same moment."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from newsroom import EVENING, STORY, Newsroom, correction, opening, reinstatement, report, retraction, takedown
from timeline.domain.errors import (
    AlreadyTakenDown,
    InvalidData,
    MissingNote,
    Refusal,
    SecondPersonNeeded,
    StoreUnavailable,
    TakedownDecided,
    TakedownOpen,
    UnknownFact,
    UnknownStory,
    UnknownTakedown,
)
from timeline.domain.event import Draft
from timeline.domain.fact import Fact
from timeline.store import record, tree
from timeline.store.acts import acts
from timeline.store.drafts import drafts, save_draft
from timeline.store.erasure import prove, reach
from timeline.store.people import ANY, Role, create_person
from timeline.store.tables import draft
from timeline.store.takedowns import (
    Append,
    Takedown,
    approve,
    ask,
    carried_out,
    decline,
    find_takedown,
    takedowns,
)

TOLD, OTHER = UUID(int=1), UUID(int=2)
FORM = {"headline": "What somebody is writing"}


@pytest.fixture(autouse=True)
def _published(newsroom: Newsroom) -> None:
    newsroom.publish(report("A name that must go", id=TOLD), report("Another entry", id=OTHER))


def test_what_is_asked_for_waits_and_nothing_is_erased(newsroom: Newsroom) -> None:
    before = newsroom.trace()

    asked = _ask(newsroom, by="Ana")

    (found,) = takedowns(newsroom.database)
    assert (found.id, found.story, found.fact, found.state) == (asked, STORY, TOLD, "open")
    assert (found.asked_by, found.asked_at, found.decided_by) == ("Ana", EVENING, None)
    assert newsroom.trace() == before


def test_a_second_person_s_approval_erases_in_the_name_of_who_asked(newsroom: Newsroom) -> None:
    asked = _ask(newsroom, by="Ana")

    approved = _approve(newsroom, asked, by="Ben")

    assert (approved.state, approved.decided_by) == ("approved", "Ben")
    event = newsroom.record()[-1]
    assert (event.id, event.type, event.actor) == (asked, "fact.taken_down", "Ana")
    assert event.data == {"fact": str(TOLD), "basis": "court order", "note": "A court ordered it."}
    assert _fact(newsroom).data is None
    assert carried_out(newsroom.database, approved) == event


@pytest.mark.parametrize("name", ["Ana", "ANA", "  ana "])
def test_nobody_approves_what_they_have_asked_for(newsroom: Newsroom, name: str) -> None:
    asked = _ask(newsroom, by="Ana")

    _is_refused(newsroom, SecondPersonNeeded, lambda: _approve(newsroom, asked, by=name))

    assert find_takedown(newsroom.database, asked).state == "open"


def test_asking_again_while_one_waits_is_told_and_not_doubled(newsroom: Newsroom) -> None:
    asked = _ask(newsroom, by="Ana")

    with pytest.raises(TakedownOpen) as told:
        _ask(newsroom, by="Ben")

    assert told.value.takedown == asked
    assert "Ana" in str(told.value)
    assert [each.id for each in takedowns(newsroom.database)] == [asked]


def test_of_eight_who_ask_at_once_one_does(newsroom: Newsroom) -> None:
    told = _at_once(8, lambda number: _ask(newsroom, by=f"Editor {number}"))

    assert sum(isinstance(each, UUID) for each in told) == 1
    assert sum(isinstance(each, TakedownOpen) for each in told) == 7
    assert len(takedowns(newsroom.database)) == 1


def test_another_fact_may_be_asked_for_meanwhile_and_the_same_id_in_another_story(newsroom: Newsroom) -> None:
    other = Newsroom(newsroom.database, newsroom.clock, story="another-story")
    other.publish(opening(), report("The same id", id=TOLD))
    _ask(newsroom, by="Ana")

    _ask(newsroom, by="Ana", fact=OTHER)
    theirs = _ask(other, by="Ana")
    _approve(newsroom, theirs, by="Ben")

    assert other.fact(TOLD).data is None
    assert _fact(newsroom).data is not None


def test_a_declined_takedown_erases_nothing_and_may_be_asked_for_again(newsroom: Newsroom) -> None:
    before = newsroom.trace()
    asked = _ask(newsroom, by="Ana")

    declined = decline(newsroom.database, asked, by="Ben", now=EVENING)

    assert (declined.state, declined.decided_by) == ("declined", "Ben")
    assert newsroom.trace() == before
    assert _ask(newsroom, by="Ana") != asked


def test_who_asked_may_withdraw_it(newsroom: Newsroom) -> None:
    withdrawn = decline(newsroom.database, _ask(newsroom, by="Ana"), by="Ana", now=EVENING)

    assert withdrawn.state == "withdrawn"


def test_what_is_decided_stays_decided(newsroom: Newsroom) -> None:
    declined, approved = _ask(newsroom, by="Ana"), _ask(newsroom, by="Ana", fact=OTHER)
    decline(newsroom.database, declined, by="Ben", now=EVENING)
    _approve(newsroom, approved, by="Ben")

    for id_ in (declined, approved):
        _is_refused(newsroom, TakedownDecided, lambda id_=id_: _approve(newsroom, id_, by="Cem"))  # type: ignore[misc]
        _is_refused(
            newsroom,
            TakedownDecided,
            lambda id_=id_: decline(newsroom.database, id_, by="Ana", now=EVENING),  # type: ignore[misc]
        )

    assert [each.decided_by for each in takedowns(newsroom.database)] == ["Ben", "Ben"]


def test_of_eight_who_approve_at_once_one_is_noted_and_it_is_done_once(newsroom: Newsroom) -> None:
    asked = _ask(newsroom, by="Ana")

    told = _at_once(8, lambda number: _approve(newsroom, asked, by=f"Editor {number}"))

    assert all(isinstance(each, Takedown | TakedownDecided) for each in told)
    assert any(isinstance(each, Takedown) for each in told)
    assert [each.type for each in newsroom.record()].count("fact.taken_down") == 1
    assert sum("is approved" in each.what for each in acts(newsroom.database, 100)) == 1


def test_approving_and_declining_at_once_never_erases_what_is_declined(newsroom: Newsroom) -> None:
    for number in range(10):
        fact = UUID(int=100 + number)
        newsroom.publish(report("A name", id=fact))
        asked = _ask(newsroom, by="Ana", fact=fact)

        def decide(which: int, asked: UUID = asked) -> object:
            if which:
                return _approve(newsroom, asked, by="Ben")
            return decline(newsroom.database, asked, by="Cem", now=EVENING)

        _at_once(2, decide)

        is_gone = newsroom.fact(fact).data is None
        assert find_takedown(newsroom.database, asked).state == ("approved" if is_gone else "declined")


def test_what_was_taken_down_meanwhile_cannot_be_approved_and_can_be_closed(newsroom: Newsroom) -> None:
    asked = _ask(newsroom, by="Ana")
    newsroom.publish(takedown(TOLD))

    _is_refused(newsroom, AlreadyTakenDown, lambda: _approve(newsroom, asked, by="Ben"))

    assert find_takedown(newsroom.database, asked).state == "open"
    assert decline(newsroom.database, asked, by="Ana", now=EVENING).state == "withdrawn"


def test_what_is_taken_down_in_the_very_moment_of_approval_is_told_and_stays_open(newsroom: Newsroom) -> None:
    asked = _ask(newsroom, by="Ana")

    def somebody_is_faster(slug: str, events: Sequence[Draft]) -> object:
        newsroom.publish(takedown(TOLD))
        return newsroom.desk.append(slug, events, actor="Ben")

    with pytest.raises(AlreadyTakenDown):
        _approve(newsroom, asked, by="Ben", append=somebody_is_faster)

    assert find_takedown(newsroom.database, asked).state == "open"
    assert [each.type for each in newsroom.record()].count("fact.taken_down") == 1


def test_an_approval_that_was_cut_short_is_completed_by_whoever_repeats_it(newsroom: Newsroom) -> None:
    asked = _ask(newsroom, by="Ana")

    def breaks(slug: str, events: Sequence[Draft]) -> object:
        raise StoreUnavailable("the plug was pulled")

    with pytest.raises(StoreUnavailable):
        _approve(newsroom, asked, by="Ben", append=breaks)
    assert carried_out(newsroom.database, find_takedown(newsroom.database, asked)) is None
    assert _fact(newsroom).data is not None

    completed = _approve(newsroom, asked, by="Cem")

    assert (completed.state, completed.decided_by) == ("approved", "Ben")
    assert _fact(newsroom).data is None


def test_an_event_that_is_on_record_already_is_not_written_twice(newsroom: Newsroom) -> None:
    asked = _ask(newsroom, by="Ana")
    newsroom.publish(find_takedown(newsroom.database, asked).event())
    length = len(newsroom.record())

    assert _approve(newsroom, asked, by="Ben").state == "approved"
    assert len(newsroom.record()) == length


def test_what_is_on_record_cannot_be_declined(newsroom: Newsroom) -> None:
    asked = _ask(newsroom, by="Ana")
    newsroom.publish(find_takedown(newsroom.database, asked).event())

    _is_refused(newsroom, AlreadyTakenDown, lambda: decline(newsroom.database, asked, by="Ben", now=EVENING))


@pytest.mark.parametrize(
    ("error", "asking"),
    {
        "an unknown story": (UnknownStory, {"story": "no-story"}),
        "an unknown fact": (UnknownFact, {"fact": uuid4()}),
        "no basis": (InvalidData, {"basis": " "}),
        "no note": (MissingNote, {"note": " \n"}),
        "a basis without end": (InvalidData, {"basis": "b" * 501}),
    }.values(),
)
def test_what_the_record_would_refuse_is_refused_when_it_is_asked_for(
    newsroom: Newsroom, error: type[Refusal], asking: dict[str, object]
) -> None:
    said = {"story": STORY, "fact": TOLD, "basis": "court order", "note": "Ordered."} | asking

    with pytest.raises(error):
        ask(newsroom.database, *said.values(), by="Ana", now=EVENING)  # type: ignore[arg-type]

    assert takedowns(newsroom.database) == []


def test_a_correction_is_no_fact_and_a_stub_is_gone_already(newsroom: Newsroom) -> None:
    (corrected,) = newsroom.publish(correction(OTHER, data={"headline": "Something else"}))
    newsroom.publish(takedown(TOLD))

    with pytest.raises(UnknownFact):
        _ask(newsroom, by="Ana", fact=corrected.id)
    with pytest.raises(AlreadyTakenDown):
        _ask(newsroom, by="Ana")


def test_an_unknown_takedown_cannot_be_decided_on(newsroom: Newsroom) -> None:
    with pytest.raises(UnknownTakedown):
        _approve(newsroom, uuid4(), by="Ben")
    with pytest.raises(UnknownTakedown):
        decline(newsroom.database, uuid4(), by="Ben", now=EVENING)


def test_what_was_done_is_noted_without_a_word_of_the_text(newsroom: Newsroom) -> None:
    asked = _ask(newsroom, by="Ana")
    _approve(newsroom, asked, by="Ben")

    noted = [(each.actor, each.story, each.what) for each in acts(newsroom.database, 10)[::-1]]

    about = f"takedown {asked} of fact {TOLD} is"
    assert noted == [
        ("Ana", STORY, f"{about} asked for"),
        ("Ben", STORY, f"{about} approved; drafts about it that are erased: 0"),
    ]


def test_whatever_way_a_takedown_takes_it_erases_every_draft_about_the_fact(newsroom: Newsroom) -> None:
    person, story = _writer(newsroom), newsroom.desk.head(STORY).id
    changes, names, was_published, elsewhere = (UUID(int=9 + number) for number in range(4))
    corrected = correction(TOLD, data={"headline": "Another name"})
    assert corrected.id
    for id_, fact, form in (
        (changes, TOLD, FORM),
        (names, None, FORM | {"fact": str(TOLD).upper()}),
        (was_published, OTHER, FORM),
        (corrected.id, None, FORM),
        (elsewhere, OTHER, FORM),
    ):
        save_draft(newsroom.database, person, story, id_, fact, form, EVENING)

    newsroom.publish(corrected, takedown(TOLD))

    left = {each.id for each in drafts(newsroom.database, person, story)}
    assert left == {was_published, elsewhere}


@pytest.mark.parametrize(("id_", "fact"), [(TOLD, None), (uuid4(), TOLD)])
def test_a_page_that_is_still_open_cannot_save_the_text_again(
    newsroom: Newsroom, id_: UUID, fact: UUID | None
) -> None:
    person, story = _writer(newsroom), newsroom.desk.head(STORY).id
    newsroom.publish(takedown(TOLD))

    with pytest.raises(AlreadyTakenDown):
        save_draft(newsroom.database, person, story, id_, fact, FORM, EVENING)
    save_draft(newsroom.database, person, story, uuid4(), OTHER, FORM, EVENING)

    assert [each.fact for each in drafts(newsroom.database, person, story)] == [OTHER]


def test_a_draft_that_is_saved_during_the_takedown_does_not_outlive_it(newsroom: Newsroom) -> None:
    person, story = _writer(newsroom), newsroom.desk.head(STORY).id
    asked = _ask(newsroom, by="Ana")

    def work(number: int) -> object:
        if number == 0:
            return _approve(newsroom, asked, by="Ben")
        save_draft(newsroom.database, person, story, uuid4(), TOLD, FORM, EVENING)
        return None

    _at_once(6, work)

    with newsroom.database.reading() as connection:
        assert connection.execute(select(draft)).all() == []


def test_before_and_after_it_is_told_what_goes_and_what_stays(newsroom: Newsroom) -> None:
    newsroom.publish(correction(TOLD, data={"headline": "Another name"}))
    newsroom.publish(retraction(TOLD, "Withdrawn."), reinstatement(TOLD, "Back."), correction(OTHER, precision="day"))
    save_draft(
        newsroom.database, _writer(newsroom), newsroom.desk.head(STORY).id, uuid4(), TOLD, FORM, newsroom.clock()
    )
    before = reach(newsroom.database, STORY, TOLD)

    _approve(newsroom, _ask(newsroom, by="Ana"), by="Ben")
    after = reach(newsroom.database, STORY, TOLD)

    assert [each.version for each in before.erased] == [each.version for each in after.erased] == [2, 4]
    assert [each.data is None for each in (*before.erased, *after.erased)] == [False, False, True, True]
    assert [(each.data or {})["note"] for each in after.kept] == ["Withdrawn.", "Back."]
    assert ([each.writer for each in before.drafts], after.drafts) == (["Writer"], ())
    assert [each.commitment for each in before.erased] == [each.commitment for each in after.erased]


def test_after_a_takedown_the_record_still_holds_together(newsroom: Newsroom) -> None:
    newsroom.publish(correction(TOLD, data={"headline": "Another name"}))
    before = prove(newsroom.database, STORY)

    _approve(newsroom, _ask(newsroom, by="Ana"), by="Ben")

    assert (before.faults, prove(newsroom.database, STORY).faults) == ((), ())
    with newsroom.database.reading() as connection:
        leaves = list(record.leaves(connection, newsroom.desk.head(STORY)))
    assert (tree.root(leaves[:-1]), tree.root(leaves)) == (before.root, prove(newsroom.database, STORY).root)


def _ask(newsroom: Newsroom, *, by: str, fact: UUID = TOLD) -> UUID:
    said = ("court order", "A court ordered it.")
    return ask(newsroom.database, newsroom.story, fact, *said, by=by, now=newsroom.clock())


def _approve(newsroom: Newsroom, id_: UUID, *, by: str, append: Append | None = None) -> Takedown:
    append = append or partial(newsroom.desk.append, actor=by)
    return approve(newsroom.database, id_, by=by, now=newsroom.clock(), append=append)


def _fact(newsroom: Newsroom) -> Fact:
    return newsroom.fact(TOLD)


def _writer(newsroom: Newsroom) -> int:
    return create_person(newsroom.database, "Writer", ANY, Role.EDITOR, by="a test", now=EVENING).id


def _is_refused(newsroom: Newsroom, error: type[Refusal], attempt: Callable[[], object]) -> None:
    before = newsroom.trace()
    with pytest.raises(error):
        attempt()
    assert newsroom.trace() == before


def _at_once(count: int, work: Callable[[int], object]) -> list[object]:
    """Do something in so many threads at the same moment, and return what came of it, refusals among it."""
    ready = Barrier(count)

    def attempt(number: int) -> object:
        ready.wait()
        try:
            return work(number)
        except Refusal as refusal:
            return refusal

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(attempt, range(count)))
