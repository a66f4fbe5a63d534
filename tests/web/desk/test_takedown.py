"""Takedowns at the desk: seen before, asked for by one person with standards, decided by another, and reported."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from lxml import html

from desk_pages import Visitor, signed_in, stranger
from newsroom import EVENING, STORY, Newsroom, correction, event, opening, reinstatement, report, retraction, takedown
from timeline.store import tree
from timeline.store.drafts import save_draft
from timeline.store.erasure import prove
from timeline.store.people import ANY, Role, find_person
from timeline.store.takedowns import find_takedown, takedowns
from timeline.web.desk.takedowns import BASES

TOLD = UUID(int=1)
OTHER_STORY = "another-story"
FORM = f"/stories/{STORY}/facts/{TOLD}/takedown"
SAID: dict[str, Any] = {"basis": "court order", "note": "A court ordered it."}

TOO_LITTLE = [
    ("Con", Role.CONTRIBUTOR, STORY),
    ("Edi", Role.EDITOR, STORY),
    ("Eve", Role.EDITOR, ANY),
    ("Sta", Role.STANDARDS, OTHER_STORY),
    ("Adi", Role.ADMIN, OTHER_STORY),
]
ENOUGH = [("Sid", Role.STANDARDS, STORY), ("Sue", Role.STANDARDS, ANY), ("Ada", Role.ADMIN, STORY)]


@pytest.fixture(autouse=True)
def _published(room: Newsroom) -> None:
    room.publish(opening())
    told = event(
        "update.reported",
        {"headline": "A name that must go", "body": "It *was* the name."},
        EVENING,
        id=TOLD,
        source={"name": "A neighbour", "url": "https://neighbour.example/"},
    )
    room.publish(told, correction(told, "It was another.", data={"headline": "Another name that must go"}))
    Newsroom(room.database, room.clock, story=OTHER_STORY).publish(opening("general", "Another story"))


@pytest.mark.parametrize(("name", "role", "story"), TOO_LITTLE)
def test_without_standards_in_the_story_no_page_of_a_takedown_opens(
    room: Newsroom, name: str, role: Role, story: str
) -> None:
    asked = _asked(room)
    visitor = signed_in(room, name, role, story)

    answers = [
        visitor.get(FORM),
        visitor.post(FORM, **SAID),
        visitor.get(f"/takedowns/{asked}"),
        visitor.post(f"/takedowns/{asked}", decision="approve"),
        visitor.post(f"/takedowns/{asked}", decision="decline"),
    ]

    assert [each.status_code for each in answers] == [403] * 5
    assert "must go" not in "".join(each.text for each in answers)
    assert find_takedown(room.database, asked).state == "open"
    assert room.fact(TOLD).data is not None


@pytest.mark.parametrize(("name", "role", "story"), ENOUGH)
def test_with_standards_in_the_story_one_may_ask_and_decide(
    room: Newsroom, name: str, role: Role, story: str
) -> None:
    visitor = signed_in(room, name, role, story)

    assert visitor.get(FORM).status_code == 200
    asked = visitor.post(FORM, **SAID)

    assert (asked.status_code, asked.location) == (303, f"/desk/takedowns/{takedowns(room.database)[0].id}")
    assert _decide(signed_in(room, "Zoe", Role.STANDARDS), takedowns(room.database)[0].id, "approve") == 303
    assert room.fact(TOLD).data is None


def test_a_stranger_is_asked_to_sign_in(room: Newsroom) -> None:
    asked = _asked(room)

    for path in (FORM, "/takedowns", f"/takedowns/{asked}"):
        assert stranger(room).get(path).status_code == 302
    assert stranger(room).post(FORM, **SAID).status_code == 401
    assert stranger(room).post(f"/takedowns/{asked}", decision="approve").status_code == 401


def test_before_anybody_asks_everything_that_goes_is_listed_in_full(room: Newsroom) -> None:
    _draft(room, "Edi")

    page = signed_in(room, "Sid", Role.STANDARDS).get(FORM).text

    for words in (
        *("Version 2", "update.reported", "A name that must go", "<em>was</em> the name."),
        *("Version 3", "fact.corrected", "It was another.", "Another name that must go"),
        "A draft of Edi",
    ):
        assert words in page
    assert "What somebody else writes" not in page


def test_what_cannot_be_erased_is_said_plainly(room: Newsroom) -> None:
    room.publish(retraction(TOLD, "The name was the wrong one."), reinstatement(TOLD, "It was right."))

    page = _text(signed_in(room, "Sid", Role.STANDARDS), FORM)

    assert "Its source stays on record: “A neighbour”, https://neighbour.example/." in page
    assert "The note of its retraction (version 4) stays on record: “The name was the wrong one.”" in page
    assert "The note of its reinstatement (version 5) stays on record: “It was right.”" in page


def test_of_an_entry_without_source_or_retraction_nothing_is_said_to_stay_but_the_stub(room: Newsroom) -> None:
    room.publish(report("Plain", id=UUID(int=2)))

    page = _text(signed_in(room, "Sid", Role.STANDARDS), FORM.replace(str(TOLD), str(UUID(int=2))))

    assert "stays on record" not in page
    assert "The database lets nothing" not in page


def test_the_usual_bases_are_offered_and_any_is_taken(room: Newsroom) -> None:
    visitor = signed_in(room, "Sid", Role.STANDARDS)

    offered = html.fromstring(visitor.get(FORM).text).xpath("//datalist[@id='bases']/option/@value")

    assert tuple(offered) == BASES
    assert visitor.post(FORM, basis="A law of ours", note="Gone.").status_code == 303


def test_what_is_missing_is_told_and_what_was_typed_is_kept(room: Newsroom) -> None:
    visitor = signed_in(room, "Sid", Role.STANDARDS)

    without_note = visitor.post(FORM, basis="court order", note="  ")
    without_basis = visitor.post(FORM, basis="", note="Why it had to go.")

    assert (without_note.status_code, without_basis.status_code) == (422, 422)
    assert 'value="court order"' in without_note.text
    assert "Why it had to go." in without_basis.text
    assert takedowns(room.database) == []


def test_asking_again_leads_to_the_one_that_waits(room: Newsroom) -> None:
    asked, visitor = _asked(room), signed_in(room, "Sue", Role.STANDARDS)

    again = visitor.post(FORM, **SAID)

    assert again.status_code == 409
    for page in (again.text, visitor.get(FORM).text):
        assert f'href="/desk/takedowns/{asked}"' in page
        assert "<textarea" not in page
    assert len(takedowns(room.database)) == 1


def test_who_asked_may_only_withdraw_and_anybody_else_approve_or_decline(room: Newsroom) -> None:
    asked = _asked(room)

    assert _buttons(signed_in(room, "Sid"), asked) == ["Withdraw"]
    assert _buttons(signed_in(room, "Sue", Role.STANDARDS), asked) == ["Approve and erase", "Decline"]


def test_who_asked_cannot_approve_even_by_hand(room: Newsroom) -> None:
    asked = _asked(room)

    assert _decide(signed_in(room, "Sid"), asked, "approve") == 403
    assert room.fact(TOLD).data is not None


def test_withdrawn_and_declined_takedowns_erase_nothing(room: Newsroom) -> None:
    first = _asked(room)
    assert _decide(signed_in(room, "Sid"), first, "decline") == 303
    second = _asked(room)
    assert _decide(signed_in(room, "Sue", Role.STANDARDS), second, "decline") == 303

    states = [find_takedown(room.database, each).state for each in (first, second)]
    assert states == ["withdrawn", "declined"]
    assert room.fact(TOLD).data is not None
    assert _buttons(signed_in(room, "Sue"), second) == []


@pytest.mark.parametrize("decision", ["", "Approve", "erase"])
def test_any_other_decision_is_refused(room: Newsroom, decision: str) -> None:
    assert _decide(signed_in(room, "Sue", Role.STANDARDS), _asked(room), decision) == 400


def test_a_decided_takedown_is_not_decided_again(room: Newsroom) -> None:
    asked, sue = _asked(room), signed_in(room, "Sue", Role.STANDARDS)
    _decide(sue, asked, "approve")

    assert [_decide(sue, asked, each) for each in ("approve", "decline")] == [409, 409]


def test_after_approval_there_is_a_report_of_what_was_erased(room: Newsroom) -> None:
    _draft(room, "Edi")
    asked = _asked(room)
    before = {each.version: each for each in room.record()}
    room.clock.turn(minutes=1)
    sue = signed_in(room, "Sue", Role.STANDARDS)
    _decide(sue, asked, "approve")

    page = _text(sue, f"/takedowns/{asked}")

    assert "as version 4 of the story" in page
    assert "in versions 2, 3;" in page
    for version in (2, 3):
        assert before[version].commitment.hex() in page
        assert tree.leaf(before[version]).hex() in page
    assert "drafts about it that are erased: 1" in page
    assert "ApprovedSue, 17:01:00 PST on 2 March 2025" in page
    assert "search engines" in page
    assert "must go" not in page


def test_the_record_is_looked_through_when_the_report_is_asked_to(room: Newsroom) -> None:
    asked, sue = _asked(room), signed_in(room, "Sue", Role.STANDARDS)
    _decide(sue, asked, "approve")
    root = prove(room.database, STORY).root.hex()

    report = sue.get(f"/takedowns/{asked}").text
    checked = _text(sue, f"/takedowns/{asked}", check="")

    assert f'<a href="/desk/takedowns/{asked}?check=">Check it now</a>' in report
    assert "is sound" not in report
    assert root not in report
    assert "is sound: every hash of its 4 events was computed again" in checked
    assert root in checked


def test_a_record_that_was_tampered_with_is_told_in_the_report(room: Newsroom) -> None:
    asked = _asked(room)
    _decide(signed_in(room, "Sue", Role.STANDARDS), asked, "approve")
    with room.database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER event_is_not_changed")
        connection.exec_driver_sql("UPDATE event SET actor = 'Somebody else' WHERE version = 1")

    assert "version 1 does not hold the envelope that was hashed" in _text(
        signed_in(room, "Sue"), f"/takedowns/{asked}", check=""
    )


def test_what_was_taken_down_by_another_way_can_only_be_closed(room: Newsroom) -> None:
    asked = _asked(room)
    room.publish(takedown(TOLD))
    sue = signed_in(room, "Sue", Role.STANDARDS)

    assert _buttons(sue, asked) == ["Decline"]
    assert _decide(sue, asked, "approve") == 409
    assert "nothing is left to erase" in _text(sue, FORM)
    assert sue.post(FORM, **SAID).status_code == 409


def test_the_list_shows_what_waits_and_what_is_decided_in_ones_own_stories_only(room: Newsroom) -> None:
    other, fact = Newsroom(room.database, room.clock, story=OTHER_STORY), UUID(int=7)
    other.publish(report("Elsewhere", id=fact))
    declined = _asked(room, basis="copyright")
    _decide(signed_in(room, "Sue", Role.STANDARDS), declined, "decline")
    _asked(room)
    signed_in(room, "Sue").post(f"/stories/{OTHER_STORY}/facts/{fact}/takedown", basis="safety", note="Asked to.")

    here = _text(signed_in(room, "Sid"), "/takedowns")
    everywhere = _text(signed_in(room, "Sue"), "/takedowns")

    waiting, _, decided = here.partition("Decided")
    assert ("court order" in waiting, "copyright" in waiting, "copyright" in decided) == (True, False, True)
    assert ("safety" in here, "safety" in everywhere) == (False, True)
    assert signed_in(room, "Edi", Role.EDITOR).get("/takedowns").status_code == 403


def test_what_does_not_exist_is_not_found(room: Newsroom) -> None:
    sue = signed_in(room, "Sue", Role.STANDARDS)

    assert sue.get(f"/takedowns/{uuid4()}").status_code == 404
    assert sue.get(f"/stories/no-story/facts/{TOLD}/takedown").status_code == 404
    assert sue.get(f"/stories/{STORY}/facts/{uuid4()}/takedown").status_code == 404
    assert sue.post(f"/stories/{STORY}/facts/{uuid4()}/takedown", **SAID).status_code == 404


def test_a_page_of_another_site_can_approve_nothing(room: Newsroom) -> None:
    asked = _asked(room)
    sue = signed_in(room, "Sue", Role.STANDARDS)

    answer = sue.post(f"/takedowns/{asked}", headers={"Sec-Fetch-Site": "cross-site"}, decision="approve")

    assert answer.status_code == 403
    assert room.fact(TOLD).data is not None


def _asked(room: Newsroom, basis: str = "court order") -> UUID:
    """Let Sid, who has standards in the story, ask for the takedown, and return its id."""
    asked = signed_in(room, "Sid", Role.STANDARDS, STORY).post(FORM, basis=basis, note=SAID["note"])
    assert asked.status_code == 303, asked.text
    return UUID((asked.location or "").rpartition("/")[2])


def _decide(visitor: Visitor, id_: UUID, decision: str) -> int:
    return visitor.post(f"/takedowns/{id_}", decision=decision).status_code


def _buttons(visitor: Visitor, id_: UUID) -> list[str]:
    page = html.fromstring(visitor.get(f"/takedowns/{id_}").text)
    return [button.text_content().strip() for button in page.xpath("//main//button")]


def _text(visitor: Visitor, path: str, **query: str) -> str:
    """Return what a page of the desk says, on one line."""
    answer = visitor.get(path, **query)
    assert answer.status_code == 200, answer.text
    return " ".join(html.fromstring(answer.text).text_content().split())


def _draft(room: Newsroom, name: str) -> None:
    """Let an editor write about the fact, and not publish it."""
    signed_in(room, name, Role.EDITOR)
    writer = find_person(room.database, name)
    assert writer is not None
    form = {"headline": "What somebody else writes"}
    save_draft(room.database, writer.id, room.desk.head(STORY).id, uuid4(), TOLD, form, room.clock())
