"""IPTC ninjs 3.1: a story and its entries as agencies exchange them."""

import re
from datetime import timedelta
from typing import Any, Final

import pytest
from flask.testing import FlaskClient

from documents import ADDRESS, MOMENT, NIGHTS, URN, expect_valid, lists, objects
from newsroom import EVENING, STORY, Newsroom, correction, event, opening, report, retraction, takedown
from timeline.desk import Desk
from timeline.web.machines import routes

TEXT: Final = {"type": "string", "minLength": 1}
WORDS: Final = lists(objects("value", {"role": TEXT, "contentType": {"const": "text/plain"}, "value": TEXT}))
FIELDS: Final[dict[str, Any]] = {
    "uri": URN,
    "standard": objects("name version", {"name": {"const": "ninjs"}, "version": {"const": "3.1"}, "schema": TEXT}),
    "type": {"enum": ["text", "composite"]},
    "representationType": {"enum": ["full", "partial"]},
    "version": {"type": "string", "pattern": r"^\d+$"},
    "firstCreated": MOMENT,
    "versionCreated": MOMENT,
    "pubStatus": {"enum": ["usable", "canceled"]},
    "edNote": TEXT,
    "language": TEXT,
    "headlines": WORDS,
    "descriptions": WORDS,
    "bodies": WORDS,
    "title": TEXT,
    "by": TEXT,
    "altIds": lists(objects("role value", {"role": TEXT, "value": TEXT})),
    "infoSources": lists(objects("name", {"name": TEXT, "role": TEXT, "uri": TEXT})),
    "renditions": lists(objects("name", {"name": TEXT, "href": ADDRESS, "contentType": TEXT})),
}
ASSOCIATION: Final = objects("name uri", {"name": TEXT, "rel": TEXT, **FIELDS})
NINJS: Final = objects(
    "uri standard type version firstCreated versionCreated pubStatus headlines",
    {"associations": lists(ASSOCIATION), **FIELDS},
)


def read(client: FlaskClient, address: str) -> Any:
    item = client.get(address).json
    expect_valid(item, NINJS)
    return item


@pytest.mark.parametrize("slug", NIGHTS)
def test_the_story_and_each_of_its_entries_hold_to_the_schema(archive: Desk, reader: FlaskClient, slug: str) -> None:
    story = read(reader, f"/stories/{slug}/ninjs.json")
    facts = archive.view(slug).facts

    assert [each["uri"] for each in story["associations"]] == [f"urn:uuid:{fact.id}" for fact in facts]
    for fact, outline in zip(facts, story["associations"], strict=True):
        entry = read(reader, f"/stories/{slug}/facts/{fact.id}/ninjs.json")
        for name in ("uri", "version", "versionCreated", "pubStatus", "headlines"):
            assert entry[name] == outline[name]


def test_of_a_long_story_the_newest_entries_come_and_a_note_says_where_the_others_are(
    room: Newsroom, visitor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "MOST", 3)
    told = [report(f"Report {number}", EVENING - timedelta(minutes=9 - number // 4)) for number in range(5)]
    room.publish(opening(), *told)

    newest = read(visitor, f"/stories/{STORY}/ninjs.json")
    (there,) = re.findall(r"There are earlier entries: (\S+)$", newest["edNote"])
    earlier = read(visitor, there)

    assert [each["uri"] for each in newest["associations"]] == [f"urn:uuid:{draft.id}" for draft in told[2:]]
    assert [each["uri"] for each in earlier["associations"]] == [f"urn:uuid:{draft.id}" for draft in told[:2]]
    assert "edNote" not in earlier


def test_a_correction_is_a_new_version_with_a_note_to_editors(room: Newsroom, visitor: FlaskClient) -> None:
    wrong = report("Anora wins four", body="It *wins* four.")
    room.publish(opening(), wrong)
    address = f"/stories/{STORY}/facts/{wrong.id}/ninjs.json"
    before = read(visitor, address)
    room.clock.turn(minutes=5)
    room.publish(correction(wrong, "It is five.", data={"headline": "Anora wins five"}))
    after = read(visitor, address)

    assert (before["version"], after["version"]) == ("2", "3")
    assert before["uri"] == after["uri"]
    assert "edNote" not in before
    assert after["edNote"] == "Correction, 2025-03-03T01:05:00Z, version 3: It is five."
    assert {"role": "correction", "contentType": "text/plain", "value": "It is five."} in after["descriptions"]
    assert before == read(visitor, f"{address}?as_of=2")


def test_the_withdrawn_is_canceled_and_has_no_body(room: Newsroom, visitor: FlaskClient) -> None:
    wrong, harmful = report("La La Land wins", body="Its seventh."), report("A name", body="The name.")
    room.publish(opening(), wrong, harmful, retraction(wrong), takedown(harmful))

    for draft in (wrong, harmful):
        entry = read(visitor, f"/stories/{STORY}/facts/{draft.id}/ninjs.json")
        assert entry["pubStatus"] == "canceled"
        assert "bodies" not in entry
        assert entry["edNote"]


def test_an_entry_names_its_source_and_when_it_happened(room: Newsroom, visitor: FlaskClient) -> None:
    source = {"name": "AP", "url": "https://ap.example/1"}
    told = event("update.reported", {"headline": "It begins"}, room.clock(), source=source, precision="day")
    room.publish(opening(), told)

    entry = read(visitor, f"/stories/{STORY}/facts/{told.id}/ninjs.json")

    assert entry["infoSources"] == [{"name": "AP", "role": "source", "uri": "https://ap.example/1"}]
    assert [each["value"] for each in entry["descriptions"]] == ["2025-03-03T01:00:00Z", "2 March 2025"]


def test_an_unknown_fact_is_a_problem(reader: FlaskClient) -> None:
    response = reader.get(f"/stories/{NIGHTS[0]}/facts/00000000-0000-4000-8000-000000000000/ninjs.json")

    assert (response.status_code, response.mimetype) == (404, "application/problem+json")
