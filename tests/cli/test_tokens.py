"""Tokens by the command line: made for a name, shown once, listed without secrets, revoked by number."""

import re

import pytest

from commands import Shell, Told
from newsroom import Newsroom, opened, opening
from wire import borne, problem, sent

NO_TOKEN = "There is no token yet: make one with `timeline token create`.\n"


def test_a_token_is_shown_once_and_appends_in_its_owner_s_name(shell: Shell) -> None:
    token = shell.do("token", "create", "ana").strip()

    with opened(shell.url) as database:
        newsroom = Newsroom(database)
        newsroom.publish(opening())
        answer = borne(newsroom, token).append(sent(newsroom))
        assert answer.status_code == 201
        assert newsroom.record()[-1].actor == "ana"
    assert token.split("_", 2)[2] not in shell.do("token", "list")


def test_tokens_are_listed_with_their_owners_and_roles(shell: Shell) -> None:
    for name, role in (("ana", "editor"), ("ben", "standards"), ("the desk", "admin")):
        shell.do("token", "create", name, "--role", role)
    shell.do("token", "create", "eve")

    lines = shell.do("token", "list").splitlines()

    when = r"\d{4}-\d\d-\d\d \d\d:\d\d UTC"
    told = ["1  ana  editor", "2  ben  standards", "3  the desk  admin", "4  eve  contributor"]
    assert all(re.fullmatch(f"{each}  {when}  in force", line) for each, line in zip(told, lines, strict=True))


def test_a_token_is_revoked_by_its_number_once(shell: Shell) -> None:
    token = shell.do("token", "create", "ana", "--role", "admin").strip()

    assert shell.do("token", "revoke", "1") == "Token 1 is revoked.\n"
    assert "there is no token 1 in force" in shell.refused("token", "revoke", "1")
    assert "there is no token 7 in force" in shell.refused("token", "revoke", "7")

    assert "revoked" in shell.do("token", "list")
    with opened(shell.url) as database:
        newsroom = Newsroom(database)
        newsroom.publish(opening())
        problem(borne(newsroom, token).append(sent(newsroom)), 401, "unauthenticated")


@pytest.mark.parametrize(
    "words", ["create", "create a --role king", "revoke", "revoke 0", "revoke x", "revoke 2147483648"]
)
def test_what_was_typed_wrongly_is_a_usage_error(desk_shell: Shell, words: str) -> None:
    assert "Usage: " in desk_shell.refused("token", *words.split(), code=2)


def test_a_name_that_no_actor_can_have_is_refused(shell: Shell) -> None:
    for name in ("", " ", "a" * 501, "\udcff"):
        assert shell.refused("token", "create", name).startswith("Error: ")
    assert shell.type("token", "list") == Told("", NO_TOKEN, 0)


def test_no_name_can_steer_the_terminal(desk_shell: Shell) -> None:
    desk_shell.do("token", "create", "\x1b[31mana")

    assert "\N{REPLACEMENT CHARACTER}[31mana" in desk_shell.do("token", "list")
