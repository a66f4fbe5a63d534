"""Prepared statements: the same rows, values and errors as SQLAlchemy's own way of executing them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from costs import counting
from newsroom import Newsroom
from timeline.store.prepared import OneOf, Prepared, execute
from timeline.store.tables import event, fact_version, story

HEADS = Prepared(select(story).where(story.c.slug == bindparam("named")))
OF_IDS = select(event).where(OneOf(event.c.id, "ids")).order_by(event.c.version)
INSERT = Prepared(insert(fact_version))
STATES = Prepared(select(fact_version).where(fact_version.c.story == bindparam("own")))
END = Prepared(
    update(fact_version).where(fact_version.c.since == bindparam("row")).values(until=bindparam("version"))
)


def test_a_row_is_what_sqlalchemy_would_have_read(newsroom: Newsroom) -> None:
    with newsroom.database.reading() as connection:
        (theirs,) = connection.execute(select(story)).all()

        ours = HEADS.first(connection, {"named": newsroom.story})

        assert ours == tuple(theirs)
        assert ours is not None
        assert (ours.slug, ours.recorded_at) == (theirs.slug, theirs.recorded_at)
        assert HEADS.scalar(connection, {"named": newsroom.story}) == theirs.id


def test_where_nothing_is_found_there_is_nothing(newsroom: Newsroom) -> None:
    with newsroom.database.reading() as connection:
        nobody = {"named": "nobody"}

        assert HEADS.all(connection, nobody) == HEADS.scalars(connection, nobody) == []
        assert HEADS.first(connection, nobody) is None
        assert HEADS.scalar(connection, nobody) is None


def test_a_list_may_be_empty_or_long_and_is_one_parameter(newsroom: Newsroom) -> None:
    own = newsroom.record()[0].id
    with newsroom.database.reading() as connection, counting(newsroom.database) as statements:
        for ids in ([], [own], [own, own], [*(uuid4() for _ in range(70_000)), own]):
            assert _ids(connection, ids) == ([own] if ids else [])

    assert len(set(statements)) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # What is written is undone each time.
@given(
    moment=st.datetimes().map(lambda each: each.replace(tzinfo=UTC)),
    type_=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    number=st.integers(-(2**31), 2**31 - 1),
)
def test_what_is_written_is_read_again(newsroom: Newsroom, moment: datetime, type_: str, number: int) -> None:
    row = (7, number, 9, 1, type_, moment, 3, moment)
    with newsroom.database.trying() as connection:
        INSERT.run(connection, dict(zip(fact_version.c.keys(), row, strict=True)))

        assert STATES.all(connection, {"own": 7}) == [row]


def test_one_statement_takes_many_values_or_none(newsroom: Newsroom) -> None:
    with newsroom.database.trying() as connection:
        INSERT.run(connection, *(_state(since) for since in range(3)))
        END.run(connection)
        END.run(connection, {"row": 1, "version": 8}, {"row": 2, "version": 9})

        assert sorted((row.since, row.until) for row in STATES.all(connection, {"own": 7})) == [
            (0, 5),
            (1, 8),
            (2, 9),
        ]


def test_a_parameter_that_is_missing_is_an_error(newsroom: Newsroom) -> None:
    with newsroom.database.reading() as connection, pytest.raises(KeyError, match="named"):
        HEADS.all(connection, {"nmaed": newsroom.story})


def test_the_driver_s_errors_are_told_as_sqlalchemy_s(newsroom: Newsroom) -> None:
    with newsroom.database.trying() as connection:
        INSERT.run(connection, _state(1))
        with pytest.raises(IntegrityError, match="INSERT INTO fact_version"), connection.begin_nested():
            INSERT.run(connection, _state(1))
        with pytest.raises((OperationalError, ProgrammingError)), connection.begin_nested():
            execute(connection, "SELECT nothing FROM nowhere")

        assert len(STATES.all(connection, {"own": 7})) == 1


def _ids(connection: Connection, ids: list[UUID]) -> list[UUID]:
    return [row.id for row in Prepared(OF_IDS).all(connection, {"ids": ids})]


def _state(since: int) -> dict[str, object]:
    moment = datetime(2025, 3, 2, tzinfo=UTC) + timedelta(minutes=since)
    values = (7, since, 5, 1, "award.announced", moment, 0, moment)
    return dict(zip(fact_version.c.keys(), values, strict=True))
