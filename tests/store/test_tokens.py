"""Tokens: their secrets are shown once and never kept, and one that was revoked is worth nothing."""

from collections.abc import Callable
from hashlib import sha256

import pytest
from sqlalchemy import text

from newsroom import EVENING
from timeline.store.database import Database
from timeline.store.people import Role
from timeline.store.tokens import create_token, find_token, revoke_token, tokens


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
