"""A takedown: the text is gone from everywhere at once, whatever the vantage; the stub, the times and hashes stay."""

import pytest
from sqlalchemy import inspect, text

from newsroom import (
    EVENING,
    Newsroom,
    correction,
    evening,
    event,
    reinstatement,
    report,
    retraction,
    takedown,
)
from timeline.story_files import export_lines

NAME = "Rumpelstiltskin"
"""What must be gone."""


@pytest.fixture
def erased(newsroom: Newsroom) -> Newsroom:
    """A story in which a name was published, corrected, withdrawn, reinstated, moved, and taken down."""
    told = event(
        "update.reported",
        {"headline": f"{NAME} is seen", "body": f"It was {NAME}. " * 2000},
        EVENING,
        source={"name": "A neighbour"},
    )
    newsroom.publish(report("Before"), told)
    newsroom.publish(correction(told, f"It is {NAME}, not Rumpel.", data={"headline": f"{NAME} was seen"}))
    newsroom.publish(retraction(told), reinstatement(told))
    newsroom.publish(correction(told, kind="minor", note="", occurred_at=evening("00:30"), precision="day"))
    newsroom.publish(report("After"))
    newsroom.publish(takedown(told, basis="safety", note="The source asked us to."))
    return newsroom


def test_the_text_is_in_no_column_of_any_table(erased: Newsroom) -> None:
    with erased.database.engine.connect() as connection:
        tables = inspect(connection).get_table_names()
        rows = [str(row) for table in tables for row in connection.execute(text(f"SELECT * FROM {table}"))]

    assert len(rows) > 8
    assert not [row for row in rows if NAME in row]


def test_the_text_is_in_no_view_from_anywhere(erased: Newsroom) -> None:
    for version in range(len(erased.record()) + 1):
        for at in (None, EVENING, evening("00:30"), evening("23:59")):
            assert NAME not in repr(erased.view(at, version))


def test_the_text_is_in_no_difference_between_two_views(erased: Newsroom) -> None:
    for version in range(len(erased.record())):
        assert NAME not in repr(erased.desk.changes(erased.story, version))


def test_the_text_is_in_no_line_of_an_export(erased: Newsroom) -> None:
    lines = list(export_lines(erased.desk, erased.story))

    assert NAME not in "".join(lines)
    assert [number for number, line in enumerate(lines, 1) if '"data":null' in line] == [3, 4, 7]


def test_the_stub_stays_with_its_own_times_and_reason(erased: Newsroom) -> None:
    (stub,) = (fact for fact in erased.view().facts if fact.data is None)

    assert stub.status == "taken_down"
    assert (stub.occurred_at, stub.content.precision) == (EVENING, "second")
    assert (stub.version, stub.source) == (3, None)
    assert (stub.history[-1].basis, stub.history[-1].note) == ("safety", "The source asked us to.")


def test_of_the_stub_s_past_only_the_bare_events_are_told(erased: Newsroom) -> None:
    (stub,) = (fact for fact in erased.view().facts if fact.data is None)

    assert [change.type for change in stub.history] == ["fact.retracted", "fact.reinstated", "fact.taken_down"]
    assert [change.note for change in stub.history[:-1]] == ["", ""]


def test_as_of_before_the_takedown_there_is_a_stub_too(erased: Newsroom) -> None:
    (stub,) = (fact for fact in erased.view(as_of=3).facts if fact.version == 3)

    assert (stub.status, stub.data, stub.history) == ("taken_down", None, ())


def test_the_stub_no_longer_moves_on_the_story_clock(erased: Newsroom) -> None:
    """It was moved to half past midnight; with its corrections erased, it is where it was first reported."""
    assert 3 not in [fact.version for fact in erased.view(at=evening("00:45")).facts]
    assert 3 in [fact.version for fact in erased.view(at=EVENING).facts]


def test_everything_else_stays(erased: Newsroom) -> None:
    assert [fact.version for fact in erased.view().facts] == [2, 3, 8]
    assert [fact.data for fact in erased.view().facts][::2] == [{"headline": "Before"}, {"headline": "After"}]
