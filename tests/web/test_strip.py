"""The replay strip as it is sent: its steps, its marks, and what it keeps back."""

import re
from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from newsroom import (
    EVENING,
    STORY,
    Newsroom,
    award,
    correction,
    evening,
    mark,
    nomination,
    opening,
    report,
    retraction,
    takedown,
)
from timeline.domain.vantage import Vantage
from timeline.web import strip as strip_module
from timeline.web.app import create_app
from timeline.web.marks import Mark
from timeline.web.strip import MOST, Strip, next_key, strip_of

ZONE = ZoneInfo("America/Los_Angeles")


def strip(room: Newsroom, at: str | None = None, as_of: int | None = None) -> Strip:
    with room.desk.looking(room.story, Vantage(evening(at) if at else None, as_of)) as sight:
        found = strip_of(sight, ZONE)
    assert found
    return found


def test_facts_of_one_moment_are_one_step_and_count_together(newsroom: Newsroom) -> None:
    newsroom.publish(
        *(nomination("Best Picture", f"Film {number}") for number in range(4)), report("Later", evening("01:02"))
    )

    before, nominations, later, present = strip(newsroom).steps

    assert (before.title, before.to) == ("Before the first entry", {"at": "2025-03-03T00:59:59Z", "as_of": None})
    assert (nominations.count, nominations.what, nominations.marks) == (4, "4 entries", (Mark.OTHER,))
    assert later.title == "17:02 PST on 2 March 2025 · Later"
    assert present.to == {"at": None, "as_of": None}


def test_a_step_is_marked_by_what_it_brings_and_by_what_was_amended_since(newsroom: Newsroom) -> None:
    winner, other = award("Best Picture", "Anora"), report("It rains", evening("00:30"))
    newsroom.publish(winner, other, mark(winner, "marked_key"), correction(other, data={"headline": "It pours"}))

    _, rain, prize, _ = strip(newsroom).steps

    assert rain.marks == (Mark.AMENDED, Mark.OTHER)
    assert prize.marks == (Mark.KEY, Mark.AWARD)
    assert prize.title == "17:00 PST on 2 March 2025 · Anora wins Best Picture (key moment, award)"


def test_on_the_record_clock_a_correction_is_a_step_of_its_own(newsroom: Newsroom) -> None:
    winner = award("Best Picture", "Anora")
    newsroom.publish(winner, mark(winner, "marked_key"), retraction(winner))

    found = strip(newsroom, as_of=4)

    assert [step.what for step in found.steps] == [
        "",
        "The story opens",
        "Anora wins Best Picture",
        "Marked as a key moment: Anora wins Best Picture",
        "Retracted: Anora wins Best Picture",
    ]
    assert [step.marks for step in found.steps[2:]] == [(Mark.KEY, Mark.AWARD), (Mark.OTHER,), (Mark.AMENDED,)]
    assert found.position == 4


def test_a_run_is_one_step_on_the_record_clock_but_not_two_moments(newsroom: Newsroom) -> None:
    morning = [nomination("Best Picture", f"Film {number}", at=evening("00:10")) for number in range(7)]
    newsroom.publish(*morning, report("One", evening("00:20")), report("Two", evening("00:20")))

    steps = strip(newsroom, as_of=10).steps

    assert [(step.to["as_of"], step.count) for step in steps[1:]] == [("1", 1), ("8", 7), ("9", 1), ("10", 1)]


def test_of_what_is_later_only_time_and_number_are_told(newsroom: Newsroom) -> None:
    winner = award("Best Picture", "Anora", at=evening("00:40"))
    newsroom.publish(report("The doors open", evening("00:30")), winner, mark(winner, "marked_key"))

    for found in (strip(newsroom, at="00:35"), strip(newsroom, as_of=2)):
        later = found.steps[found.position + 1 :]
        assert later
        assert {(step.is_seen, step.marks) for step in later} == {(False, ())}
        assert not [step for step in later if "Anora" in step.title or "key" in step.title]
    sent = create_app(newsroom.desk).test_client().get(f"/stories/{STORY}?at=2025-03-03T00:35:00Z").text
    assert "Anora" not in sent
    assert sent.count("<title>16:40 PST on 2 March 2025</title>") == 1


def test_the_next_key_moment_is_asked_for_and_not_told_before(newsroom: Newsroom) -> None:
    winner, last = award("Best Picture", "Anora", at=evening("00:40")), report("It ends", evening("00:50"))
    newsroom.publish(report("The doors open", evening("00:30")), winner, last, mark(winner, "marked_key"))
    client = create_app(newsroom.desk).test_client()

    sent = client.get(f"/stories/{STORY}?at=2025-03-03T00:35:00Z&seek=key")

    assert sent.headers["Location"] == f"/stories/{STORY}?at=2025-03-03T00:40:00Z"
    assert next_key(newsroom.desk, STORY, Vantage(evening("00:40"))) == {"at": None, "as_of": None}
    assert next_key(newsroom.desk, STORY, Vantage(as_of=2)) == {"at": None, "as_of": "5"}
    assert next_key(newsroom.desk, STORY, Vantage(as_of=5)) == {"at": None, "as_of": "5"}
    assert strip(newsroom).previous_key == {"at": "2025-03-03T00:40:00Z", "as_of": None}


def test_another_mode_shows_the_same_moment(newsroom: Newsroom) -> None:
    newsroom.clock.turn(minutes=10)
    newsroom.publish(report("The doors open", evening("00:30")))
    newsroom.clock.turn(minutes=10)
    newsroom.publish(report("It rains", evening("00:40")))

    assert strip(newsroom).as_published == {"at": None, "as_of": "3"}
    assert strip(newsroom, at="01:15").as_published == {"at": None, "as_of": "2"}
    assert strip(newsroom, as_of=2).known_today == {"at": "2025-03-03T01:10:00Z", "as_of": None}
    assert strip(newsroom, as_of=0).known_today == {"at": "2025-03-03T00:59:59Z", "as_of": None}


def test_on_both_clocks_steps_keep_the_place_on_the_record(newsroom: Newsroom) -> None:
    newsroom.publish(report("The doors open", evening("00:30")), report("It rains", evening("00:40")))

    found = strip(newsroom, at="00:35", as_of=2)

    assert [step.to["as_of"] for step in found.steps] == ["2", "2", "2"]
    assert found.steps[-1].title == "Then · all that was on record"


def test_of_what_was_taken_down_the_strip_says_no_word(newsroom: Newsroom) -> None:
    entry = report("A secret")
    newsroom.publish(entry, correction(entry, data={"headline": "Another secret"}), takedown(entry))

    for found in (strip(newsroom), strip(newsroom, as_of=4), strip(newsroom, as_of=2)):
        assert not [step for step in found.steps if "secret" in step.title]
    assert strip(newsroom).steps[1].what == "An entry that was taken down"


def test_a_long_story_is_merged_into_steps_that_can_be_told_apart(newsroom: Newsroom) -> None:
    start = EVENING - timedelta(days=1)
    newsroom.publish(
        *(report(f"Report {number}", start + timedelta(minutes=number)) for number in range(MOST * 2 + 1))
    )

    found = strip(newsroom)

    assert len(found.steps) - 2 <= MOST
    assert sum(step.count for step in found.steps) == MOST * 2 + 1
    assert found.steps[1].what == "3 events"
    assert found.position == len(found.steps) - 1


def test_on_the_record_clock_too_and_of_one_event_one_is_told(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strip_module, "EXACT", 4)
    monkeypatch.setattr(strip_module, "MOST", 4)
    entry = report("0")
    newsroom.publish(entry, report("1"), correction(entry, data={"headline": "Zero"}), report("2"))

    steps = strip(newsroom, as_of=5).steps[1:]

    assert [step.what for step in steps] == ["2 events", "2 events", "1 event"]
    assert [Mark.AMENDED in step.marks for step in steps] == [False, True, False]


def test_the_ruler_names_the_longest_day_and_leaves_room_between_words(newsroom: Newsroom) -> None:
    newsroom.publish(
        *(report(f"Day {day}", evening("00:30") - timedelta(days=day)) for day in range(30, 1, -1)),
        *(report(f"Hour {hour}", evening("00:30") - timedelta(minutes=hour)) for hour in range(12)),
    )

    ticks = strip(newsroom).ticks
    worded = [tick for tick in ticks if tick.room != "none"]

    assert "2 Mar" in {tick.words for tick in worded if tick.room == "any"}
    assert all(later.place - tick.place > 6 for tick, later in pairwise(worded))
    assert len(ticks) == 30


def test_a_story_without_entries_has_no_strip_but_its_clocks(newsroom: Newsroom) -> None:
    sent = create_app(newsroom.desk).test_client().get(f"/stories/{STORY}").text

    assert 'id="strip"' not in sent
    assert 'name="as_of"' in sent


def test_lanes_are_those_that_the_kind_can_need_whatever_has_happened(newsroom: Newsroom) -> None:
    newsroom.desk.append("harbour", [opening("general"), entry := report("A boat is in")], actor="desk")
    sent = create_app(newsroom.desk).test_client().get("/stories/harbour").text

    assert entry.data["headline"] in sent
    assert re.findall(r"</svg> ([\w, ]+)</li>", sent) == [
        "Key moment",
        "Correction",
        "Other entry",
        "How many at once",
    ]


def test_where_a_story_spans_years_its_longer_dates_get_more_room(newsroom: Newsroom) -> None:
    newsroom.publish(*(report(f"Year {year}", evening("00:30") - timedelta(days=365 * year)) for year in range(40)))

    for rooms in ({"any", "wide"}, {"any"}):
        worded = [tick for tick in strip(newsroom).ticks if tick.room in rooms]
        least = 19 if rooms == {"any"} else 6.5
        assert len(worded) > 1
        assert all(later.place - tick.place >= least * len(tick.words) / 6 for tick, later in pairwise(worded))
