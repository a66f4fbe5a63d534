"""Passwords: kept as argon2id at the level of RFC 9106, weak ones refused, and each check costs a hash."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from argon2 import PasswordHasher

from newsroom import HandClock
from timeline.domain.errors import WeakPassword, WrongPassword
from timeline.store import passwords
from timeline.store.database import Database
from timeline.store.passwords import LONGEST, SHORTEST, hash_password, is_password
from timeline.store.people import ANY, Role, create_person, disable
from timeline.store.sessions import sign_in

PASSWORD = "a sentence that nobody guesses"


class CountingHasher:
    """argon2, which tells how often it was asked, and by how many at once."""

    def __init__(self) -> None:
        self.hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        self.verified = 0
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()

    def hash(self, password: bytes) -> str:
        return self.hasher.hash(password)

    def verify(self, kept: str, password: bytes) -> bool:
        with self._lock:
            self.verified += 1
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        threading.Event().wait(0.02)
        with self._lock:
            self._at_once -= 1
        return self.hasher.verify(kept, password)


@pytest.fixture(autouse=True)
def hashed_in_no_time() -> None:
    """Hash as in a newsroom: that is what is tested here."""


@pytest.fixture
def hasher(monkeypatch: pytest.MonkeyPatch) -> CountingHasher:
    counting = CountingHasher()
    monkeypatch.setattr(passwords, "_HASHER", counting)
    passwords._nobodys.cache_clear()
    return counting


def test_what_is_kept_is_argon2id_with_64_mib_and_three_passes() -> None:
    kept = hash_password(PASSWORD)

    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert PASSWORD not in kept
    assert hash_password(PASSWORD) != kept, "each has a salt of its own"


def test_only_the_password_itself_is_right() -> None:
    kept = hash_password(PASSWORD)

    assert is_password(kept, PASSWORD)
    assert not any(is_password(kept, each) for each in ("", PASSWORD[:-1], PASSWORD + " ", PASSWORD.upper(), "\0"))
    assert not is_password(None, PASSWORD)
    assert not is_password("no hash at all", PASSWORD)


def test_a_password_is_the_same_on_every_keyboard() -> None:
    assert is_password(hash_password("cafe\u0301 au lait, s'il vous"), "caf\u00e9 au lait, s'il vous")


@pytest.mark.parametrize(
    "weak", ["", "short", "x" * (SHORTEST - 1), "a" * 30, "ab" * 20, "abc" * 10, "x y" * LONGEST]
)
def test_a_weak_password_is_refused(weak: str) -> None:
    with pytest.raises(WeakPassword, match="12 to 500 characters"):
        hash_password(weak)


@pytest.mark.parametrize(
    "fit", ["abcdefghijkl", "пароль, которого нет", "🙂🙃😀😃" * 3, "a\ud800bcdefghijklm", "a b c " * 80]
)
def test_whatever_is_long_enough_can_be_a_password(fit: str) -> None:
    assert is_password(hash_password(fit), fit)


def test_an_unknown_name_costs_as_much_as_a_known_one(database: Database, hasher: CountingHasher) -> None:
    clock = HandClock()
    kept = hash_password(PASSWORD)
    create_person(database, "Ana", ANY, Role.EDITOR, by="a test", now=clock(), password=kept)
    gone = create_person(database, "Ben", ANY, Role.EDITOR, by="a test", now=clock(), password=kept)
    create_person(database, "Cem", ANY, Role.EDITOR, by="a test", now=clock())
    disable(database, gone.id, by="a test", now=clock())

    for number, (name, password) in enumerate(
        [("Ana", "wrong"), ("Nobody", "wrong"), ("Ben", PASSWORD), ("Cem", ""), ("", ""), ("x" * 9_999, PASSWORD)]
    ):
        with pytest.raises(WrongPassword) as caught:
            sign_in(database, name, password, "192.0.2.7", clock)
        assert str(caught.value) == "the name or the password is wrong"
        assert hasher.verified == number + 1


def test_no_more_are_checked_at_once_than_there_are_processors(
    hasher: CountingHasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_TURN", threading.BoundedSemaphore(2))
    kept = hash_password(PASSWORD)

    with ThreadPoolExecutor(16) as pool:
        told: list[Any] = list(pool.map(lambda _: is_password(kept, PASSWORD), range(32)))

    assert all(told)
    assert hasher.most_at_once == 2


def test_a_turn_is_given_back_when_the_check_fails(hasher: CountingHasher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_TURN", threading.BoundedSemaphore(1))

    assert not is_password("no hash at all", PASSWORD)
    assert not is_password(None, PASSWORD)
    assert is_password(hash_password(PASSWORD), PASSWORD)
