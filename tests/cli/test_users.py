"""People by the command line: let in with a password, given roles, shown out; refused with 1, mistyped with 2."""

import pytest

from commands import Shell, Told
from newsroom import STORY, HandClock, opened
from timeline.domain.errors import WrongPassword
from timeline.store.acts import acts
from timeline.store.people import ANY, Role, people
from timeline.store.sessions import find_session, sign_in

PASSWORD = "a sentence that nobody guesses"
NOBODY = "Nobody was let in yet: let somebody in with `timeline user create`.\n"


def enters(shell: Shell, name: str, password: str = PASSWORD) -> bool:
    """Tell whether somebody can sign in."""
    clock = HandClock()
    with opened(shell.url) as database:
        try:
            return find_session(database, sign_in(database, name, password, "", clock), clock()) is not None
        except WrongPassword:
            return False


def test_who_is_let_in_with_a_piped_password_can_sign_in(shell: Shell) -> None:
    told = shell.do("user", "create", "Ana Ruiz", "--role", "standards", stdin=f"{PASSWORD}\nnot this\n")

    assert told == "Ana Ruiz may sign in at /desk.\n"
    assert enters(shell, "ana ruiz")
    assert not enters(shell, "Ana Ruiz", f"{PASSWORD}\n")
    with opened(shell.url) as database:
        assert [(each.name, each.roles) for each in people(database)] == [("Ana Ruiz", {ANY: Role.STANDARDS})]
        assert {each.actor for each in acts(database, 9)} == {"the command line"}


def test_a_line_end_of_windows_is_no_part_of_the_password(shell: Shell) -> None:
    shell.do("user", "create", "Ana", stdin=f"{PASSWORD}\r\n")

    assert enters(shell, "Ana")


def test_whoever_is_let_in_is_a_contributor_in_all_stories_unless_it_is_said(desk_shell: Shell) -> None:
    desk_shell.do("user", "create", "Ana", stdin=PASSWORD)
    desk_shell.do("user", "create", "Ben", "--role", "admin", "--story", STORY, stdin=PASSWORD)
    desk_shell.do("user", "create", "Cem", "--story", "*", stdin=PASSWORD)

    assert desk_shell.do("user", "list").splitlines() == [
        "Ana  contributor in all stories",
        f"Ben  admin in {STORY}",
        "Cem  contributor in all stories",
    ]


@pytest.mark.parametrize("weak", ["", "\n", "short", "aaaaaaaaaaaaaaaa", "x y " * 200])
def test_a_weak_password_lets_nobody_in(desk_shell: Shell, weak: str) -> None:
    told = desk_shell.refused("user", "create", "Ana", stdin=weak)

    assert told.startswith("Error: a password has 12 to 500 characters")
    assert not weak.strip() or weak.strip() not in told
    assert desk_shell.type("user", "list") == Told("", NOBODY, 0)


@pytest.mark.parametrize("name", ["Ana Ruiz", "ANA RUIZ", " ana  ruiz", "\uff21na Ruiz", "\u0410na Ruiz"])
def test_a_name_is_taken_however_it_is_written(shell: Shell, name: str) -> None:
    shell.do("user", "create", "Ana Ruiz", stdin=PASSWORD)

    assert "already, or by a name that looks the same" in shell.refused("user", "create", name, stdin=PASSWORD)
    assert shell.do("user", "list") == "Ana Ruiz  contributor in all stories\n"


@pytest.mark.parametrize("name", ["", " ", "a" * 501, "\udcff", "A\u202ena", "A\x1b[31mna"])
def test_a_name_that_cannot_be_used_is_refused_by_every_command(desk_shell: Shell, name: str) -> None:
    for words in ("create", "grant", "password", "disable"):
        role = ["editor"] if words == "grant" else []
        assert desk_shell.refused("user", words, "--", name, *role, stdin=PASSWORD).startswith("Error: ")
    assert desk_shell.type("user", "list") == Told("", NOBODY, 0)


def test_roles_are_given_changed_and_taken_away(shell: Shell) -> None:
    shell.do("user", "create", "Ana", stdin=PASSWORD)

    shell.do("user", "grant", "ana", "editor", "--story", STORY)
    shell.do("user", "grant", "ana", "standards")
    assert shell.do("user", "list") == f"Ana  standards in all stories, editor in {STORY}\n"
    shell.do("user", "grant", "ana", "none")
    shell.do("user", "grant", "ana", "none", "--story", STORY)
    assert shell.do("user", "list") == "Ana  no role\n"


def test_another_password_takes_the_place_of_the_old_one(shell: Shell) -> None:
    shell.do("user", "create", "Ana", stdin=PASSWORD)

    shell.refused("user", "password", "Ana", stdin="short")
    assert enters(shell, "Ana")
    shell.do("user", "password", "ana", stdin="another sentence altogether")

    assert not enters(shell, "Ana")
    assert enters(shell, "Ana", "another sentence altogether")


def test_who_is_shown_out_cannot_sign_in_and_is_listed_so(shell: Shell) -> None:
    shell.do("user", "create", "Ana", stdin=PASSWORD)

    shell.do("user", "disable", "ANA")

    assert not enters(shell, "Ana")
    assert shell.do("user", "list") == "Ana  contributor in all stories  let in no more\n"


def test_the_last_admin_of_all_cannot_be_shown_out(desk_shell: Shell) -> None:
    desk_shell.do("user", "create", "Ana", "--role", "admin", stdin=PASSWORD)

    for words in (["disable", "Ana"], ["grant", "Ana", "none"], ["grant", "Ana", "editor"]):
        assert "Ana is the last admin of all stories" in desk_shell.refused("user", *words)
    assert desk_shell.do("user", "list") == "Ana  admin in all stories\n"


def test_who_is_not_there_is_told(desk_shell: Shell) -> None:
    for words in (["grant", "Ben", "editor"], ["password", "Ben"], ["disable", "Ben"]):
        assert "there is nobody called “Ben”" in desk_shell.refused("user", *words, stdin=PASSWORD)


@pytest.mark.parametrize(
    "words", ["create", "create a --role king", "grant a", "grant a king", "password", "disable", "disable a b", "x"]
)
def test_what_was_typed_wrongly_is_a_usage_error(desk_shell: Shell, words: str) -> None:
    assert "Usage: " in desk_shell.refused("user", *words.split(), stdin=PASSWORD, code=2)


@pytest.mark.parametrize("slug", ["", "No Slug", "../x", "a" * 81])
def test_a_story_that_cannot_be_one_is_refused(desk_shell: Shell, slug: str) -> None:
    assert "cannot name a story" in desk_shell.refused("user", "create", "Ana", "--story", slug, stdin=PASSWORD)
    assert desk_shell.type("user", "list") == Told("", NOBODY, 0)
