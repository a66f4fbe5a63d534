"""Moments: what is one, and that equal moments are equal texts."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline.domain.errors import MalformedMoment, NaiveMoment
from timeline.domain.moments import format_moment, parse_local, parse_moment


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2025-03-02T19:45:00-08:00", "2025-03-03T03:45:00.000000Z"),
        ("2025-03-03T03:45Z", "2025-03-03T03:45:00.000000Z"),
        ("2025-03-03 03:45:00Z", "2025-03-03T03:45:00.000000Z"),
        ("2025-03-03t03:45:00z", "2025-03-03T03:45:00.000000Z"),
        ("2025-03-03T03:45:00.5Z", "2025-03-03T03:45:00.500000Z"),
        ("2025-03-03T03:45:00.000001+00:00", "2025-03-03T03:45:00.000001Z"),
        ("2025-03-03T03:45:00-00:00", "2025-03-03T03:45:00.000000Z"),
        ("2025-03-03T09:30:00+05:45", "2025-03-03T03:45:00.000000Z"),
        ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
        ("2025-03-03T03:45:00+23:59", "2025-03-02T03:46:00.000000Z"),
    ],
)
def test_a_moment_is_told_in_utc_to_the_microsecond(text: str, same: str) -> None:
    assert format_moment(parse_moment(text)) == same


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2025-03-03",
        "2025-03-03Z",
        "20250303T034500Z",
        "2025-W10-1T03:45:00Z",
        "2025-3-3T3:45:00Z",
        "0000-01-01T00:00:00Z",
        "99999-01-01T00:00:00Z",
        "-2025-03-03T03:45:00Z",
        "2025-02-29T00:00:00Z",
        "2025-13-01T00:00:00Z",
        "2025-03-03T24:00:00Z",
        "2025-03-03T03:60:00Z",
        "2016-12-31T23:59:60Z",
        "2025-03-03T03:45:00.1234567Z",
        "2025-03-03T03:45:00,5Z",
        "2025-03-03T03:45:00.Z",
        "2025-03-03T03:45:00+0100",
        "2025-03-03T03:45:00+24:00",
        "2025-03-03T03:45:00+01:60",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "2025-03-03T03:45:00Z\n",
        " 2025-03-03T03:45:00Z",
        "2025-03-03T03:45:00 Z",
        "\u0662\u0660\u0662\u0665-03-03T03:45:00Z",
        "2025-03-03T03:45:00Z\0",
    ],
)
def test_anything_else_is_no_moment(text: str) -> None:
    with pytest.raises(MalformedMoment) as caught:
        parse_moment(text)

    assert caught.type is MalformedMoment


@pytest.mark.parametrize("text", ["2025-03-03T03:45:00", "2025-03-03T03:45", "2025-03-03 03:45:00.123456"])
def test_a_moment_without_a_zone_is_refused_by_name(text: str) -> None:
    with pytest.raises(NaiveMoment, match="no zone"):
        parse_moment(text)


def test_a_long_text_is_not_repeated_whole() -> None:
    with pytest.raises(MalformedMoment) as caught:
        parse_moment("9" * 100_000)

    assert len(str(caught.value)) < 300


@given(st.datetimes(timezones=st.just(UTC)))
def test_every_moment_comes_back_from_its_text(moment: datetime) -> None:
    assert parse_moment(format_moment(moment)) == moment


@given(st.datetimes(timezones=st.timezones()).filter(lambda moment: 1 < moment.year < 9999))
def test_a_moment_is_written_as_iso_8601_has_it(moment: datetime) -> None:
    assert format_moment(moment) == moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


@given(st.lists(st.datetimes(timezones=st.just(UTC)), min_size=2))
def test_texts_sort_as_moments_do(moments: list[datetime]) -> None:
    assert sorted(map(format_moment, moments)) == [format_moment(moment) for moment in sorted(moments)]


def test_a_local_time_that_the_clocks_skip_is_refused_and_one_they_show_twice_is_the_first() -> None:
    zone = ZoneInfo("America/Los_Angeles")

    assert parse_local("2025-11-02T01:30", zone) == parse_moment("2025-11-02T01:30:00-07:00")
    assert parse_local("2025-03-09 03:00:00", zone) == parse_moment("2025-03-09T03:00:00-07:00")
    with pytest.raises(MalformedMoment, match="skip it"):
        parse_local("2025-03-09T02:30", zone)
