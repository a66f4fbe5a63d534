"""Tokens: their secrets are shown once and never kept, and one that was revoked is worth nothing."""

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import text

from newsroom import EVENING, STORY
from timeline.store.acts import acts
from timeline.store.database import Database
from timeline.store.people import ANY, Person, Role, create_person, disable, grant
from timeline.store.tokens import Token, create_token, find_token, revoke_token, tokens

OTHER = "another-story"


def test_a_token_is_found_by_its_text(database: Database) -> None:
    found = find_token(database, create_token(database, "Ana", Role.EDITOR, EVENING), EVENING)

    assert found is not None
    assert (found.name, found.role, found.created_at, found.revoked_at) == ("Ana", Role.EDITOR, EVENING, None)


def test_of_a_secret_only_its_hash_is_kept(database: Database) -> None:
    token = create_token(database, "Ana", Role.EDITOR, EVENING)
    _, _, secret = token.split("_", 2)
    with database.engine.connect() as connection:
        (row,) = connection.execute(text("SELECT * FROM token"))

    assert secret not in repr(row)
    assert secret.encode() not in bytes(row.hash)
    assert bytes(row.hash) == sha256(secret.encode()).digest()
    assert len(secret) >= 43, "32 random bytes are 43 characters"


def test_a_revoked_token_is_worth_nothing(database: Database) -> None:
    token = create_token(database, "Ana", Role.EDITOR, EVENING)

    assert revoke_token(database, 1, EVENING)

    assert find_token(database, token, EVENING) is None
    assert [each.revoked_at for each in tokens(database)] == [EVENING]


def test_a_token_can_be_revoked_once(database: Database) -> None:
    create_token(database, "Ana", Role.EDITOR, EVENING)

    assert [revoke_token(database, 1, EVENING), revoke_token(database, 1, EVENING)] == [True, False]
    assert not revoke_token(database, 7, EVENING)


def test_revoking_one_token_leaves_the_others_in_force(database: Database) -> None:
    create_token(database, "Ana", Role.EDITOR, EVENING)
    other = create_token(database, "Ben", Role.ADMIN, EVENING)
    revoke_token(database, 1, EVENING)

    found = find_token(database, other, EVENING)

    assert found is not None
    assert [each.name for each in tokens(database)] == ["Ana", "Ben"]


def test_two_tokens_of_one_person_have_different_secrets(database: Database) -> None:
    made = {create_token(database, "Ana", Role.EDITOR, EVENING).split("_", 2)[2] for _ in range(3)}

    assert len(made) == 3


@pytest.mark.parametrize(
    "mangle",
    [
        lambda token: token[:0],
        lambda token: token.partition("_")[0],
        lambda token: f"{token.partition('_')[0]}__",
        lambda token: token[:-1],
        lambda token: token + "x",
        lambda token: token.replace("timeline", "Timeline"),
        lambda token: token.replace("_1_", "_2_"),
        lambda token: token.replace("_1_", "_-1_"),
        lambda token: token.replace("_1_", "_\u0661_"),
        lambda token: token.replace("_1_", f"_{'9' * 40}_"),
        lambda token: token + "é",
        lambda token: token + "\0",
        lambda token: token + "\ud800",
    ],
    ids=range(13),
)
def test_any_other_text_is_no_token(database: Database, mangle: Callable[[str], str]) -> None:
    token = create_token(database, "Ana", Role.EDITOR, EVENING)

    assert find_token(database, mangle(token), EVENING) is None


def test_each_role_may_what_those_below_it_may() -> None:
    assert Role.CONTRIBUTOR < Role.EDITOR < Role.STANDARDS < Role.ADMIN


def test_a_token_for_one_story_is_none_for_another(database: Database) -> None:
    found = find(database, create_token(database, "Ana", Role.EDITOR, EVENING, story=STORY))

    assert [found.role_in(STORY), found.role_in(OTHER), found.role_in(ANY)] == [Role.EDITOR, None, None]


def test_a_token_for_all_stories_is_one_for_each(database: Database) -> None:
    found = find(database, create_token(database, "Ana", Role.EDITOR, EVENING))

    assert [found.role_in(STORY), found.role_in(ANY)] == [Role.EDITOR, Role.EDITOR]


def test_a_token_is_worth_nothing_from_the_moment_it_expires(database: Database) -> None:
    end = EVENING + timedelta(days=30)
    token = create_token(database, "Ana", Role.EDITOR, EVENING, expires_at=end)

    assert find_token(database, token, end - timedelta(microseconds=1)) is not None
    assert find_token(database, token, end) is None
    assert [each.is_in_force(end) for each in tokens(database)] == [False]


def test_a_token_is_never_more_than_its_owner_is_by_now(database: Database) -> None:
    ana = person(database, "Ana", Role.STANDARDS)
    token = create_token(database, "Ana", Role.EDITOR, EVENING, owner=ana)
    assert find(database, token).role_in(STORY) == Role.EDITOR

    grant(database, ana.id, ANY, Role.CONTRIBUTOR, by="a test", now=EVENING)
    assert find(database, token).role_in(STORY) == Role.CONTRIBUTOR
    grant(database, ana.id, ANY, None, by="a test", now=EVENING)
    assert find(database, token).role_in(STORY) is None
    grant(database, ana.id, OTHER, Role.ADMIN, by="a test", now=EVENING)
    found = find(database, token)
    assert [found.role_in(STORY), found.role_in(OTHER), found.role_in(ANY)] == [None, Role.EDITOR, None]


def test_a_token_falls_with_its_owner_and_so_does_one_of_the_command_line_in_their_name(database: Database) -> None:
    ana, ben = person(database, "Ana"), person(database, "Ben")
    hers = create_token(database, "Ana", Role.EDITOR, EVENING, owner=ana)
    his = create_token(database, "Ben", Role.EDITOR, EVENING, owner=ben)
    in_her_name = create_token(database, "Ana", Role.EDITOR, EVENING)
    desks = create_token(database, "Newswire", Role.EDITOR, EVENING)

    disable(database, ana.id, by="a test", now=EVENING)

    found = [bool(find_token(database, each, EVENING)) for each in (hers, his, in_her_name, desks)]
    assert found == [False, True, False, True]


@pytest.mark.parametrize("name", ["ána müller", "ÁNA  MÜLLER", "A\u0301na Müller"])
def test_a_token_in_somebody_s_name_falls_with_them_however_it_was_written(database: Database, name: str) -> None:
    ana = person(database, "Ána Müller")
    token = create_token(database, name, Role.EDITOR, EVENING)

    disable(database, ana.id, by="a test", now=EVENING)

    assert find_token(database, token, EVENING) is None


def test_everybody_sees_and_revokes_only_their_own(database: Database) -> None:
    ana, ben = person(database, "Ana"), person(database, "Ben")
    create_token(database, "Ana", Role.EDITOR, EVENING, owner=ana)
    create_token(database, "Ben", Role.EDITOR, EVENING, owner=ben)
    create_token(database, "Ana", Role.EDITOR, EVENING)

    assert [[each.id for each in tokens(database, owner)] for owner in (ana, ben, None)] == [[1], [2], [1, 2, 3]]
    assert not revoke_token(database, 2, EVENING, ana)
    assert not revoke_token(database, 3, EVENING, ana)
    assert revoke_token(database, 1, EVENING, ana)
    assert [each.revoked_at is None for each in tokens(database)] == [False, True, True]


def test_who_made_or_revoked_a_token_is_noted_and_never_its_secret(database: Database) -> None:
    ana = person(database, "Ana")
    made = [
        create_token(database, "Ana", Role.EDITOR, EVENING, story=STORY, owner=ana),
        create_token(database, "the wire", Role.ADMIN, EVENING),
    ]
    revoke_token(database, 1, EVENING, ana)
    revoke_token(database, 2, EVENING)

    noted = [(each.actor, each.story, each.what) for each in acts(database, 4)]
    assert noted == [
        ("the command line", None, "token 2 of the wire is revoked"),
        ("Ana", None, "token 1 of Ana is revoked"),
        ("the command line", None, "token 2 is made for the wire, admin in all stories"),
        ("Ana", STORY, f"token 1 is made for Ana, editor in {STORY}"),
    ]
    assert not any(each.split("_", 2)[2] in repr(noted) for each in made)


def person(database: Database, name: str, role: Role = Role.EDITOR) -> Person:
    return create_person(database, name, ANY, role, by="a test", now=EVENING)


def find(database: Database, text_: str) -> Token:
    found = find_token(database, text_, EVENING)
    assert found is not None
    return found
