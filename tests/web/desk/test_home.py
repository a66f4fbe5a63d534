"""The first page of the desk: nobody gets in unseen, and everybody finds their stories."""

from desk_pages import PASSWORD, signed_in, stranger, with_password
from newsroom import STORY, Newsroom
from timeline.store.people import Role


def test_a_stranger_is_asked_to_sign_in_and_comes_back_to_where_they_were(newsroom: Newsroom) -> None:
    with_password(newsroom)
    visitor = stranger(newsroom)

    asked = visitor.get("")
    assert (asked.status_code, asked.location) == (302, "/desk/login?next=/desk")
    entered = visitor.post("/login", name="ana", password=PASSWORD, next="/desk")

    assert (entered.status_code, entered.location) == (303, "/desk")
    assert visitor.get("").status_code == 200


def test_only_the_stories_in_which_somebody_has_a_role_are_listed(newsroom: Newsroom) -> None:
    assert STORY in signed_in(newsroom, "Ana", Role.CONTRIBUTOR, STORY).get("").text
    assert STORY not in signed_in(newsroom, "Ben", Role.ADMIN, "another-story").get("").text
