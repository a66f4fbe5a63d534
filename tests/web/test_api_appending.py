"""The way in: what is appended over HTTP, under which condition, and what a repetition is answered."""

from typing import Any
from uuid import uuid4

import pytest

from newsroom import STORY
from wire import NAME, Wire, problem, sent

OTHER = {"slug": "other", "title": "Other", "kind": "general", "timezone": "UTC"}


def test_an_event_is_appended_and_answered_as_recorded(wire: Wire) -> None:
    body = sent(wire.newsroom, source={"name": "BBC", "url": "https://example.org/"})

    answer = wire.append(body)

    assert answer.status_code == 201
    assert answer.json is not None
    assert (answer.json["story"], answer.json["versions"]) == (STORY, [2])
    assert answer.json["events"] == wire.read(f"/stories/{STORY}/record", after=1)["events"]
    recorded = answer.json["events"][0]
    assert {name: recorded[name] for name in ("id", "type", "data", "source")} == {
        name: body[name] for name in ("id", "type", "data", "source")
    }
    assert (recorded["actor"], recorded["precision"], recorded["schema"]) == (NAME, "second", 1)


def test_several_events_are_appended_in_their_order(wire: Wire) -> None:
    bodies = [sent(wire.newsroom, f"Report {place}") for place in range(1000)]

    answer = wire.append(bodies)

    assert answer.json is not None
    assert answer.json["versions"] == list(range(2, 1002))
    assert [each["id"] for each in answer.json["events"]] == [body["id"] for body in bodies]


def test_of_several_events_all_are_appended_or_none(wire: Wire) -> None:
    before = wire.newsroom.trace()
    good = sent(wire.newsroom)

    shapes = problem(wire.append([good, {"type": 7}, good | {"data": None}]), 422, "invalid-event")
    problem(wire.append([good, sent(wire.newsroom, data={"headline": ""})]), 422, "invalid-data")
    problem(wire.append([good, sent(wire.newsroom, type="goal.scored")]), 422, "unknown-type")
    problem(wire.append([good, good]), 422, "invalid-event")

    assert {fault["path"] for fault in shapes["errors"]} == {"1.type", "1.data", "2.data"}
    assert wire.newsroom.trace() == before


@pytest.mark.parametrize("expected", ['"1"', ' "1" ', "*"])
def test_an_event_is_appended_at_the_version_that_was_expected(wire: Wire, expected: str) -> None:
    assert wire.append(sent(wire.newsroom), If_Match=expected).status_code == 201


def test_the_etag_of_a_view_is_an_expected_version(wire: Wire) -> None:
    tag = wire.get(f"/stories/{STORY}").headers["ETag"]

    first, second = (wire.append(sent(wire.newsroom), If_Match=tag) for _ in range(2))

    assert first.status_code == 201
    assert problem(second, 412, "wrong-version")["version"] == 2


def test_at_another_version_nothing_is_appended_and_the_present_one_told(wire: Wire) -> None:
    before = wire.newsroom.trace()

    for expected in ('"0"', '"2"', '"999999999"'):
        told = problem(wire.append(sent(wire.newsroom), If_Match=expected), 412, "wrong-version")
        assert told["version"] == 1
        assert f"version 1, not {expected.strip(chr(34))}" in told["detail"]

    assert wire.newsroom.trace() == before


def test_a_weak_tag_matches_no_version_not_even_the_present_one(wire: Wire) -> None:
    before = wire.newsroom.trace()

    for expected in ('W/"1"', ' W/"1-x" ', 'W/"2"', f"W/{wire.get(f'/stories/{STORY}').headers['ETag']}"):
        told = problem(wire.append(sent(wire.newsroom), If_Match=expected), 412, "wrong-version")
        assert told["version"] == 1
        assert f"version 1, not {expected.strip()}: a weak tag matches no version" in told["detail"]

    assert wire.newsroom.trace() == before


def test_an_expected_version_that_is_none_is_refused(wire: Wire) -> None:
    before = wire.newsroom.trace()

    for expected in ("1", '"one"', "", '"1", "2"', '"-1"', '"1234567890"', '"\uff11"'):
        told = problem(wire.append(sent(wire.newsroom), If_Match=expected), 400, "malformed-parameter")
        assert told["detail"].startswith("If-Match is “")

    assert wire.newsroom.trace() == before


def test_what_is_sent_again_is_answered_again_and_not_appended(wire: Wire) -> None:
    bodies = [sent(wire.newsroom), sent(wire.newsroom, "Another")]
    first = wire.append(bodies, If_Match='"1"')
    before = wire.newsroom.trace()
    wire.newsroom.clock.turn(hours=1)

    again = [wire.append(bodies), wire.append(bodies, If_Match='"1"')]

    assert [(each.status_code, each.json) for each in again] == [(201, first.json)] * 2
    assert wire.newsroom.trace() == before


def test_of_a_batch_sent_half_before_only_the_rest_is_appended(wire: Wire) -> None:
    bodies = [sent(wire.newsroom), sent(wire.newsroom, "Another")]
    wire.append(bodies[0])

    answer = wire.append(bodies)

    assert answer.json is not None
    assert answer.json["versions"] == [2, 3]


@pytest.mark.parametrize("other", [{"data": {"headline": "Other"}}, {"precision": "hour"}, {"source": {"name": "X"}}])
def test_an_id_that_is_used_cannot_name_other_content(wire: Wire, other: dict[str, Any]) -> None:
    body = sent(wire.newsroom)
    wire.append(body)
    before = wire.newsroom.trace()

    assert "version 2" in problem(wire.append(body | other), 409, "id-already-used")["detail"]
    assert wire.newsroom.trace() == before


def test_a_story_is_opened_and_lies_where_the_answer_says(wire: Wire) -> None:
    answer = wire.post("/stories", OTHER)

    assert (answer.status_code, answer.headers["Location"]) == (201, "/api/stories/other")
    assert wire.read("/stories/other")["story"] == OTHER | {"status": "open", "version": 1}


def test_a_story_is_opened_once(wire: Wire) -> None:
    named = OTHER | {"id": str(uuid4())}
    first = wire.post("/stories", named)
    before = wire.newsroom.trace()

    again = wire.post("/stories", named)
    problem(wire.post("/stories", OTHER), 409, "story-exists")

    assert (again.status_code, again.json) == (201, first.json)
    assert wire.newsroom.trace() == before


def test_a_slug_that_cannot_name_a_story_is_refused(wire: Wire) -> None:
    before = wire.newsroom.trace()

    for slug in ("", "Other", "a--b", "-a", "a_b", "ö", "a/b", "a\r\nX: y", "a" * 81, "a\n", "٣"):
        problem(wire.post("/stories", OTHER | {"slug": slug}), 422, "invalid-slug")

    assert wire.newsroom.trace() == before


def test_no_story_is_opened_under_a_bad_slug_by_its_record_either(wire: Wire) -> None:
    before = wire.newsroom.trace()
    opened = {"type": "story.opened", "data": {name: OTHER[name] for name in ("title", "kind", "timezone")}}

    for slug in ("Other", "a_b", "%0d%0aX:y", "%00"):
        problem(wire.post(f"/stories/{slug}/record", opened), 422, "invalid-slug")

    assert wire.newsroom.trace() == before


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"kind": "football"}, "unknown-kind"),
        ({"timezone": "Mars/Olympus"}, "invalid-data"),
        ({"timezone": "../../etc/passwd"}, "invalid-data"),
        ({"title": " "}, "invalid-data"),
        ({"surprise": 1}, "invalid-data"),
        ({"language": "e\n"}, "invalid-data"),
        ({"slug": 7}, "invalid-event"),
        ({"id": "7"}, "invalid-event"),
    ],
)
def test_a_story_that_cannot_be_is_refused(held: Wire, other: dict[str, Any], code: str) -> None:
    before = held.newsroom.trace()

    problem(held.post("/stories", OTHER | other), 422, code)

    assert held.newsroom.trace() == before
