"""Vantages: how a pair of places on the two clocks is written and read."""

import pytest

from newsroom import EVENING
from timeline.domain.errors import MalformedMoment, NaiveMoment
from timeline.domain.vantage import PRESENT, Vantage, read_vantage


@pytest.mark.parametrize(
    ("at", "as_of", "vantage"),
    [
        (None, None, PRESENT),
        ("", "", PRESENT),
        ("2025-03-02T17:00:00-08:00", None, Vantage(at=EVENING)),
        (None, "2025-03-03T01:00Z", Vantage(as_of=EVENING)),
        (None, "31", Vantage(as_of=31)),
        (None, "0", Vantage(as_of=0)),
        (None, "007", Vantage(as_of=7)),
        ("2025-03-03T01:00Z", "31", Vantage(EVENING, 31)),
    ],
)
def test_a_vantage_is_two_places_either_of_which_may_be_left_out(
    at: str | None, as_of: str | None, vantage: Vantage
) -> None:
    assert read_vantage(at, as_of) == vantage


@pytest.mark.parametrize("as_of", ["-1", "1.0", "+1", "1e3", "\u0663", "9999999999", "latest", " 1"])
def test_what_is_neither_a_version_nor_a_moment_is_refused(as_of: str) -> None:
    with pytest.raises(MalformedMoment):
        read_vantage(None, as_of)


def test_a_version_has_no_place_on_the_story_clock() -> None:
    with pytest.raises(MalformedMoment):
        read_vantage("31", None)


@pytest.mark.parametrize(("at", "as_of"), [("2025-03-03T01:00", None), (None, "2025-03-03T01:00")])
def test_a_place_without_a_zone_is_refused_by_name(at: str | None, as_of: str | None) -> None:
    with pytest.raises(NaiveMoment):
        read_vantage(at, as_of)
