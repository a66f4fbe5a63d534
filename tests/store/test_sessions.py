"""Sessions: a secret that ends by itself, by signing out or by another password; and attempts that are counted."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text

from newsroom import HandClock
from timeline.domain.errors import TooManyAttempts, WeakPassword, WrongPassword
from timeline.store import sessions
from timeline.store.database import Database
from timeline.store.passwords import hash_password
from timeline.store.people import ANY, Person, Role, create_person, disable, set_password
from timeline.store.sessions import (
    MOST,
    MOST_AS_ONE,
    SESSION_LASTS,
    WINDOW,
    begin_session,
    change_password,
    find_session,
    sign_in,
    sign_out,
    sign_out_everywhere,
)

PASSWORD = "a sentence that nobody guesses"
KEPT = hash_password(PASSWORD)
HERE = "192.0.2.7"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def ana(database: Database, clock: HandClock) -> Person:
    return create_person(database, "Ana", ANY, Role.EDITOR, by="a test", now=clock(), password=KEPT)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare passwords by what they are, where hundreds are tried and argon2 is not what is tested."""
    monkeypatch.setattr(sessions, "is_password", lambda kept, password: kept is not None and password == PASSWORD)


def refused(database: Database, clock: HandClock, times: int, name: str = "Ana", address: str = HERE) -> None:
    """Try so many times with a wrong password, as often as one is heard."""
    for _ in range(times):
        with pytest.raises(WrongPassword):
            sign_in(database, name, "a wrong one", address, clock)


def unheard(database: Database, clock: HandClock, name: str = "Ana", address: str = HERE) -> timedelta:
    """Try with the right password, be told that these were too many, and return for how long."""
    with pytest.raises(TooManyAttempts) as caught:
        sign_in(database, name, PASSWORD, address, clock)
    return caught.value.wait


def count(database: Database, table: str) -> int:
    with database.engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_who_signs_in_is_known_by_a_new_secret_each_time(database: Database, ana: Person, clock: HandClock) -> None:
    secrets = [sign_in(database, name, PASSWORD, HERE, clock) for name in ("Ana", "ana")]

    assert [find_session(database, each, clock()) for each in secrets] == [ana, ana]
    assert secrets[0] != secrets[1]
    assert all(len(each) == 43 for each in secrets), "256 bits"
    with database.engine.connect() as connection:
        assert not any(each in repr(connection.execute(text("SELECT * FROM session")).all()) for each in secrets)


@pytest.mark.parametrize("secret", ["", "x", "\0", "é", "\ud800", "*"])
def test_any_other_text_is_nobody_s_secret(database: Database, ana: Person, clock: HandClock, secret: str) -> None:
    begin_session(database, ana.id, clock())

    assert find_session(database, secret, clock()) is None


def test_a_session_ends_by_itself(database: Database, ana: Person, clock: HandClock) -> None:
    secret = begin_session(database, ana.id, clock())

    assert find_session(database, secret, clock.turn(seconds=SESSION_LASTS.total_seconds() - 1)) == ana
    assert find_session(database, secret, clock.turn(seconds=1)) is None

    clock.turn(seconds=1)
    begin_session(database, ana.id, clock())
    assert count(database, "session") == 1, "what has ended is swept away"


def test_signing_out_ends_one_session_and_everywhere_all(database: Database, ana: Person, clock: HandClock) -> None:
    here, there, elsewhere = (begin_session(database, ana.id, clock()) for _ in range(3))
    ben = create_person(database, "Ben", ANY, Role.EDITOR, by="a test", now=clock())
    his = begin_session(database, ben.id, clock())

    sign_out(database, here)
    assert [bool(find_session(database, each, clock())) for each in (here, there, elsewhere)] == [False, True, True]
    sign_out_everywhere(database, ana.id)
    assert [bool(find_session(database, each, clock())) for each in (there, elsewhere, his)] == [False, False, True]


def test_another_password_ends_every_session_but_the_one_it_begins(
    database: Database, ana: Person, clock: HandClock
) -> None:
    old = [begin_session(database, ana.id, clock()) for _ in range(2)]

    secret = change_password(database, ana, PASSWORD, "another sentence altogether", HERE, clock)

    assert [find_session(database, each, clock()) for each in (*old, secret)] == [None, None, ana]
    refused(database, clock, 1)
    assert sign_in(database, "Ana", "another sentence altogether", HERE, clock)


def test_a_password_is_changed_by_who_knows_the_present_one(
    database: Database, ana: Person, clock: HandClock
) -> None:
    for _ in range(MOST_AS_ONE):
        with pytest.raises(WrongPassword):
            change_password(database, ana, "a wrong one", "another sentence altogether", HERE, clock)
    with pytest.raises(TooManyAttempts):
        change_password(database, ana, PASSWORD, "another sentence altogether", HERE, clock)

    clock.turn(minutes=15)
    with pytest.raises(WeakPassword):
        change_password(database, ana, PASSWORD, "short", HERE, clock)
    assert sign_in(database, "Ana", PASSWORD, HERE, clock)


@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda database, id_, now: set_password(database, id_, KEPT + "x", by="a test", now=now),
        lambda database, id_, now: disable(database, id_, by="a test", now=now),
    ],
    ids=["another password", "let in no more"],
)
def test_what_changes_while_the_password_is_checked_counts(
    database: Database,
    ana: Person,
    clock: HandClock,
    monkeypatch: pytest.MonkeyPatch,
    meanwhile: Callable[..., None],
) -> None:
    def slow(kept: str | None, password: str) -> bool:
        meanwhile(database, ana.id, clock())
        return True

    monkeypatch.setattr(sessions, "is_password", slow)

    with pytest.raises(WrongPassword):
        sign_in(database, "Ana", PASSWORD, HERE, clock)
    assert count(database, "session") == 0


def test_somebody_who_was_shown_out_or_never_had_a_password_cannot_sign_in(
    database: Database, ana: Person, clock: HandClock
) -> None:
    create_person(database, "Ben", ANY, Role.EDITOR, by="a test", now=clock())
    disable(database, ana.id, by="a test", now=clock())

    for name in ("Ana", "Ben", "Nobody"):
        with pytest.raises(WrongPassword):
            sign_in(database, name, PASSWORD, HERE, clock)


@pytest.mark.usefixtures("quick")
def test_after_five_failures_one_is_not_heard_for_a_quarter_of_an_hour(
    database: Database, ana: Person, clock: HandClock
) -> None:
    refused(database, clock, MOST_AS_ONE - 1)
    clock.turn(minutes=5)
    refused(database, clock, 1)

    assert unheard(database, clock) == WINDOW - timedelta(minutes=5)
    clock.turn(minutes=9, seconds=59)
    assert unheard(database, clock) == timedelta(seconds=1), "not being heard does not make it longer"
    clock.turn(seconds=1)
    assert sign_in(database, "Ana", PASSWORD, HERE, clock)


@pytest.mark.usefixtures("quick")
def test_whoever_is_not_heard_at_one_address_is_heard_at_another(
    database: Database, ana: Person, clock: HandClock
) -> None:
    refused(database, clock, MOST_AS_ONE)

    unheard(database, clock)
    assert sign_in(database, "Ana", PASSWORD, "192.0.2.8", clock)
    unheard(database, clock)


@pytest.mark.usefixtures("quick")
def test_signing_in_clears_the_failures_of_that_name_there(database: Database, ana: Person, clock: HandClock) -> None:
    for _ in range(4):
        refused(database, clock, MOST_AS_ONE - 1)
        sign_in(database, "Ana", PASSWORD, HERE, clock)

    assert count(database, "attempt") == 0


@pytest.mark.usefixtures("quick")
def test_one_name_is_guessed_at_from_everywhere_together_fifty_times(
    database: Database, ana: Person, clock: HandClock
) -> None:
    for number in range(MOST):
        refused(database, clock, 1, address=f"198.51.100.{number}")

    unheard(database, clock, address="203.0.113.1")
    clock.turn(minutes=15)
    assert sign_in(database, "Ana", PASSWORD, "203.0.113.1", clock)


@pytest.mark.usefixtures("quick")
def test_from_one_address_fifty_names_are_tried(database: Database, ana: Person, clock: HandClock) -> None:
    for number in range(MOST):
        refused(database, clock, 1, name=f"Name {number}")

    unheard(database, clock)
    assert sign_in(database, "Ana", PASSWORD, "203.0.113.1", clock)


@pytest.mark.usefixtures("quick")
def test_an_address_of_version_6_is_counted_with_all_that_its_owner_has(
    database: Database, ana: Person, clock: HandClock
) -> None:
    for number in range(MOST_AS_ONE):
        refused(database, clock, 1, address=f"2001:db8:1:2::{number}")

    unheard(database, clock, address="2001:db8:1:2:ffff::1")
    assert sign_in(database, "Ana", PASSWORD, "2001:db8:1:3::1", clock)
    refused(database, clock, MOST_AS_ONE, address="::ffff:192.0.2.9")
    unheard(database, clock, address="192.0.2.9")


@pytest.mark.usefixtures("quick")
def test_a_name_is_counted_however_it_is_written_or_how_long_it_is(
    database: Database, ana: Person, clock: HandClock
) -> None:
    for name in ("ana", "ANA", " Ana", "\uff21na", "\u0410na"):
        refused(database, clock, 1, name=name)
    unheard(database, clock)

    refused(database, clock, MOST_AS_ONE, name="x" * 5_000)
    unheard(database, clock, name="x" * 6_000)


@pytest.mark.usefixtures("quick")
def test_many_attempts_at_once_are_no_way_around_the_count(database: Database, ana: Person, clock: HandClock) -> None:
    def attempt(_: int) -> type[Exception]:
        try:
            sign_in(database, "Ana", "a wrong one", HERE, clock)
        except (WrongPassword, TooManyAttempts) as refusal:
            return type(refusal)
        raise AssertionError("somebody got in with a wrong password")

    with ThreadPoolExecutor(12) as pool:
        told = list(pool.map(attempt, range(36)))

    assert told.count(WrongPassword) == MOST_AS_ONE
    assert count(database, "attempt") == MOST_AS_ONE


@pytest.mark.usefixtures("quick")
def test_failures_are_not_kept_longer_than_they_count(database: Database, ana: Person, clock: HandClock) -> None:
    for number in range(100):
        refused(database, clock, 1, name=f"Name {number}", address=f"198.51.100.{number}")
        clock.turn(minutes=1)

    assert count(database, "attempt") <= 15
