"""People: names that cannot be mistaken, roles in one story or in all, links that let one in once, an admin left."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from newsroom import EVENING, STORY
from timeline.domain.errors import InvalidEvent, InvitationWorthless, LastAdmin, NameTaken, UnknownPerson
from timeline.store import people as store
from timeline.store.acts import acts, note
from timeline.store.database import Database
from timeline.store.invitations import (
    INVITATION_LASTS,
    accept,
    find_invitation,
    invitations,
    invite,
    invite_back,
    invite_first,
    withdraw,
)
from timeline.store.people import (
    ANY,
    Person,
    Role,
    create_person,
    disable,
    enable,
    find_person,
    grant,
    may,
    people,
    person_called,
)
from timeline.store.sessions import begin_session, find_session

OTHER = "another-story"
LATER = EVENING + INVITATION_LASTS


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whatever is done take its time before it is committed, so that others do the same meanwhile."""

    def noted(*args: Any) -> None:
        time.sleep(0.2)
        note(*args)

    monkeypatch.setattr(store, "note", noted)


def create(database: Database, name: str = "Ana", role: Role = Role.EDITOR, story: str = ANY) -> Person:
    return create_person(database, name, story, role, by="a test", now=EVENING)


def test_a_person_is_found_by_name_written_anyhow(database: Database) -> None:
    made = create(database, "Ana Ruiz")

    assert [find_person(database, each) for each in ("ana ruiz", " ANA  Ruiz ", "\uff21na Ruiz")] == [made] * 3
    assert find_person(database, "Ana") is None


@pytest.mark.parametrize(
    "alike",
    [
        "ANA BECK",
        "Ana  Beck ",
        "\uff21na Beck",
        "\u0410na Beck",
        "Ana \u0412eck",
        "\u0391na Beck",
        "Ana\u00a0Beck",
        "Ana Be\u200dck",
    ],
    ids=["capitals", "spaces", "full width", "Cyrillic A", "Cyrillic Ve", "Greek Alpha", "no break", "joiner"],
)
def test_nobody_gets_a_name_that_looks_like_another_s(database: Database, alike: str) -> None:
    create(database, "Ana Beck")

    with pytest.raises(NameTaken):
        create(database, alike)
    with pytest.raises(NameTaken):
        invite(database, alike, STORY, Role.EDITOR, by="a test", now=EVENING)

    assert [each.name for each in people(database)] == ["Ana Beck"]


@pytest.mark.parametrize("name", ["the command line", "The  Command Line", "desk", "D\u0435sk"])
def test_nobody_gets_the_name_that_stands_where_nobody_signed(database: Database, name: str) -> None:
    first = invite_first(database, ANY, Role.ADMIN, EVENING)
    for refused in (
        lambda: create(database, name),
        lambda: invite(database, name, ANY, Role.EDITOR, by="a test", now=EVENING),
        lambda: accept(database, first, name, now=EVENING),
    ):
        with pytest.raises(InvalidEvent, match="the name cannot be used"):
            refused()

    assert people(database) == []


def test_people_may_write_themselves_in_any_script(database: Database) -> None:
    names = ["Анна Ким", "Δήμητρα", "李安", "مهدی\u200cزاده", "Zoë"]  # noqa: RUF001 - these are the scripts.
    for name in names:
        create(database, name)

    assert {each.name for each in people(database)} == set(names)


@pytest.mark.parametrize("name", ["", " ", "a" * 501, "A\u202ena", "A\u200bna", "A\x00na", "A\x1b[2Jna", "\ud800"])
def test_a_name_that_cannot_be_read_as_it_is_written_is_refused(database: Database, name: str) -> None:
    for refused in (
        lambda: create(database, name),
        lambda: invite(database, name, ANY, Role.EDITOR, by="a test", now=EVENING),
        lambda: person_called(database, name),
    ):
        with pytest.raises(InvalidEvent):
            refused()

    assert people(database) == []
    assert acts(database, 10) == []


def test_who_is_not_there_is_told_by_name(database: Database) -> None:
    with pytest.raises(UnknownPerson, match="“Ben”"):
        person_called(database, "Ben")


def test_a_role_in_one_story_is_none_in_another(database: Database) -> None:
    ana = create(database, role=Role.EDITOR, story=STORY)

    assert [ana.role_in(STORY), ana.role_in(OTHER), ana.role_in(ANY)] == [Role.EDITOR, None, None]
    assert [may(ana, role, STORY) for role in Role] == [True, True, False, False]
    assert not any(may(ana, role, story) for role in Role for story in (OTHER, ANY))


def test_of_a_role_in_all_stories_and_one_in_this_the_higher_counts(database: Database) -> None:
    ana = create(database, role=Role.EDITOR)
    grant(database, ana.id, STORY, Role.ADMIN, by="a test", now=EVENING)
    grant(database, ana.id, OTHER, Role.CONTRIBUTOR, by="a test", now=EVENING)

    (ana,) = people(database)

    assert [ana.role_in(STORY), ana.role_in(OTHER), ana.role_in(ANY)] == [Role.ADMIN, Role.EDITOR, Role.EDITOR]
    assert ana.administers == {STORY}


def test_a_role_that_was_taken_away_is_gone(database: Database) -> None:
    ana = create(database, story=STORY)

    grant(database, ana.id, STORY, None, by="Eve", now=EVENING)

    assert people(database)[0].roles == {}
    assert (acts(database, 1)[0].actor, acts(database, 1)[0].what) == (
        "Eve",
        f"Ana has no role in {STORY} from now on",
    )


@pytest.mark.parametrize(
    "goes",
    [
        lambda database, id_: disable(database, id_, by="a test", now=EVENING),
        lambda database, id_: grant(database, id_, ANY, None, by="a test", now=EVENING),
        lambda database, id_: grant(database, id_, ANY, Role.STANDARDS, by="a test", now=EVENING),
    ],
    ids=["shown out", "without a role", "as something else"],
)
def test_the_last_admin_of_all_stories_stays(database: Database, goes: Callable[[Database, int], None]) -> None:
    ana = create(database, role=Role.ADMIN)
    create(database, "Ben", Role.ADMIN, STORY)
    gone = create(database, "Cem", Role.ADMIN)
    disable(database, gone.id, by="a test", now=EVENING)
    before = people(database), acts(database, 99)

    with pytest.raises(LastAdmin, match="Ana is the last admin of all stories"):
        goes(database, ana.id)
    assert (people(database), acts(database, 99)) == before

    create(database, "Dan", Role.ADMIN)
    goes(database, ana.id)
    assert not may(people(database)[0], Role.ADMIN, ANY) or people(database)[0].disabled_at


@pytest.mark.usefixtures("slow")
def test_of_two_admins_who_show_each_other_out_at_once_one_stays(database: Database) -> None:
    def show_out(each: Person) -> str:
        try:
            disable(database, each.id, by="a test", now=EVENING)
        except LastAdmin:
            return "stays"
        return "out"

    admins = [create(database, name, Role.ADMIN) for name in ("Ana", "Ben")]

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(show_out, admins)) == ["out", "stays"]


def test_who_is_let_in_no_more_is_signed_out_at_once(database: Database) -> None:
    ana = create(database)
    secret = begin_session(database, ana.id, EVENING)
    assert find_session(database, secret, EVENING) == ana

    disable(database, ana.id, by="a test", now=EVENING)

    assert find_session(database, secret, EVENING) is None
    assert find_session(database, begin_session(database, ana.id, EVENING), EVENING) is None


def test_an_invitation_lets_one_in_once(database: Database) -> None:
    secret = invite(database, "Ana Ruiz", STORY, Role.STANDARDS, by="Eve", now=EVENING)

    ana = accept(database, secret, "Somebody Else", now=EVENING)

    assert (ana.name, ana.roles) == ("Ana Ruiz", {STORY: Role.STANDARDS})
    with pytest.raises(InvitationWorthless):
        accept(database, secret, "", now=EVENING)
    with pytest.raises(InvitationWorthless):
        find_invitation(database, secret, EVENING)


@pytest.mark.usefixtures("slow")
def test_of_many_who_follow_one_link_at_once_one_gets_in(database: Database) -> None:
    secret = invite_first(database, ANY, Role.ADMIN, EVENING)

    def enter(name: str) -> str:
        try:
            return accept(database, secret, name, now=EVENING).name
        except InvitationWorthless:
            return "worthless"

    with ThreadPoolExecutor(3) as pool:
        told = set(pool.map(enter, ("Ana", "Ben", "Cem")))

    assert {each.name for each in people(database)} == told - {"worthless"}
    assert len(told) == 2


def test_an_invitation_is_good_for_a_day(database: Database) -> None:
    secret = invite(database, "Ana", ANY, Role.EDITOR, by="Eve", now=EVENING)

    assert find_invitation(database, secret, LATER - timedelta(seconds=1)).name == "Ana"
    with pytest.raises(InvitationWorthless):
        find_invitation(database, secret, LATER)
    with pytest.raises(InvitationWorthless):
        accept(database, secret, "Ana", now=LATER)
    assert invitations(database, LATER) == []


def test_the_last_invitation_to_a_story_counts_and_another_story_s_is_left_alone(database: Database) -> None:
    first = invite(database, "Ana", STORY, Role.EDITOR, by="Eve", now=EVENING)
    other = invite(database, "Ana", OTHER, Role.ADMIN, by="Eve", now=EVENING)
    invite(database, "Ana", STORY, Role.CONTRIBUTOR, by="Eve", now=EVENING)

    with pytest.raises(InvitationWorthless):
        find_invitation(database, first, EVENING)
    assert find_invitation(database, other, EVENING).role == Role.ADMIN


@pytest.mark.parametrize("lost", ["disabled", "role"])
def test_an_invitation_of_an_admin_who_is_none_any_more_is_worthless(database: Database, lost: str) -> None:
    create(database, "Zoe", Role.ADMIN)
    eve = create(database, "Eve", Role.ADMIN)
    secret = invite(database, "Ana", STORY, Role.ADMIN, by="Eve", now=EVENING)
    if lost == "role":
        grant(database, eve.id, ANY, Role.STANDARDS, by="Zoe", now=EVENING)
    else:
        disable(database, eve.id, by="Zoe", now=EVENING)

    with pytest.raises(InvitationWorthless):
        accept(database, secret, "", now=EVENING)


def test_somebody_who_was_shown_out_can_be_let_in_again(database: Database) -> None:
    create(database, "Zoe", Role.ADMIN)
    ana = create(database, "Ana", Role.EDITOR)
    disable(database, ana.id, by="Zoe", now=EVENING)

    enable(database, ana.id, by="Zoe", now=EVENING)

    assert find_session(database, begin_session(database, ana.id, EVENING), EVENING) == ana


def test_an_invitation_that_was_taken_back_is_worthless(database: Database) -> None:
    secret = invite(database, "Ana", STORY, Role.EDITOR, by="Eve", now=EVENING)

    withdraw(database, "Ana", STORY, by="Eve", now=EVENING)
    withdraw(database, "Ana", STORY, by="Eve", now=EVENING)

    with pytest.raises(InvitationWorthless):
        find_invitation(database, secret, EVENING)
    assert [each.what for each in acts(database, 9)] == [
        f"Ana is no longer invited to {STORY}",
        f"Ana is invited as editor in {STORY}",
    ]


def test_an_invitation_never_lets_anybody_in_as_somebody_who_is_there(database: Database) -> None:
    early = invite(database, "Ana", STORY, Role.CONTRIBUTOR, by="Eve", now=EVENING)
    alike = invite(database, "\u0410na", STORY, Role.CONTRIBUTOR, by="Eve", now=EVENING)
    ana = create(database, "Ana", Role.ADMIN)

    for secret in (early, alike):
        with pytest.raises(NameTaken):
            accept(database, secret, "", now=EVENING, password="another")

    assert people(database) == [ana]
    assert "Ana has another password" not in [each.what for each in acts(database, 9)]


def test_who_forgot_the_password_gets_in_again_as_who_they_are(database: Database) -> None:
    ana = create(database, "Ana", Role.STANDARDS, STORY)
    secret = begin_session(database, ana.id, EVENING)
    link = invite_back(database, ana, by="Eve", now=EVENING)
    assert invitations(database, EVENING) == [], "it is no invitation for somebody new"

    assert accept(database, link, "Ben", now=EVENING, password="another") == ana

    assert find_session(database, secret, EVENING) is None
    with pytest.raises(InvitationWorthless):
        accept(database, link, "", now=EVENING)


def test_who_is_let_in_no_more_has_no_link_that_lets_them_in(database: Database) -> None:
    ana = create(database)
    link = invite_back(database, ana, by="Eve", now=EVENING)
    disable(database, ana.id, by="Eve", now=EVENING)

    with pytest.raises(InvitationWorthless):
        accept(database, link, "", now=EVENING, password="another")
    with pytest.raises(InvitationWorthless):
        invite_back(database, ana, by="Eve", now=EVENING)


def test_the_first_invitation_is_worthless_once_anybody_is_there(database: Database) -> None:
    secret = invite_first(database, ANY, Role.ADMIN, EVENING)
    create(database)

    for refused in (find_invitation, lambda *_: accept(database, secret, "Eve", now=EVENING)):
        with pytest.raises(InvitationWorthless):
            refused(database, secret, EVENING)


def test_whatever_is_done_about_people_is_noted_and_by_whom(database: Database) -> None:
    accept(database, invite(database, "Ana", STORY, Role.EDITOR, by="Eve", now=EVENING), "", now=EVENING)
    ana = person_called(database, "Ana")
    grant(database, ana.id, ANY, Role.STANDARDS, by="Eve", now=EVENING)
    invite_back(database, ana, by="Eve", now=EVENING)
    disable(database, ana.id, by="Eve", now=EVENING)

    assert [(each.actor, each.story, each.what) for each in reversed(acts(database, 99))] == [
        ("Eve", STORY, f"Ana is invited as editor in {STORY}"),
        ("Ana", STORY, f"Ana is let in as editor in {STORY}"),
        ("Eve", None, "Ana is standards in all stories from now on"),
        ("Eve", None, "Ana may choose another password"),
        ("Eve", None, "Ana is let in no more"),
    ]
