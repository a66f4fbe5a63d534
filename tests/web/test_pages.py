"""The reader's pages, as the browser gets them: what they show, what they keep back, how they refuse."""

import gzip
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from threading import Event, Lock, get_ident
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy.event import listen, remove
from werkzeug.test import TestResponse

from lines import OPENING, REPORT, write
from newsroom import (
    EVENING,
    STORY,
    Newsroom,
    award,
    correction,
    evening,
    event,
    mark,
    nomination,
    opening,
    reinstatement,
    report,
    retraction,
    takedown,
)
from timeline.desk import Desk
from timeline.domain.event import Recorded
from timeline.domain.moments import format_moment
from timeline.kinds.kind import find_kind
from timeline.store.database import Database
from timeline.story_files import import_file
from timeline.web.app import create_app
from wire import Wire

NIGHT_89: Final = "/stories/89th-academy-awards"
NIGHT_97: Final = "/stories/97th-academy-awards"
AT_21_04: Final = "2017-02-27T05:04:00Z"
AT_21_08: Final = "2017-02-27T05:08:00Z"
LA_LA_LAND_WINS: Final = "015a7df3-e3e0-7f0c-a9ef-10fe9da4272c"
MADISON_WINS: Final = "01955a15-3858-744d-86d2-9dee22f66217"
ATTACK: Final = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
CONNECTIONS: Final = 15
"""So many connections to its database a process has."""

VOID: Final = {"meta", "link", "input", "br", "hr"}


class Page(HTMLParser):
    """A page read as a browser would: its tags, its text, and the text of every element that has an id."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.tags: list[tuple[str, dict[str, str]]] = []
        self._data: dict[str, list[str]] = {"": []}
        self._open: list[tuple[str, str]] = []
        self.feed(html)
        self.texts = {id_: " ".join(" ".join(data).split()) for id_, data in self._data.items()}
        self.text = self.texts[""]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        self.tags.append((tag, named))
        if tag not in VOID:
            self._open.append((tag, named.get("id", "")))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag, tag

    def handle_data(self, data: str) -> None:
        for id_ in {"", *(id_ for _, id_ in self._open)}:
            self._data.setdefault(id_, []).append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def winners(self) -> dict[str, list[str]]:
        """The films marked as winners, by category."""
        board = self.html.partition('id="board-title"')[2].partition("</section>")[0]
        parts = re.split(r'<h3 class="category-name">(.*?)</h3>', board)[1:]
        found = zip(parts[::2], parts[1::2], strict=True)
        return {name: re.findall(r'class="winner".*?<strong>(.*?)</strong>', part, re.DOTALL) for name, part in found}

    def article(self, id_: object) -> str:
        """The markup of an entry at its place in the timeline."""
        return self.html.partition(f'id="fact-{id_}"')[2].partition("</article>")[0]


def read(client: FlaskClient, address: str, status: int = 200) -> Page:
    response = client.get(address)
    assert response.status_code == status, response.text[:500]
    return Page(response.text)


def test_as_of_21_04_the_page_names_la_la_land_as_best_picture(reader: FlaskClient) -> None:
    page = read(reader, f"{NIGHT_89}?as_of={AT_21_04}")

    assert page.winners["Best Picture"] == ["La La Land"]
    assert "as it stood at version 154" in page.text
    assert "21:03:49 PST on 26 February 2017" in page.text


def test_as_of_21_08_moonlight_has_won_and_the_wrong_entry_is_struck_beside_its_note(reader: FlaskClient) -> None:
    page = read(reader, f"{NIGHT_89}?as_of={AT_21_08}")
    struck = page.texts[f"fact-{LA_LA_LAND_WINS}"]

    assert page.winners["Best Picture"] == ["Moonlight"]
    assert "<s>La La Land wins Best Picture, its seventh award of the night</s>" in page.article(LA_LA_LAND_WINS)
    assert "Retracted 21:06 PST , 2 minutes after publication" in struck
    assert "Its title was read out by mistake" in struck


@pytest.mark.parametrize("version", [1, 60, 154, 163])
def test_nothing_published_after_the_moment_is_in_the_page(archive: Desk, reader: FlaskClient, version: int) -> None:
    page = read(reader, f"{NIGHT_89}?as_of={version}")
    told = _prose(archive.record("89th-academy-awards")[1][:version])
    later = _prose(archive.record("89th-academy-awards")[1][version:])

    assert later - told
    assert [text for text in later - told if text in page.text or text in page.html] == []


def test_what_had_not_happened_by_then_is_told_by_no_entry_title_or_summary(reader: FlaskClient) -> None:
    page = read(reader, f"{NIGHT_89}?at=2017-02-27T05:02:00Z")

    assert page.winners["Best Picture"] == []
    assert "Moonlight wins" not in page.text
    assert "by mistake" not in page.text
    assert "what had happened by 21:02:00 PST on 26 February 2017" in page.text


def test_on_both_clocks_at_once_the_page_says_so(reader: FlaskClient) -> None:
    page = read(reader, f"{NIGHT_89}?at=2017-02-27T05:02:00Z&as_of={AT_21_08}")

    assert "as it stood at version 162" in page.text
    assert "what had happened by 21:02:00 PST" in page.text
    assert page.winners["Best Picture"] == []


def test_before_its_first_event_a_story_is_an_empty_page_with_its_title(reader: FlaskClient) -> None:
    page = read(reader, f"{NIGHT_89}?as_of=0")

    assert "89th Academy Awards" in page.text
    assert "Nothing was on record yet" in page.text
    assert "Moonlight" not in page.text
    assert page.all("article") == []


def test_a_correction_shows_what_it_said_before_what_it_says_now_and_why(reader: FlaskClient) -> None:
    for address in (NIGHT_97, f"{NIGHT_97}/facts/{MADISON_WINS}"):
        said = read(reader, address).text

        assert "Correction 20:04" in said
        assert "26 minutes after publication" in said
        assert "Eydelshteyn plays the oligarch’s son, and it is the son whom Ani marries." in said
        assert "Was Madison wins as Anora “Ani” Mikheeva, who marries a Russian oligarch [removed: , played" in said
        assert "who marries [added: the son of ] a Russian oligarch [added: ; ] Mark Eydelshteyn" in said


def test_a_minor_edit_is_folded_away(room: Newsroom, visitor: FlaskClient) -> None:
    entry = report("The ceremny begins")
    room.publish(opening(), entry, correction(entry, "", "minor", data={"headline": "The ceremony begins"}))

    article = read(visitor, f"/stories/{STORY}").article(entry.id)

    assert '<details class="notice minor">' in article
    assert "badge" not in article
    assert "ceremny" in article.partition("<details")[2]


def test_a_correction_of_the_time_shows_both_times(room: Newsroom, visitor: FlaskClient) -> None:
    entry = report("The doors open", evening("00:30"))
    room.publish(opening(), entry, correction(entry, occurred_at=evening("00:40")))

    said = read(visitor, f"/stories/{STORY}").texts[f"fact-{entry.id}"]

    assert "When it happened Was 16:30 PST on 2 March 2025 Now 16:40 PST on 2 March 2025" in said


def test_a_reinstated_entry_is_no_longer_struck_but_its_history_stays(room: Newsroom, visitor: FlaskClient) -> None:
    entry = report("It rains")
    room.publish(opening(), entry, retraction(entry, "It did not."), reinstatement(entry, "It did."))

    page = read(visitor, f"/stories/{STORY}")

    assert "<s>" not in page.html
    assert "It did not." in page.texts[f"fact-{entry.id}"]
    assert "Reinstated" in page.texts[f"fact-{entry.id}"]


def test_of_a_taken_down_entry_only_a_stub_with_basis_and_note_stays(room: Newsroom, visitor: FlaskClient) -> None:
    entry = report(
        "A secret headline", body="A secret body", media=[{"url": "https://a.example/", "alt": "A secret"}]
    )
    fixed = correction(entry, "A secret note", data={"body": "Another secret body"})
    room.publish(opening(), entry, fixed, mark(entry), mark(entry, "marked_key"), takedown(entry))

    for address in (
        f"/stories/{STORY}",
        f"/stories/{STORY}?as_of=2",
        f"/stories/{STORY}/facts/{entry.id}",
        f"/stories/{STORY}/facts/{entry.id}?as_of=3",
    ):
        page = read(visitor, address)
        assert "secret" not in page.html
    assert "It was taken down at a later version" in read(visitor, f"/stories/{STORY}?as_of=2").text
    stub = read(visitor, f"/stories/{STORY}").texts[f"fact-{entry.id}"]
    assert "This entry was taken down" in stub
    assert "Basis: court order" in stub
    assert "A court ordered it." in stub


def test_a_fact_page_shows_every_version_and_links_to_it(reader: FlaskClient) -> None:
    page = read(reader, f"{NIGHT_97}/facts/{MADISON_WINS}")

    assert "19:37 PST on 2 March 2025" in page.text
    assert "19:38:15 PST on 2 March 2025" in page.text
    assert "20:04:30 PST on 2 March 2025" in page.text
    links = [link["href"] for link in page.all("a")]
    assert {f"{NIGHT_97}/facts/{MADISON_WINS}?as_of={version}" for version in (56, 64)} <= set(links)
    assert f"{NIGHT_97}#fact-{MADISON_WINS}" in links


def test_a_fact_page_as_of_before_the_correction_says_the_error_only(reader: FlaskClient) -> None:
    page = read(reader, f"{NIGHT_97}/facts/{MADISON_WINS}?as_of=63")

    assert "marries a Russian oligarch, played by" in page.text
    assert "the son of" not in page.text
    assert page.all("link")[0] == {
        "rel": "canonical",
        "href": f"http://localhost{NIGHT_97}/facts/{MADISON_WINS}",
    }


@pytest.mark.parametrize(
    ("sent", "canonical"),
    [
        ("at=2017-02-26T21:04:00&as_of=", "?at=2017-02-27T05:04:00Z"),
        ("at=&as_of=2017-02-26T21:04", "?as_of=154"),
        ("at=2017-02-26T21:04&as_of=2017-02-26T21:08:00", "?at=2017-02-27T05:04:00Z&as_of=162"),
        ("at=2017-02-26T21:04:00.25&as_of=160", "?at=2017-02-27T05:04:00.250000Z&as_of=160"),
        ("at=2017-07-01T12:00&as_of=", "?at=2017-07-01T19:00:00Z"),
        ("at=&as_of=2999-01-01T00:00", "?as_of=169"),
        ("at=&as_of=1999-01-01T00:00", "?as_of=0"),
        ("at=&as_of=", ""),
    ],
)
def test_the_forms_local_time_leads_to_the_canonical_address(reader: FlaskClient, sent: str, canonical: str) -> None:
    response = reader.get(f"{NIGHT_89}?{sent}")

    assert response.status_code == 302
    assert response.headers["Location"] == NIGHT_89 + canonical


@pytest.mark.parametrize("version", [1, 40, 154, 169])
def test_a_form_sent_as_it_was_shown_leads_to_the_same_page(reader: FlaskClient, version: int) -> None:
    fields = read(reader, f"{NIGHT_89}?at={AT_21_04}&as_of={version}").all("input")
    shown = {field["name"]: field["value"] for field in fields if "name" in field}

    assert shown["at"] == "2017-02-26T21:04:00"
    response = reader.get(NIGHT_89, query_string=shown)
    assert response.headers["Location"] == f"{NIGHT_89}?at={AT_21_04}&as_of={version}"


def test_the_form_shows_the_second_within_which_a_version_was_published_and_means_all_of_it(
    room: Newsroom, visitor: FlaskClient
) -> None:
    room.clock.now = EVENING + timedelta(microseconds=300)
    room.publish(opening())

    fields = {field["id"]: field for field in read(visitor, f"/stories/{STORY}?as_of=1").all("input")}

    assert fields["as_of"]["value"] == "2025-03-02T17:00:00"
    sent = visitor.get(f"/stories/{STORY}?at=&as_of=2025-03-02T17:00:00")
    assert sent.location == f"/stories/{STORY}?as_of=1"


def test_one_step_leads_to_the_neighbouring_event_and_version(reader: FlaskClient) -> None:
    links = {link["href"] for link in read(reader, f"{NIGHT_89}?at={AT_21_04}&as_of=160").all("a")}

    assert f"{NIGHT_89}?at=2017-02-27T05:03:00Z&as_of=160" in links
    assert f"{NIGHT_89}?at=2017-02-27T05:05:30Z&as_of=160" in links
    assert f"{NIGHT_89}?at={AT_21_04}&as_of=159" in links
    assert f"{NIGHT_89}?at={AT_21_04}&as_of=161" in links
    assert NIGHT_89 in links


@pytest.mark.parametrize(
    ("address", "status", "says"),
    [
        ("/stories/no-such-story", 404, "there is no story “no-such-story”"),
        ("/nowhere", 404, "no such page"),
        (f"{NIGHT_89}?as_of=170", 404, "at version 169; there is no version 170 yet"),
        (f"{NIGHT_89}?at=yesterday", 400, "“yesterday” is not a moment"),
        (f"{NIGHT_89}?as_of=-1", 400, "“-1” is not a moment or a version: a version is a whole number from 0 to"),
        (f"{NIGHT_89}?as_of=2017-02-30T00:00:00Z", 400, "day is out of range for month"),
        (f"{NIGHT_89}?at=2017-13-01T00:00", 400, "is not a moment"),
        (f"{NIGHT_89}?at=12017-01-01T00:00", 400, "is not a moment"),
        (f"{NIGHT_89}?at=9999-12-31T23:59", 400, "is not a moment"),
        (f"{NIGHT_89}?at=0000-01-01T00:00:00Z", 400, "is not a moment"),
        (f"{NIGHT_89}/facts/{MADISON_WINS}", 404, "has no fact"),
        (f"{NIGHT_97}/facts/{MADISON_WINS}?as_of=20", 404, "has no fact"),
        (f"{NIGHT_97}/facts/{MADISON_WINS}?as_of=x", 400, "is not a moment"),
        (f"{NIGHT_97}/facts/banana", 404, "no such page"),
    ],
)
def test_a_refusal_is_a_page_that_says_why_and_leads_on(
    reader: FlaskClient, address: str, status: int, says: str
) -> None:
    page = read(reader, address, status)

    assert says.lower() in page.text.lower()
    assert {"href": "/"} in page.all("a")


def test_a_refused_vantage_leads_to_the_story_itself(reader: FlaskClient) -> None:
    assert {"href": NIGHT_89} in read(reader, f"{NIGHT_89}?as_of=999", 404).all("a")


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"])
def test_the_ends_of_the_calendar_are_moments_like_others(reader: FlaskClient, moment: str) -> None:
    read(reader, f"{NIGHT_89}?at={moment}")
    read(reader, f"{NIGHT_89}?as_of={moment}")


def test_an_unchanged_page_costs_a_304_and_an_append_a_new_one(room: Newsroom, visitor: FlaskClient) -> None:
    entry = report("The ceremony begins")
    room.publish(opening(), entry)
    addresses = ["/", f"/stories/{STORY}", f"/stories/{STORY}?as_of=1", f"/stories/{STORY}/facts/{entry.id}"]
    tags = [visitor.get(address).headers["ETag"] for address in addresses]

    def statuses() -> list[int]:
        known = zip(addresses, tags, strict=True)
        return [visitor.get(address, headers={"If-None-Match": tag}).status_code for address, tag in known]

    assert statuses() == [304] * 4
    room.publish(report("It ends", evening("00:59")))
    assert statuses() == [200] * 4


def test_script_in_any_field_never_reaches_the_page(room: Newsroom, visitor: FlaskClient) -> None:
    room.clock.turn(hours=1)
    body = f"# {ATTACK}\n\n{ATTACK} [x](javascript:alert(3)) ![{ATTACK}](https://evil.example/x.png)\n\n<b>raw</b>"
    source = {"name": ATTACK, "url": "https://a.example/?q=%22%3E"}
    text = report(ATTACK, body=body, media=[{"url": "https://a.example/x", "alt": ATTACK, "credit": ATTACK}])
    speech = event("speech.given", {"speaker": ATTACK, "quote": ATTACK, "occasion": ATTACK}, EVENING, source=source)
    voice = event("interview.given", {"person": ATTACK, "outlet": ATTACK, "quote": ATTACK}, EVENING, source=source)
    prize = event("prize.won", {"prize": ATTACK, "film": ATTACK, "people": [ATTACK]}, EVENING, source=source)
    winner = award(ATTACK, ATTACK, ATTACK)
    room.publish(
        opening(title=ATTACK, summary=ATTACK),
        *(text, speech, voice, prize, winner, nomination(ATTACK, "Another", ATTACK)),
        *(nomination(ATTACK, f"{number}{ATTACK}") for number in range(8)),
        mark(text),
        correction(text, ATTACK, "clarification", data={"headline": ATTACK * 2, "body": ATTACK}),
        retraction(speech, ATTACK),
        takedown(voice, ATTACK, ATTACK),
    )

    pages = [
        "/",
        f"/stories/{STORY}",
        f"/stories/{STORY}?as_of=3",
        f"/stories/{ATTACK}",
        f"/stories/{STORY}?at={ATTACK}",
    ]
    facts = [f"/stories/{STORY}/facts/{draft.id}" for draft in (text, speech, voice, prize, winner)]
    for address in pages + facts:
        page = Page(visitor.get(address).text)
        _expect_inert(page)
        assert "<b>raw" not in page.html


def test_links_in_prose_are_kept_but_vouched_for_by_nobody(room: Newsroom, visitor: FlaskClient) -> None:
    entry = report("A report", body="### Crosshead\n\nSee [the list](https://a.example/list) *now*.")
    room.publish(opening(), entry)

    article = read(visitor, f"/stories/{STORY}").article(entry.id)

    assert '<a href="https://a.example/list" rel="nofollow noopener">the list</a> <em>now</em>' in article
    assert '<p class="crosshead">Crosshead</p>' in article


ADDRESSES: Final = [
    "/",
    NIGHT_97,
    NIGHT_89,
    f"{NIGHT_89}?at={AT_21_04}&as_of=162",
    f"{NIGHT_89}?as_of=0",
    f"{NIGHT_97}/facts/{MADISON_WINS}",
    f"{NIGHT_89}/facts/{LA_LA_LAND_WINS}?as_of=160",
    "/nowhere",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_runs_nothing_and_loads_nothing_from_elsewhere(reader: FlaskClient, address: str) -> None:
    _expect_inert(Page(reader.get(address).text))


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_is_ordered_for_those_who_do_not_see_it(reader: FlaskClient, address: str) -> None:
    page = Page(reader.get(address).text)
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]

    assert levels.count(1) == 1
    assert all(next_ <= level + 1 for level, next_ in pairwise(levels))
    assert len(ids) == len(set(ids))
    assert page.all("html") == [{"lang": "en"}]
    assert {"main", "header", "footer"} <= {tag for tag, _ in page.tags}
    assert page.all("a")[0] == {"class": "skip", "href": "#content"}


def test_a_page_is_in_its_storys_language(room: Newsroom, visitor: FlaskClient) -> None:
    room.publish(opening(language="de-AT"))

    assert read(visitor, f"/stories/{STORY}").all("html") == [{"lang": "de-AT"}]


def test_replays_are_not_indexed_and_name_the_present_page(reader: FlaskClient) -> None:
    for address in (f"{NIGHT_89}?as_of=154", f"{NIGHT_89}?at={AT_21_04}"):
        page = read(reader, address)
        assert {"name": "robots", "content": "noindex"} in page.all("meta")
        assert {"rel": "canonical", "href": f"http://localhost{NIGHT_89}"} in page.all("link")

    assert "noindex" not in read(reader, NIGHT_89).html


def test_links_of_a_page_as_it_stood_lead_to_entries_as_they_stood(reader: FlaskClient) -> None:
    links = {link["href"] for link in read(reader, f"{NIGHT_89}?as_of={AT_21_04}").all("a")}

    assert f"{NIGHT_89}/facts/{LA_LA_LAND_WINS}?as_of=154" in links
    assert f"{NIGHT_89}/facts/{LA_LA_LAND_WINS}" not in links


def test_a_mornings_nominations_are_folded_by_category_and_all_there(archive: Desk, reader: FlaskClient) -> None:
    page = read(reader, NIGHT_97)
    nominations = [
        fact.id for fact in archive.view("97th-academy-awards").facts if fact.type == "nomination.announced"
    ]

    assert "35 nominations 5 since amended" in page.text
    assert all(f"fact-{id_}" in page.texts for id_ in nominations)
    folded = page.html.partition("35 nominations")[2]
    assert re.findall(r'<h4 class="category-name">(.*?)</h4>', folded)[:2] == ["Best Picture", "Directing"]


def test_reports_are_never_folded_however_many_of_one_moment_there_are(room: Newsroom, visitor: FlaskClient) -> None:
    room.publish(opening(), *(report(f"Report {number}") for number in range(8)))

    page = read(visitor, f"/stories/{STORY}")

    assert "<details" not in page.html.partition('id="timeline-title"')[2]
    assert page.html.count('class="headline">Report') == 8


def test_the_page_says_that_its_record_was_imported(
    reader: FlaskClient, room: Newsroom, visitor: FlaskClient
) -> None:
    room.publish(opening())

    assert "its publication times are the file’s own" in read(reader, NIGHT_97).text
    assert "imported" not in read(visitor, f"/stories/{STORY}").text


def test_of_a_record_that_is_told_on_after_its_import_the_page_says_so(
    room: Newsroom, visitor: FlaskClient, tmp_path: Path
) -> None:
    slug = import_file(room.desk, write(tmp_path, OPENING, REPORT)).slug
    room.clock.turn(hours=1)
    room.desk.append(slug, [report("Told here")], actor="desk")

    present, then = (read(visitor, f"/stories/{slug}{query}").text for query in ("", "?as_of=2"))

    assert "and is told on here since; its publication times until then are the file’s own" in present
    assert "told on here" not in then
    assert "; its publication times are the file’s own" in then


def test_publication_is_told_where_it_came_later_than_two_minutes(room: Newsroom, visitor: FlaskClient) -> None:
    prompt, late, dated = (
        report("At once", evening("00:58:01")),
        report("Late", evening("00:57:59")),
        report("The day before", evening("00:00") - timedelta(days=1)),
    )
    room.publish(opening(), prompt, late, dated)
    texts = read(visitor, f"/stories/{STORY}").texts

    assert "published" not in texts[f"fact-{prompt.id}"]
    assert "published 17:00 PST" in texts[f"fact-{late.id}"]
    assert "published 17:00 PST on 2 March 2025" in texts[f"fact-{dated.id}"]


@pytest.mark.parametrize(
    ("precision", "says", "machine"),
    [
        ("year", "2025", "2025"),
        ("month", "January 2025", "2025-01"),
        ("day", "1 January 2025", "2025-01-01"),
        ("hour", "about 01:00 PST", "2025-01-01T08:40:30Z"),
        ("minute", "00:40 PST", "2025-01-01T08:40:30Z"),
        ("second", "00:40 PST", "2025-01-01T08:40:30Z"),
    ],
)
def test_a_moment_is_worded_no_more_precisely_than_it_is_known(
    room: Newsroom, visitor: FlaskClient, precision: str, says: str, machine: str
) -> None:
    entry = event("update.reported", {"headline": "It"}, "2025-01-01T08:40:30Z", precision=precision)
    room.publish(opening(), entry)

    article = read(visitor, f"/stories/{STORY}").article(entry.id)

    assert f'<time datetime="{machine}">{says}</time>' in article


def test_dates_stand_between_entries_in_the_storys_own_zone(room: Newsroom, visitor: FlaskClient) -> None:
    room.clock.turn(hours=12)
    room.publish(opening(), report("Before midnight", evening("07:59")), report("After midnight", evening("08:00")))

    assert re.findall(r'<h3 class="date"><time datetime="(.*?)">', read(visitor, f"/stories/{STORY}").html) == [
        "2025-03-03",
        "2025-03-02",
    ]


def test_pinned_entries_come_first_and_still_stand_at_their_place(room: Newsroom, visitor: FlaskClient) -> None:
    room.publish(
        opening(), pinned := report("The pinned one", evening("00:10")), mark(pinned), report("The last one")
    )

    page = read(visitor, f"/stories/{STORY}")

    told = page.html.partition('data-part="story"')[2]
    order = [told.index(text) for text in ("Pinned", "The pinned one", "The last one", f"fact-{pinned.id}")]
    assert order == sorted(order)
    assert "The pinned one" in page.article(pinned.id)


def test_what_surprises_on_the_board_is_noticed(room: Newsroom, visitor: FlaskClient) -> None:
    room.publish(opening(), winner := award("Best Picture", "Anora"))

    page = read(visitor, f"/stories/{STORY}")

    assert "Best Picture: Anora won, but is not on record as nominated" in page.text
    assert {"href": f"#fact-{winner.id}"} in page.all("a")


def test_a_general_story_shows_its_key_moments(room: Newsroom, visitor: FlaskClient) -> None:
    room.publish(opening("general"), key := report("The dam breaks"), mark(key, "marked_key"), report("It rains"))

    page = read(visitor, f"/stories/{STORY}")

    assert "Key moments" in page.text
    assert {"href": f"#fact-{key.id}"} in page.all("a")


def test_the_board_of_a_third_partys_kind_is_readable(
    room: Newsroom, visitor: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install_regatta(tmp_path, monkeypatch)
    room.publish(opening("regatta"), event("boat.finished", {"boat": "<b>Gull</b>"}, EVENING))

    page = read(visitor, f"/stories/{STORY}")

    assert "Wind Force 4 From west" in page.text
    assert "Boat Place Fact <b>Gull</b> 1 Entry" in page.text
    assert "Flags red white" in page.text
    _expect_inert(page)


def test_the_index_tells_what_is_live_and_when_it_was_touched(room: Newsroom, visitor: FlaskClient) -> None:
    assert "No story is on record yet" in read(visitor, "/").text

    room.publish(opening(), event("coverage.started", {}))

    page = read(visitor, "/")
    assert "Live" in page.text
    assert "Last touched 17:00:00 PST on 2 March 2025" in page.text
    assert {"href": f"/stories/{STORY}"} in page.all("a")


def test_what_was_live_at_the_time_is_not_called_live(reader: FlaskClient) -> None:
    assert "Live at the time" in read(reader, f"{NIGHT_89}?as_of=154").text
    assert "Live at the time" not in read(reader, NIGHT_89).text


def test_static_files_are_kept_for_a_year_under_a_name_of_their_content(reader: FlaskClient) -> None:
    (sheet,) = [link["href"] for link in read(reader, "/").all("link") if link["rel"] == "stylesheet"]

    with reader.get(sheet) as kept, reader.get("/static/timeline.css") as plain:
        assert kept.cache_control.max_age == 31_536_000
        assert plain.cache_control.max_age is None
        assert len(gzip.compress(plain.data)) < 12 * 1024


def _prose(record: list[Recorded]) -> set[str]:
    """Return everything that a record says in whole sentences."""
    found = set()
    for recorded in record:
        data = recorded.data or {}
        said = data | data.get("set", {}).get("data", {})
        found |= {
            said[name].replace("*", "") for name in ("headline", "body", "quote", "note", "summary") if name in said
        }
    return found


def _expect_inert(page: Page) -> None:
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"style", "img", "iframe", "object", "base"}
    for kind, address in ((a.get("type"), a.get("src", "")) for tag, a in page.tags if tag == "script"):
        assert kind == "application/ld+json" or (kind == "module" and address.startswith("/static/"))
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        address = attributes.get("href", attributes.get("src", attributes.get("action", "")))
        assert not address.lower().startswith(("javascript:", "data:", "//"))
        if tag != "a":
            assert address.startswith(("/", "#", "http://localhost/")) or not address


def _install_regatta(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a package with a kind of its own, as a third party would."""
    (folder / "regatta.py").write_text(
        "from timeline.domain.event import Line\n"
        "from timeline.kinds.kind import FactData, Kind\n"
        "class BoatFinished(FactData):\n"
        "    boat: Line\n"
        "def part(fact):\n"
        "    return [{'boat': fact.data['boat'], 'fact': str(fact.id)}]\n"
        "def board(total):\n"
        "    boats = [{'boat': b['boat'], 'place': n, 'fact': b['fact']} for n, b in enumerate(total or [], 1)]\n"
        "    return {'wind': {'force': 4, 'from': 'west'}, 'boats': boats, 'flags': ['red', 'white'], 'none': []}\n"
        "TYPES = {'boat.finished': BoatFinished}\n"
        "KIND = Kind('regatta', 1, TYPES, part, list.__add__, board, lambda data: data.boat)\n"
    )
    metadata = folder / "regatta-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: regatta\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text("[timeline.kinds]\nregatta = regatta:KIND\n")
    monkeypatch.syspath_prepend(folder)
    find_kind.cache_clear()


def test_a_long_story_comes_in_pages_and_every_entry_is_on_one(wire: Wire) -> None:
    wire.newsroom.publish(
        *(report(f"Report {number}", EVENING - timedelta(seconds=450 - number)) for number in range(450))
    )
    pages = _pages(wire.client, f"/stories/{STORY}")
    found = [each for text in pages for each in re.findall(r'<h4 class="headline">(Report \d+)</h4>', text)]

    assert found == [f"Report {number}" for number in reversed(range(450))]


@pytest.mark.parametrize("minutes", [-5, 0, 1], ids=["before them", "at that moment", "behind them"])
def test_more_corrections_of_one_moment_than_a_page_holds_are_paged_through_and_each_is_on_one(
    database: Database, tmp_path: Path, minutes: int
) -> None:
    newsroom = Newsroom(database)
    published, facts = newsroom.clock.turn(hours=1), [str(UUID(int=number)) for number in range(1, 51)]
    happened = published + timedelta(minutes=minutes)
    reports = [_line(published, happened, id=id_, data={"headline": "A report"}) for id_ in facts]
    corrections = [
        _line(
            published,
            published,
            type="fact.corrected",
            data={"fact": id_, "kind": "update", "note": "More.", "set": {"data": said}},
        )
        for said in ({"body": f"{number} times."} for number in range(9))
        for id_ in facts
    ]
    import_file(newsroom.desk, write(tmp_path, OPENING, *reports, *corrections))

    pages = list(_pages(create_app(newsroom.desk).test_client(), "/stories/the-night"))
    shown = Counter(found for page in pages for found in re.findall(r' id="(fact-[^"]+|v[0-9]+)"', page))
    assert shown == Counter([*(f"fact-{id_}" for id_ in facts), *(f"v{version}" for version in range(52, 502))])


def test_more_readers_at_once_than_there_are_connections_all_get_their_page_of_the_past(
    newsroom: Newsroom,
) -> None:
    readers = CONNECTIONS + 5
    newsroom.publish(*(report(f"Report {number}", EVENING - timedelta(minutes=number)) for number in range(readers)))
    app = create_app(newsroom.desk)

    def visit(number: int) -> TestResponse:
        at = format_moment(EVENING - timedelta(minutes=number))
        return app.test_client().get(f"/stories/{STORY}", query_string={"at": at})

    with _meeting(newsroom.database, CONNECTIONS), ThreadPoolExecutor(readers) as pool:
        answers = list(pool.map(visit, range(readers)))

    assert [answer.status_code for answer in answers] == [200] * readers
    for number, answer in enumerate(answers):
        assert f"Report {number}<" in answer.text
        assert f"Report {number - 1}<" not in answer.text


def test_a_place_in_the_timeline_that_is_none_is_refused(wire: Wire) -> None:
    assert wire.client.get(f"/stories/{STORY}?before=yesterday").status_code == 400


def _pages(client: FlaskClient, address: str) -> Iterator[str]:
    """Yield the pages of a story from an address on, by the links to earlier entries, which never lead back."""
    visited = set[str]()
    while address:
        assert address not in visited
        visited.add(address)
        text = read(client, address).html
        yield text
        link = re.search(r'<a href="([^"]+)">Earlier entries</a>', text)
        address = unescape(link[1]) if link else ""


def _line(recorded_at: datetime, occurred_at: datetime, **envelope: Any) -> dict[str, Any]:
    """Return a line of a story file."""
    moments = {"recorded_at": format_moment(recorded_at), "occurred_at": format_moment(occurred_at)}
    return REPORT | {"id": str(uuid4())} | moments | envelope


@contextmanager
def _meeting(database: Database, count: int) -> Iterator[None]:
    """Let nobody go on who reads the index of fact versions before so many of them do."""
    reading, are_here, lock = set[int](), Event(), Lock()

    def wait(_: object, __: object, statement: str, *___: object) -> None:
        if "FROM fact_version" in statement:
            with lock:
                reading.add(get_ident())
            if len(reading) == count:
                are_here.set()
            assert are_here.wait(30)

    listen(database.engine, "before_cursor_execute", wait)
    yield
    remove(database.engine, "before_cursor_execute", wait)
