"""What the API answers: views, facts, records and changes, in the shapes that other programs rely on."""

from itertools import chain
from typing import Any

import pytest
from sqlalchemy import update

from newsroom import (
    EVENING,
    STORY,
    award,
    correction,
    evening,
    event,
    mark,
    nomination,
    opening,
    report,
    retraction,
    takedown,
)
from timeline.domain.event import Draft
from timeline.store.tables import story as heads
from wire import Wire, problem

VIEW = {"story", "at", "as_of", "facts", "board", "next"}
FACT = {
    *("id", "type", "occurred_at", "precision", "recorded_at", "version", "status", "key", "pinned"),
    *("headline", "data", "source", "history"),
}
CHANGE = {"version", "type", "kind", "note", "basis", "recorded_at", "before", "after"}
CONTENT = {"occurred_at", "precision", "data"}
PATH = f"/stories/{STORY}"


@pytest.fixture
def night(wire: Wire) -> dict[str, Draft]:
    """Publish a night with a fact of every status; return the facts by name."""
    facts = {
        "nominated": nomination("Best Picture", "Anora", "Sean Baker", at=EVENING),
        "wrong": award("Best Picture", "Conclave", at=evening("01:05")),
        "right": award("Best Picture", "Anora", at=evening("01:06")),
        "gone": report("Libel", evening("01:07")),
    }
    wire.newsroom.clock.turn(minutes=10)
    wire.newsroom.publish(*facts.values())
    said = correction(facts["right"], data={"people": ["Sean Baker"]}, occurred_at=evening("01:04"))
    wire.newsroom.publish(
        retraction(facts["wrong"]), said, mark(facts["right"], "marked_key"), takedown(facts["gone"])
    )
    return facts


def test_a_story_whose_kind_is_no_longer_installed_is_listed_with_the_others(wire: Wire) -> None:
    with wire.newsroom.database.writing() as connection:
        connection.execute(update(heads).values(kind="eclipse"))

    assert [each["slug"] for each in wire.read("/stories")["stories"]] == [STORY]


@pytest.mark.usefixtures("night")
def test_a_view_has_the_agreed_shape_at_every_level(wire: Wire) -> None:
    view = wire.read(PATH)

    assert set(view) == VIEW
    assert set(view["story"]) == {"slug", "title", "kind", "timezone", "status", "version"}
    assert set(view["as_of"]) == {"version", "recorded_at"}
    assert all(set(fact) == FACT for fact in view["facts"])
    changes = [change for fact in view["facts"] for change in fact["history"]]
    assert {change["type"] for change in changes} == {"fact.corrected", "fact.retracted", "fact.taken_down"}
    assert all(set(change) == CHANGE for change in changes)
    contents = [change[side] for change in changes for side in ("before", "after") if change["before"]]
    assert contents
    assert all(set(content) == CONTENT for content in contents)


@pytest.mark.usefixtures("night")
def test_a_view_says_where_it_stands_and_what_the_board_adds_up_to(wire: Wire) -> None:
    view = wire.read(PATH)

    assert view["story"]["version"] == view["as_of"]["version"] == 9
    assert (view["at"], view["next"]) == (None, None)
    assert view["board"] == {
        "phase": "nominated",
        "categories": [
            {
                "name": "Best Picture",
                "nominees": [{"film": "Anora", "people": ["Sean Baker"]}],
                "winners": [{"film": "Anora", "people": ["Sean Baker"]}],
            }
        ],
        "tally": [{"film": "Anora", "nominations": 1, "wins": 1}],
        "contradictions": [],
    }


def test_a_corrected_fact_says_what_it_said_before(wire: Wire, night: dict[str, Draft]) -> None:
    fact = wire.read(f"{PATH}/facts/{night['right'].id}")

    assert fact == next(each for each in wire.read(PATH)["facts"] if each["id"] == str(night["right"].id))
    assert (fact["status"], fact["key"], fact["occurred_at"]) == ("corrected", True, "2025-03-03T01:04:00.000000Z")
    (change,) = fact["history"]
    assert (change["kind"], change["note"], change["version"]) == ("correction", "We had this wrong.", 7)
    assert change["before"]["occurred_at"] == "2025-03-03T01:06:00.000000Z"
    assert change["after"] == {name: fact[name] for name in CONTENT}


def test_as_of_an_earlier_version_a_fact_has_no_later_history(wire: Wire, night: dict[str, Draft]) -> None:
    fact = wire.read(f"{PATH}/facts/{night['right'].id}", as_of=5)

    assert (fact["status"], fact["history"], fact["key"]) == ("standing", [], False)


def test_of_a_fact_that_was_taken_down_no_text_is_left_anywhere(wire: Wire, night: dict[str, Draft]) -> None:
    paths = (PATH, f"{PATH}/facts/{night['gone'].id}", f"{PATH}/record", f"{PATH}/changes")
    answers = [wire.get(path) for path in paths] + [wire.get(PATH, as_of=5)]

    fact = wire.read(f"{PATH}/facts/{night['gone'].id}")
    assert (fact["status"], fact["data"], fact["headline"], fact["source"]) == ("taken_down", None, None, None)
    assert not any("Libel" in answer.text for answer in answers)


def test_before_its_first_event_a_story_is_empty_and_has_its_title(wire: Wire) -> None:
    view = wire.read(PATH, as_of=0)

    assert view["story"]["title"] == "97th Academy Awards"
    assert (view["as_of"], view["facts"]) == ({"version": 0, "recorded_at": None}, [])


def test_both_clocks_limit_a_view_at_once(wire: Wire, night: dict[str, Draft]) -> None:
    view = wire.read(PATH, at="2025-03-02T17:05:00-08:00", as_of=5)

    assert view["at"] == "2025-03-03T01:05:00.000000Z"
    assert [fact["id"] for fact in view["facts"]] == [str(night[name].id) for name in ("nominated", "wrong")]


@pytest.mark.parametrize("as_of", ["10", "999999999"])
def test_a_version_beyond_the_head_is_refused(wire: Wire, night: dict[str, Draft], as_of: str) -> None:
    for path in (PATH, f"{PATH}/facts/{night['right'].id}"):
        assert "version 9" in problem(wire.get(path, as_of=as_of), 404, "version-beyond-head")["detail"]


def test_what_is_not_there_is_not_found(wire: Wire) -> None:
    for path in ("/stories/none", "/stories/none/record", "/stories/none/changes", "/stories/N%00ne"):
        problem(wire.get(path), 404, "unknown-story")
    for id_ in ("00000000-0000-0000-0000-000000000000", "garbage"):
        problem(wire.get(f"{PATH}/facts/{id_}"), 404, "unknown-fact")
    problem(wire.get("/nowhere"), 404, "not-found")


@pytest.mark.usefixtures("night")
def test_the_changes_of_two_versions_are_told_fact_by_fact(wire: Wire) -> None:
    changes = wire.read(f"{PATH}/changes", **{"from": 5, "to": 6})

    assert set(changes) == {"story", "from", "to", "facts", "board"}
    assert (changes["from"]["as_of"]["version"], changes["to"]["as_of"]["version"]) == (5, 6)
    (changed,) = changes["facts"]
    assert set(changed) == {"id", "before", "after"}
    assert (changed["before"]["status"], changed["after"]["status"]) == ("standing", "retracted")
    assert [row["wins"] for row in changes["board"]["before"]["tally"]] == [1, 1]


def test_the_stories_are_listed_with_the_last_touched_first(wire: Wire) -> None:
    wire.newsroom.clock.turn(hours=1)
    wire.newsroom.desk.open("other", opening("general", "Other", language="en"), actor="desk")

    (first, second) = wire.read("/stories")["stories"]

    assert (first["slug"], first["language"], second["slug"]) == ("other", "en", STORY)
    described = {"language", "summary", "recorded_at", "imported_at"}
    assert set(first) == {"slug", "title", "kind", "timezone", "status", "version"} | described


@pytest.mark.usefixtures("night")
def test_the_pages_of_a_record_joined_are_the_record(wire: Wire) -> None:
    pages: list[Any] = []
    while not pages or pages[-1]["next"]:
        pages.append(wire.read(f"{PATH}/record", after=pages[-1]["next"] if pages else 0, limit=4))
    events = [page["events"] for page in pages]

    assert [len(page) for page in events] == [4, 4, 1]
    assert list(chain(*events)) == wire.read(f"{PATH}/record")["events"]
    assert [each["version"] for each in chain(*events)] == list(range(1, 10))
    assert wire.read(f"{PATH}/record", after=9) == {"story": STORY, "version": 9, "events": [], "next": None}


def test_an_unchanged_page_costs_a_304_until_something_is_published(wire: Wire) -> None:
    paths = (PATH, f"{PATH}/record", f"{PATH}/changes", "/stories")
    tags = {path: wire.get(path).headers["ETag"] for path in paths}

    known = [wire.get_unless(path, tags[path]) for path in paths]
    wire.newsroom.publish(event("coverage.started", {}))
    stale = [wire.get_unless(path, tags[path]) for path in paths]

    assert [(each.status_code, each.data) for each in known] == [(304, b"")] * len(paths)
    assert [each.headers["ETag"] for each in known] == list(tags.values())
    assert [each.status_code for each in stale] == [200] * len(paths)
    assert all("immutable" not in each.headers["Cache-Control"] for each in stale)
