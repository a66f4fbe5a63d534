"""JSON-LD: the story's page as a LiveBlogPosting."""

from typing import Final

import pytest
from flask.testing import FlaskClient

from documents import ADDRESS, MOMENT, NIGHTS, expect_valid, linked_data, lists, objects
from newsroom import STORY, Newsroom, correction, event, opening, report, retraction, takedown

TEXT: Final = {"type": "string", "minLength": 1}
COMMENT: Final = objects(
    "@type name text datePublished",
    {"@type": {"const": "CorrectionComment"}, "name": TEXT, "text": TEXT, "datePublished": MOMENT},
)
UPDATE: Final = objects(
    "@type headline url datePublished dateModified contentReferenceTime",
    {
        "@type": {"const": "BlogPosting"},
        "headline": TEXT,
        "articleBody": TEXT,
        "url": ADDRESS,
        "datePublished": MOMENT,
        "dateModified": MOMENT,
        "contentReferenceTime": MOMENT,
        "correction": lists(COMMENT),
    },
)
POSTING: Final = objects(
    "@context @type headline url version datePublished dateModified coverageStartTime publisher",
    {
        "@context": {"const": "https://schema.org"},
        "@type": {"const": "LiveBlogPosting"},
        "headline": TEXT,
        "description": TEXT,
        "inLanguage": TEXT,
        "url": ADDRESS,
        "version": TEXT,
        "datePublished": MOMENT,
        "dateModified": MOMENT,
        "coverageStartTime": MOMENT,
        "coverageEndTime": MOMENT,
        "publisher": objects("@type name", {"@type": {"const": "Organization"}, "name": TEXT, "url": ADDRESS}),
        "liveBlogUpdate": lists(UPDATE),
    },
)


@pytest.mark.parametrize("slug", NIGHTS)
@pytest.mark.parametrize("query", ["", "?as_of=1", "?as_of=60", "?at=2016-01-01T00:00:00Z"])
def test_a_page_is_a_live_blog_posting_to_search_engines(reader: FlaskClient, slug: str, query: str) -> None:
    expect_valid(linked_data(reader, f"/stories/{slug}{query}"), POSTING)


def test_a_correction_is_a_comment_with_its_note_and_its_time(room: Newsroom, visitor: FlaskClient) -> None:
    wrong = report("Anora wins four", body="It *wins* four awards.\n\nFour.")
    room.publish(opening(), wrong)
    room.clock.turn(minutes=5)
    room.publish(correction(wrong, "It is five.", data={"headline": "Anora wins five"}))
    room.publish(correction(wrong, kind="minor", data={"body": "It wins *five* awards.\n\n- Five."}))

    (update,) = linked_data(visitor, f"/stories/{STORY}")["liveBlogUpdate"]

    assert update["headline"] == "Anora wins five"
    assert update["articleBody"] == "It wins five awards.\n\nFive."
    assert update["correction"] == [
        {
            "@type": "CorrectionComment",
            "name": "Correction",
            "text": "It is five.",
            "datePublished": "2025-03-03T01:05:00Z",
        }
    ]
    assert update["dateModified"] == "2025-03-03T01:05:00.000001Z"


def test_of_the_withdrawn_a_stub_stays_that_says_why(room: Newsroom, visitor: FlaskClient) -> None:
    wrong, harmful = report("La La Land wins", body="Its seventh."), report("A name", body="The name.")
    room.publish(opening(), wrong, harmful, retraction(wrong, "Moonlight has won."), takedown(harmful))

    taken, struck = linked_data(visitor, f"/stories/{STORY}")["liveBlogUpdate"]

    assert struck["headline"] == "Retracted: La La Land wins"
    assert "articleBody" not in struck
    assert [comment["text"] for comment in struck["correction"]] == ["Moonlight has won."]
    assert taken["headline"] == "This entry was taken down"
    assert [comment["text"] for comment in taken["correction"]] == ["Basis: court order. A court ordered it."]


def test_what_somebody_said_is_the_body_of_its_update(room: Newsroom, visitor: FlaskClient) -> None:
    said = {"speaker": "Mikey Madison", "quote": "This is\na dream.\n\nThank you."}
    room.publish(opening(), event("speech.given", said, room.clock()))

    (update,) = linked_data(visitor, f"/stories/{STORY}")["liveBlogUpdate"]

    assert update["articleBody"] == "“This is a dream.\nThank you.”\n\nMikey Madison"


def test_coverage_that_starts_again_has_no_end(room: Newsroom, visitor: FlaskClient) -> None:
    room.publish(opening(), event("coverage.started", {}), event("coverage.ended", {}))
    ended = linked_data(visitor, f"/stories/{STORY}")
    room.publish(event("coverage.started", {}))
    again = linked_data(visitor, f"/stories/{STORY}")

    assert "coverageEndTime" in ended
    assert "coverageEndTime" not in again
    assert again["coverageStartTime"] == ended["coverageStartTime"]
