"""The trail and the log: who did what, when and from which report, for those who may know it."""

import re
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from lxml import html as lxml_html
from sqlalchemy import event as hook
from werkzeug.test import TestResponse

from desk_pages import Visitor, signed_in, stranger
from newsroom import (
    EVENING,
    STORY,
    Newsroom,
    award,
    correction,
    evening,
    event,
    mark,
    opening,
    reinstatement,
    report,
    retraction,
    takedown,
)
from timeline.store.people import Role, create_person
from timeline.web.desk.trail import PAGE

OTHER = "89th-academy-awards"
ATTACK = "<script>alert(1)</script>\"'&lt;é"


def told(headline: str, by: str = "Ana", source: str = "", at: str = "2025-03-03T01:00:00Z") -> Any:
    more = {"source": {"name": source, "url": "https://source.example/1"}} if source else {}
    return event("update.reported", {"headline": headline}, at, actor=by, **more)


def older_than(page: TestResponse) -> dict[str, str]:
    """Return what the link to older events asks for; nothing where there is no such link."""
    found = lxml_html.fromstring(page.text).xpath("//a[@rel='next']/@href")
    return dict(parse_qsl(urlsplit(found[0]).query)) if found else {}


@pytest.fixture
def night(newsroom: Newsroom) -> Newsroom:
    """Two stories: Ana reports for both, Ben corrects in one."""
    other = Newsroom(newsroom.database, newsroom.clock, OTHER)
    other.publish(opening(title="89th Academy Awards"), told("The envelope", source="Reuters"))
    newsroom.clock.now = evening("02:00")
    bal = told("The Bal opens", source="The Associated Press")
    fixed = correction(bal, "It is a ball.", "clarification", data={"headline": "The Ball opens"})
    newsroom.publish(bal, event("fact.corrected", fixed.data, actor="Ben"))
    return newsroom


def lines(answer: TestResponse) -> list[str]:
    """Return the sentences of a page, as they are read."""
    assert answer.status_code == 200, answer.text
    found = lxml_html.fromstring(answer.text).xpath("//p[@class='deed']")
    return [" ".join(each.text_content().split()) for each in found]


def test_a_reader_of_the_trail_sees_who_did_what_when_and_from_which_report(night: Newsroom) -> None:
    page = signed_in(night).get("/trail")

    assert lines(page) == [
        "Ben corrected The Ball opens Clarification",
        "Ana reported an update: The Bal opens",
        "Ana reported an update: The envelope",
        "desk opened the story as “89th Academy Awards”",
        "desk opened the story as “97th Academy Awards”",
    ]
    assert "It is a ball." in page.text
    assert '<a href="https://source.example/1" rel="nofollow noopener">The Associated Press</a>' in page.text
    assert "Sunday 2 March 2025" in page.text
    assert "18:00 PST" in page.text
    assert f'href="/desk/stories/{STORY}/record?after=0#v3"' in page.text
    assert re.search(rf'href="/desk/stories/{STORY}/facts/[0-9a-f-]{{36}}">The Ball opens', page.text)


def test_every_type_of_event_has_its_words(newsroom: Newsroom) -> None:
    ball, speech = told("The ball"), event("speech.given", {"speaker": "A", "quote": "B", "headline": "C"}, EVENING)
    prize = event("prize.won", {"prize": "P", "film": "F", "headline": "F wins P"}, EVENING)
    newsroom.publish(event("coverage.started", {}), ball, speech, prize, award("Best Picture", "Anora"))
    newsroom.publish(*(mark(ball, as_) for as_ in ("pinned", "unpinned", "marked_key", "unmarked_key")))
    newsroom.publish(
        retraction(ball), reinstatement(ball), correction(ball, "", "minor", data={"headline": "The Ball"})
    )
    newsroom.publish(event("coverage.ended", {}), event("story.described", {"summary": "All of it."}))

    assert lines(signed_in(newsroom).get(f"/stories/{STORY}/record"))[1:] == [
        "desk started live coverage",
        "Ana reported an update: The ball",
        "desk reported a speech: C",
        "desk reported a prize: F wins P",
        "desk announced an award: Anora wins Best Picture",
        "desk pinned The ball",
        "desk unpinned The ball",
        "desk marked The ball as a key moment",
        "desk marked The ball as no key moment any more",
        "desk retracted The ball",
        "desk reinstated The ball",
        "desk corrected The Ball Minor edit",
        "desk ended live coverage",
        "desk described the story anew",
    ]


def test_a_page_asks_the_database_as_often_however_long_the_records_are(night: Newsroom) -> None:
    ana, asked = signed_in(night), []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        asked.append(statement)

    hook.listen(night.database.engine, "before_cursor_execute", note)
    ana.get("/trail")
    few = len(asked)
    hook.remove(night.database.engine, "before_cursor_execute", note)
    night.publish(*(told(f"Report {number}") for number in range(400)))
    hook.listen(night.database.engine, "before_cursor_execute", note)
    ana.get("/trail")

    assert len(asked) == 2 * few


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"person": "Ben"}, 1),
        ({"person": "Ben", "what": "reports"}, 0),
        ({"story": OTHER}, 2),
        ({"story": OTHER, "what": "story"}, 1),
        ({"what": "reports"}, 2),
        ({"what": "changes"}, 1),
        ({"what": "marks"}, 0),
        ({"what": "story.opened"}, 2),
        ({"what": "goal.scored"}, 0),
        ({"source": "associated"}, 1),
        ({"source": "reuters", "person": "Ana", "story": OTHER, "what": "update.reported"}, 1),
        ({"source": "reuters", "story": STORY}, 0),
        ({"from": "2025-03-03T02:00"}, 2),
        ({"from": "2025-03-03T02:00", "until": "2025-03-03T02:00:00"}, 2),
        ({"until": "2025-03-03T01:00:00"}, 3),
        ({"story": STORY, "from": "2025-03-02T18:00"}, 2),
        ({"story": STORY, "until": "2025-03-03T02:00"}, 3),
        ({"from": "2025-03-03T02:00:00+00:00", "until": ""}, 2),
        ({"person": "", "story": "", "what": "", "from": "", "until": "", "source": ""}, 5),
    ],
)
def test_filters_leave_only_what_they_name_and_stand_in_the_form_again(
    night: Newsroom, asked: dict[str, str], found: int
) -> None:
    page = signed_in(night, "Zoe", Role.CONTRIBUTOR).get("/trail", **asked)

    assert len(lines(page)) == found
    for name in {"person", "source"} & {name for name, value in asked.items() if value}:
        assert f'name="{name}" value="{asked[name]}"' in page.text
    for value in {asked.get("story"), asked.get("what")} - {None, ""}:
        assert f'<option value="{value}" selected' in page.text


def test_the_zone_of_the_moments_is_said_beside_them(night: Newsroom) -> None:
    ana = signed_in(night)

    assert "in UTC; with a story, in its local time" in ana.get("/trail").text
    page = ana.get("/trail", story=STORY, **{"from": "2025-03-03T02:00:00Z"}).text
    assert "as local time in Los Angeles" in page
    assert 'name="from" value="2025-03-02T18:00:00"' in page


def test_a_page_keeps_its_place_and_its_filters_while_events_come_in(night: Newsroom) -> None:
    ana = signed_in(night)
    night.publish(*(told(f"Report {number}", "Ana") for number in range(PAGE + 10)))
    first = ana.get("/trail", person="Ana", story=STORY)
    older = older_than(first)
    before = lines(ana.get("/trail", **older))

    night.publish(*(told(f"Later {number}", "Ana") for number in range(5)))

    assert len(lines(first)) == PAGE
    assert lines(ana.get("/trail", **older)) == before
    assert before[0] == "Ana reported an update: Report 9"
    assert before[-1] == "Ana reported an update: The Bal opens"
    assert older_than(ana.get("/trail", **older)) == {}
    assert "Back to the latest" in ana.get("/trail", **older).text


def test_somebody_with_a_role_in_one_story_sees_that_one_alone(night: Newsroom) -> None:
    ben = signed_in(night, "Ben", Role.CONTRIBUTOR, STORY)

    assert not any("89th" in line or "envelope" in line for line in lines(ben.get("/trail")))
    assert "89th" not in ben.get("/trail").text
    for slug in (OTHER, "no-such-story", ATTACK):
        assert ben.get("/trail", story=slug).status_code == 403
        assert ben.get(f"/stories/{quote(slug, safe='')}/record").status_code in (403, 404)
    assert ben.get(f"/stories/{OTHER}/record").status_code == 403
    assert ben.get(f"/stories/{STORY}/record").status_code == 200
    cursor = "2025-03-03T02:00:00.000000Z~2~9"
    assert not any("envelope" in line for line in lines(ben.get("/trail", before=cursor)))


def test_somebody_with_no_role_finds_an_empty_trail(night: Newsroom) -> None:
    zoe = signed_in(night, "Zoe", Role.ADMIN, "a-story-to-come")

    assert "There is no story in which you have a role yet" in zoe.get("/trail").text


def test_whoever_works_on_all_stories_is_told_that_there_is_no_such_story(night: Newsroom) -> None:
    ana = signed_in(night)

    assert ana.get("/trail", story="no-such-story").status_code == 404
    assert ana.get("/stories/no-such-story/record").status_code == 404


def test_strangers_are_asked_to_sign_in(night: Newsroom) -> None:
    for path in ("/trail", f"/stories/{STORY}/record"):
        assert stranger(night).get(path).location.startswith("/desk/login?next=")


def test_only_an_admin_of_all_stories_reads_who_was_let_in(night: Newsroom) -> None:
    create_person(night.database, "Cem", STORY, Role.EDITOR, by="Ana", now=night.clock())
    admin = signed_in(night, "Ada", Role.ADMIN)

    assert lines(admin.get("/trail", what="people"))[-1] == f"Ana: Cem is let in as editor in {STORY}"
    assert len(lines(admin.get("/trail", what="people", story=STORY, person="Ana"))) == 1
    assert lines(admin.get("/trail", what="people", source="Reuters")) == []
    assert 'value="people"' in admin.get("/trail").text
    for other in (signed_in(night, "Eva", Role.STANDARDS), signed_in(night, "Bo", Role.ADMIN, STORY)):
        assert other.get("/trail", what="people").status_code == 403
        assert 'value="people"' not in other.get("/trail").text


def test_who_was_let_in_is_read_in_pages_too(night: Newsroom) -> None:
    for number in range(PAGE + 1):
        create_person(night.database, f"Person {number}", STORY, Role.EDITOR, by="Ana", now=night.clock())
    admin = signed_in(night, "Ada", Role.ADMIN)

    older = older_than(admin.get("/trail", what="people"))

    assert lines(admin.get("/trail", **older))[-1].startswith("Ana: Person 0 ")


@pytest.mark.parametrize(
    "asked",
    [
        {"from": "yesterday"},
        {"until": "2025-02-30T10:00"},
        {"from": "2025-03-09T02:30", "story": STORY},
        {"from": "0001-01-01T00:00:00+14:00"},
        {"from": ATTACK},
        {"what": "bogus"},
        {"before": "42"},
        {"before": "2025-03-03T02:00:00Z~1~9999999999"},
        {"before": "2025-03-03T02:00:00~1~2"},
        {"before": ATTACK},
        {"person": "a\0b"},
        {"source": "\0"},
        {"what": "a.\0"},
        {"source": "x" * 501},
        {"what": "people", "before": "2025-03-03T02:00:00.000000Z~1~1"},
    ],
)
def test_what_cannot_be_read_is_told_on_a_page_and_asked_of_no_database(
    night: Newsroom, asked: dict[str, str]
) -> None:
    answer = signed_in(night, "Ada", Role.ADMIN).get("/trail", **asked)

    assert answer.status_code == 400
    assert "<script>alert" not in answer.text
    assert "“" in answer.text


def test_hostile_text_in_any_field_is_text(newsroom: Newsroom) -> None:
    source = {"name": ATTACK, "url": "https://a.example/?q=%22%3E"}
    bad = event(
        "update.reported", {"headline": ATTACK, "body": ATTACK}, "2025-03-03T01:00:00Z", actor=ATTACK, source=source
    )
    gone = report("Gone")
    newsroom.publish(
        *(bad, correction(bad, ATTACK, data={"body": ATTACK * 2}), retraction(bad, ATTACK)),
        *(gone, takedown(gone, ATTACK, ATTACK), event("story.described", {"title": ATTACK})),
    )
    ada = signed_in(newsroom, "Ada", Role.ADMIN)

    for page in (
        ada.get("/trail"),
        ada.get("/trail", person=ATTACK, source=ATTACK),
        ada.get("/trail", what=f"a.{ATTACK}"),
        ada.get("/trail", story=ATTACK),
        ada.get(f"/stories/{STORY}/record"),
    ):
        assert "<script>alert" not in page.text
        assert "%22%3E" in page.text or "q=" not in page.text
    assert lines(ada.get("/trail", person=ATTACK, source=ATTACK)) == [f"{ATTACK} reported an update: {ATTACK}"]


@pytest.fixture
def gone(night: Newsroom) -> Newsroom:
    """A story with an entry that was reported, corrected, retracted, marked and at last taken down."""
    libel = told("A secret name", source="A secret source")
    night.publish(
        *(libel, correction(libel, "A secret note.", data={"headline": "Another secret"})),
        *(retraction(libel, "A secret reason."), mark(libel, "marked_key")),
        takedown(libel, "The court ordered it.", "court order"),
    )
    return night


def test_taken_down_text_stands_nowhere_only_the_stub_does(gone: Newsroom) -> None:
    ana = signed_in(gone)

    for path in ("/trail", f"/stories/{STORY}/record", f"/stories/{STORY}/record?before=99&"):
        assert "secret" not in ana.get(path).text
    assert lines(ana.get("/trail"))[:5] == [
        "desk took down an entry",
        "desk marked an entry that was taken down as a key moment",
        "desk retracted an entry that was taken down",
        "desk corrected an entry that was taken down",
        "Ana reported an entry that was taken down",
    ]
    assert "The court ordered it." in ana.get("/trail").text
    assert "Basis: court order" in ana.get("/trail").text
    assert lines(ana.get("/trail", source="secret")) == []


def test_the_log_tells_a_record_version_by_version_with_every_event_as_it_is(night: Newsroom) -> None:
    page = signed_in(night).get(f"/stories/{STORY}/record")

    assert lines(page) == [
        "desk opened the story as “97th Academy Awards”",
        "Ana reported an update: The Bal opens",
        "Ben corrected The Ball opens Clarification",
    ]
    raw = lxml_html.fromstring(page.text).xpath("//li[@id='v2']//pre")[0].text_content()
    recorded = night.record()[1]
    assert '"headline": "The Bal opens"' in raw
    assert f'"commitment": "{recorded.commitment.hex()}"' in raw
    assert recorded.salt
    assert recorded.salt.hex() not in page.text
    assert re.search(r'"leaf": "[0-9a-f]{64}"', raw)
    assert "18:00:00 PST on 2 March 2025" in page.text
    assert f'href="/api/stories/{STORY}/record"' in page.text


def test_the_log_says_how_precisely_the_time_of_an_event_is_known(newsroom: Newsroom) -> None:
    newsroom.publish(
        event("update.reported", {"headline": "One"}, "2025-03-03T01:00:00Z", precision="minute"),
        event("update.reported", {"headline": "Two"}, "2025-02-03T12:00:00Z", precision="month"),
    )

    page = signed_in(newsroom).get(f"/stories/{STORY}/record").text

    assert "17:00 PST</time> on " in page
    assert ", to the minute" in page
    assert "February 2025</time>, to the month" in page


def test_the_log_goes_on_page_by_page_in_both_directions(night: Newsroom) -> None:
    night.publish(*(told(f"Report {number}") for number in range(247)))
    ana = signed_in(night)

    assert _versions(ana) == [*range(1, 101)]
    assert _versions(ana, after=100) == [*range(101, 201)]
    assert _versions(ana, after=200) == [*range(201, 251)]
    assert _versions(ana, before=251) == [*range(250, 150, -1)]
    assert _versions(ana, before=151) == [*range(150, 50, -1)]
    assert _versions(ana, before=51) == [*range(50, 0, -1)]
    assert _versions(ana, before=999_999_999) == [*range(250, 150, -1)]
    assert _versions(ana, after=999_999_999) == _versions(ana, before=0) == []
    middle = ana.get(f"/stories/{STORY}/record", after=100).text
    assert 'rel="prev" href="/desk/stories/97th-academy-awards/record?after=0"' in middle
    assert 'rel="next" href="/desk/stories/97th-academy-awards/record?after=200"' in middle
    middle = ana.get(f"/stories/{STORY}/record", before=151).text
    assert 'rel="prev" href="/desk/stories/97th-academy-awards/record?before=251"' in middle
    assert 'rel="next" href="/desk/stories/97th-academy-awards/record?before=51"' in middle


@pytest.mark.parametrize(
    "asked", [{"after": "x"}, {"before": "-1"}, {"after": "9999999999"}, {"after": 1, "before": 3}]
)
def test_a_place_in_the_log_that_is_none_is_refused(night: Newsroom, asked: dict[str, Any]) -> None:
    assert signed_in(night).get(f"/stories/{STORY}/record", **asked).status_code == 400


def _versions(visitor: Visitor, **asked: int) -> list[int]:
    page = visitor.get(f"/stories/{STORY}/record", **asked)
    return [int(version) for version in re.findall(r'id="v(\d+)"', page.text)]
