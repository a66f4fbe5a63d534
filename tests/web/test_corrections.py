"""Corrections, as readers find them: in the words, in the stream, on their own pages, and since a last visit."""

import re
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from lines import CORRECTION, FACT, OPENING, REPORT, write
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
from timeline.domain.event import Draft
from timeline.story_files import import_file
from timeline.web import api, corrections
from timeline.web.corrections import PAGE

NIGHT_89: Final = "/stories/89th-academy-awards"
NIGHT_97: Final = "/stories/97th-academy-awards"
PAGE_OF: Final = f"/stories/{STORY}"
LA_LA_LAND_WINS: Final = "015a7df3-e3e0-7f0c-a9ef-10fe9da4272c"
MADISON_WINS: Final = "01955a15-3858-744d-86d2-9dee22f66217"
ATTACK: Final = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


def read(client: FlaskClient, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, response.text[:500]
    return response.text


def text_of(html: str) -> str:
    """Return what is read of a page's content, with one space wherever there is any."""
    return " ".join(re.sub(r"<[^>]*>", "", html[max(0, html.find("<main")) :]).split())


def publish_one_by_one(room: Newsroom, *drafts: Draft, minutes: float = 10) -> None:
    for draft in drafts:
        room.publish(draft)
        room.clock.turn(minutes=minutes)


# In the words.


def test_removed_words_are_marked_and_said_in_was_added_ones_in_now(room: Newsroom, visitor: FlaskClient) -> None:
    entry = report("The son of the oligarch arrives")
    room.publish(opening(), entry, correction(entry, data={"headline": "The wife of the oligarch arrives late"}))

    for address in (PAGE_OF, f"{PAGE_OF}/facts/{entry.id}", f"{PAGE_OF}/corrections", "/corrections"):
        html = read(visitor, address)
        said = text_of(html)
        assert "Was The [removed: son] of the oligarch arrives" in said
        assert "Now The [added: wife] of the oligarch arrives [added: late]" in said
        assert re.findall(r"<del>.*?removed: </span>(.*?)<span", html) == ["son"]
        assert re.findall(r"<ins>.*?added: </span>(.*?)<span", html) == ["wife", "late"]


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        (
            "The **winner** is *Anora*, as [we wrote](https://example.org/a).",
            "The winner is **Conclave**, as [we wrote](https://example.org/a).",
            "Was The winner is [removed: Anora], as we wrote. Now The winner is [added: Conclave], as we wrote.",
        ),
        (
            "As [we wrote](https://example.org/a) then.",
            "As [we wrote](https://example.org/b) then.",
            "Was As we wrote (https://example.org/[removed: a]) then. "
            "Now As we wrote (https://example.org/[added: b]) then.",
        ),
        (
            "As we wrote then.",
            "As [we wrote](https://example.org/a) then.",
            "Was As we wrote then. Now As we wrote [added: (https://example.org/a)] then.",
        ),
        (
            "See <https://example.org/a>.",
            "See <https://example.org/b>.",
            "Was See https://example.org/[removed: a]. Now See https://example.org/[added: b].",
        ),
        (
            "[One](https://x.example/a) and [two](https://x.example/b) wept.",
            "[One](https://x.example/b) and [two](https://x.example/a) cried.",
            "Was One (https://x.example/[removed: a]) and two (https://x.example/[removed: b]) [removed: wept]. "
            "Now One (https://x.example/[added: b]) and two (https://x.example/[added: a]) [added: cried].",
        ),
        ("**One.**\n\nTwo.", "One. Two.", "Was [removed: **]One.[removed: **] Two. Now One. Two."),
        ("*Anora* wins.", "*Anora* wins **twice**.", "Was Anora wins. Now Anora wins [added: twice]."),
        ("It is **good**.", "It is good.", "Was It is [removed: **]good[removed: **]. Now It is good."),
        (
            "# The end\n\n- One\n- Two\n\n```\ncode\n```",
            "# The end\n\n- One\n- Three\n\n```\ncode\n```",
            "Was The end One [removed: Two] code Now The end One [added: Three] code",
        ),
        (
            "![A hall](https://x.example/1.png) 5 \\* 4",
            "A hall 5 &ast; 3",
            "Was A hall 5 * [removed: 4] Now A hall 5 * [added: 3]",
        ),
    ],
    ids=[
        "marks",
        "another address",
        "a new link",
        "a bare one",
        "links swapped",
        "marks and blocks",
        "a bold word",
        "marks alone",
        "blocks",
        "the rest",
    ],
)
def test_of_markdown_a_reader_is_told_the_words(
    room: Newsroom, visitor: FlaskClient, was: str, now: str, said: str
) -> None:
    entry = report("Anora wins", body=was)
    room.publish(opening(), entry, correction(entry, data={"body": now}))

    for address in (PAGE_OF, f"{PAGE_OF}/facts/{entry.id}", f"{PAGE_OF}/corrections"):
        assert said in text_of(read(visitor, address))


def test_a_field_that_was_not_there_is_said_to_have_been_nothing(room: Newsroom, visitor: FlaskClient) -> None:
    entry = award("Best Picture", "Anora")
    room.publish(opening(), entry, correction(entry, kind="update", data={"accepted_by": ["Alex Coco"]}))

    assert "Accepted by Was nothing Now [added: Alex Coco]" in text_of(read(visitor, PAGE_OF))


def test_long_unchanged_stretches_are_left_out_at_the_entry_but_not_on_its_own_page(
    room: Newsroom, visitor: FlaskClient
) -> None:
    body = " ".join(f"word{number}" for number in range(60))
    entry = report("A report", body=f"{body} eleven")
    room.publish(opening(), entry, correction(entry, data={"body": f"{body} twelve"}))

    assert "Was […] word48" in text_of(read(visitor, PAGE_OF))
    assert f"Was {body} [removed: eleven]" in text_of(read(visitor, f"{PAGE_OF}/facts/{entry.id}"))


# In the stream.


@pytest.mark.parametrize(
    ("change", "label"),
    [
        (lambda entry: correction(entry, data={"body": "It snows."}), "Correction"),
        (lambda entry: correction(entry, kind="clarification", data={"body": "It snows."}), "Clarification"),
        (lambda entry: correction(entry, kind="update", data={"body": "It snows."}), "Update"),
        (retraction, "Retracted"),
        (takedown, "Taken down"),
    ],
)
def test_a_change_stands_in_the_stream_and_is_linked_both_ways(
    room: Newsroom, visitor: FlaskClient, change: Any, label: str
) -> None:
    entry = report("It rains", body="It rains.")
    publish_one_by_one(room, opening(), entry, change(entry))

    html = read(visitor, PAGE_OF)

    item = _item(html, 3)
    assert text_of(item).startswith(f"17:20 PST {label}, 10 minutes after publication:")
    assert f'href="#fact-{entry.id}"' in item
    assert 'href="#v3"' in html.partition(f'id="fact-{entry.id}"')[2].partition("</article>")[0]


def test_it_stands_at_the_time_of_its_publication_among_the_entries(room: Newsroom, visitor: FlaskClient) -> None:
    first, between, later = report("First"), report("Between", evening("01:15")), report("Later", evening("01:25"))
    publish_one_by_one(room, opening(), first, correction(first, data={"headline": "The first"}))
    room.publish(between, later)

    html = read(visitor, PAGE_OF)

    places = [
        html.index(f'id="{id_}"') for id_ in (f"fact-{later.id}", "v3", f"fact-{between.id}", f"fact-{first.id}")
    ]
    assert places == sorted(places)


def test_minor_edits_pins_and_marks_are_no_items(room: Newsroom, visitor: FlaskClient) -> None:
    entry = report("The ceremny begins")
    fixed = correction(entry, "", "minor", data={"headline": "The ceremony begins"})
    room.publish(opening(), entry, fixed, mark(entry), mark(entry, "marked_key"))

    assert 'class="erratum"' not in read(visitor, PAGE_OF)
    assert 'href="#v3"' not in read(visitor, PAGE_OF)


def test_with_a_limit_on_the_story_clock_later_items_are_not_there_nor_linked(
    room: Newsroom, visitor: FlaskClient
) -> None:
    entry = report("It rains")
    publish_one_by_one(room, opening(), entry, correction(entry, data={"headline": "It snows"}))

    early, late = (read(visitor, f"{PAGE_OF}?at=2025-03-03T01:{minute}:00Z") for minute in (19, 20))

    assert "#v3" not in early
    assert 'id="v3"' not in early
    assert 'href="#v3"' in late
    assert 'id="v3"' in late


def test_a_correction_does_not_tear_a_run_of_nominations_apart(reader: FlaskClient) -> None:
    assert "35 nominations" in read(reader, NIGHT_97)


# On the page of corrections.


def test_the_page_lists_every_change_the_latest_first_and_counts_them(room: Newsroom, visitor: FlaskClient) -> None:
    first, second, third = report("One"), report("Two"), report("Three")
    room.publish(opening(), first, second, third)
    room.clock.turn(minutes=2, seconds=1)
    room.publish(correction(first, data={"headline": "The one"}))
    room.clock.turn(minutes=8)
    room.publish(
        correction(first, "Which one it is.", "clarification", data={"headline": "The first one"}),
        correction(second, "", "minor", data={"headline": "Two."}),
        retraction(second, "There is no second."),
        reinstatement(second, "There is."),
        takedown(third),
    )

    html = read(visitor, f"{PAGE_OF}/corrections")
    said = text_of(html)

    assert re.findall(r'class="correction[^"]*" id="v(\d+)"', html) == ["10", "9", "8", "7", "6", "5"]
    assert (
        "Corrections 1 Clarifications 1 Retractions 1 Reinstatements 1 Takedowns 1 Minor edits 1"
        " Median time to correct 6 minutes"
    ) in said
    assert "Clarification 17:10:01 PST on 2 March 2025, 10 minutes after publication The first one" in said
    assert "Which one it is." in said
    assert '<details class="correction notice minor" id="v7">' in html
    assert f'href="{PAGE_OF}/facts/{first.id}"' in html


def test_the_latest_hundred_of_a_story_come_first_and_all_of_them_are_counted(
    room: Newsroom, visitor: FlaskClient
) -> None:
    entry = report("0")
    notes = (correction(entry, f"Note {number}.", data={"headline": f"{number}"}) for number in range(1, PAGE + 6))
    room.publish(opening(), entry, *notes)

    first = read(visitor, f"{PAGE_OF}/corrections")
    (onward,) = re.findall(r'<a rel="next" href="(.*?)">', first)
    second = read(visitor, onward)
    replayed = read(visitor, f"{PAGE_OF}/corrections?as_of={PAGE + 4}")

    assert re.findall(r"Note (\d+)\.", first) == [str(number) for number in range(PAGE + 5, 5, -1)]
    assert re.findall(r"Note (\d+)\.", second) == ["5", "4", "3", "2", "1"]
    assert f"Corrections {PAGE + 5} Median" in text_of(first)
    assert f"Corrections {PAGE + 5} Median" in text_of(second)
    assert "noindex" in second
    assert 'rel="next"' not in second
    assert f'<a rel="next" href="{PAGE_OF}/corrections?as_of={PAGE + 4}&amp;before=5">' in replayed
    assert "Nothing was changed before that." in text_of(read(visitor, f"{PAGE_OF}/corrections?before=3"))
    assert "Before is “0”; it is a whole number from 1" in read(visitor, f"{PAGE_OF}/corrections?before=0", 400)


def test_a_story_without_corrections_says_so(room: Newsroom, visitor: FlaskClient) -> None:
    room.publish(opening(), report("It rains"))

    assert "Nothing has been changed so far." in text_of(read(visitor, f"{PAGE_OF}/corrections"))
    assert "Corrections: none" in text_of(read(visitor, PAGE_OF))


def test_as_of_a_version_only_what_was_published_by_then_is_listed(reader: FlaskClient) -> None:
    html = read(reader, f"{NIGHT_89}/corrections?as_of=154")

    assert "as it stood at version 154" in text_of(html)
    assert "read out by mistake" not in html
    assert "Moonlight wins" not in html
    assert '<meta name="robots" content="noindex">' in html
    assert f'<link rel="canonical" href="http://localhost{NIGHT_89}/corrections">' in html
    assert f'href="{NIGHT_89}?as_of=154"' in html


def test_at_a_moment_only_what_had_happened_and_was_published_by_then_is_listed(
    room: Newsroom, visitor: FlaskClient
) -> None:
    entry, later = report("It rains"), report("It pours", evening("01:25"))
    publish_one_by_one(room, opening(), entry, correction(entry, "It did not rain.", data={"headline": "It snows"}))
    room.publish(later, correction(later, "It did not pour.", data={"headline": "It stops"}))

    said = text_of(read(visitor, f"{PAGE_OF}/corrections?at=2025-03-03T01:20:00Z"))

    assert "It did not rain." in said
    assert "It did not pour." not in said
    assert "It did not rain." not in text_of(read(visitor, f"{PAGE_OF}/corrections?at=2025-03-03T01:19:00Z"))


def test_the_storys_page_leads_to_its_corrections_from_the_same_vantage(reader: FlaskClient) -> None:
    now, then = read(reader, NIGHT_89), read(reader, f"{NIGHT_89}?at=2017-02-27T05:08:00Z&as_of=162")

    assert f'<a href="{NIGHT_89}/corrections">Corrections: 3</a>' in now
    assert f'<a href="{NIGHT_89}/corrections?at=2017-02-27T05:08:00Z&amp;as_of=162">Corrections: 2</a>' in then
    assert 'href="/corrections"' in now


def test_what_was_retracted_and_then_taken_down_is_called_so(room: Newsroom, visitor: FlaskClient) -> None:
    entry = report("A name")
    room.publish(opening(), entry, retraction(entry), takedown(entry))

    for path in ("", "/changes?from=1", "/corrections", "/embed"):
        html = read(visitor, f"{PAGE_OF}{path}")
        assert "<s>None</s>" not in html, path
        assert "taken down" in html, path


def test_a_taken_down_text_stands_on_no_page(room: Newsroom, visitor: FlaskClient) -> None:
    entry = report("A secret headline", body="A secret body")
    room.publish(
        opening(),
        entry,
        correction(entry, "A secret note", data={"body": "Another secret body"}),
        retraction(entry, "A secret reason"),
        takedown(entry),
    )

    for address in (
        PAGE_OF,
        f"{PAGE_OF}?as_of=4",
        f"{PAGE_OF}/corrections",
        f"{PAGE_OF}/corrections?as_of=3",
        f"{PAGE_OF}/corrections?as_of=4",
        f"{PAGE_OF}/changes?from=1",
        f"{PAGE_OF}/changes?from=2&to=4",
        "/corrections",
    ):
        assert "secret" not in read(visitor, address)
    assert "secret" not in read(visitor, f"{PAGE_OF}/facts/{entry.id}?from=2&to=3", 400)
    assert "Basis: court order A court ordered it." in text_of(read(visitor, f"{PAGE_OF}/corrections"))


# Across all stories.


def test_all_stories_corrections_stand_on_one_page_with_counters_for_each(reader: FlaskClient) -> None:
    html = read(reader, "/corrections")
    said = text_of(html)

    assert said.index("Eydelshteyn plays the oligarch’s son") < said.index("read out by mistake")
    assert "Corrections 1 Updates 8 Retractions 1 Minor edits 1" in said
    assert "89th Academy Awards Updates 2 Retractions 1 Median time to correct 2 minutes" in said
    assert f'href="{NIGHT_97}/corrections"' in html
    assert f'href="{NIGHT_97}/facts/{MADISON_WINS}"' in html


def test_without_stories_the_page_says_that_nothing_was_changed(visitor: FlaskClient) -> None:
    assert "Nothing has been changed so far." in text_of(read(visitor, "/corrections"))


def test_the_latest_hundred_come_first_and_a_link_leads_on_to_the_rest(room: Newsroom, visitor: FlaskClient) -> None:
    entry = report("0")
    room.publish(opening(), entry)
    publish_one_by_one(
        room, *(correction(entry, f"Note {number}.", data={"headline": f"{number}"}) for number in range(1, PAGE + 6))
    )

    first = read(visitor, "/corrections")
    (onward,) = re.findall(r'<a rel="next" href="(.*?)">', first)
    second = read(visitor, onward)

    assert re.findall(r"Note (\d+)\.", first) == [str(number) for number in range(PAGE + 5, 5, -1)]
    assert re.findall(r"Note (\d+)\.", second) == ["5", "4", "3", "2", "1"]
    assert 'rel="next"' not in second
    assert "noindex" in second


def test_no_correction_falls_between_two_pages_that_part_within_one_moment(
    room: Newsroom, visitor: FlaskClient
) -> None:
    for slug in ("one", "two"):
        there = Newsroom(room.database, story=slug)
        there.publish(opening(), entry := report("0", EVENING - timedelta(hours=1)))
        for number in range(1, PAGE // 2 + 2):
            there.clock.now = EVENING + timedelta(minutes=number)
            there.publish(correction(entry, f"{slug} {number}.", data={"headline": f"{number}"}))

    first = read(visitor, "/corrections")
    (onward,) = re.findall(r'<a rel="next" href="(.*?)">', first)
    found = re.findall(r'class="note">((?:one|two) \d+)\.', first + read(visitor, onward))

    assert len(found) == len(set(found)) == 2 * (PAGE // 2 + 1)


def test_nor_does_one_of_an_imported_record_whose_events_share_a_moment(
    room: Newsroom, visitor: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corrections, "PAGE", 2)
    at_once = [
        CORRECTION | {"id": str(uuid4()), "data": CORRECTION["data"] | {"fact": FACT, "note": f"Note {number}."}}
        for number in range(5)
    ]
    for number, line in enumerate(at_once):
        line["data"]["set"] = {"data": {"headline": f"Headline {number}"}}
    import_file(room.desk, write(tmp_path, OPENING, REPORT, *at_once))

    found, onward = [], ["/corrections"]
    while onward:
        html = read(visitor, onward[0])
        found += re.findall(r"Note (\d)\.", html)
        onward = re.findall(r'<a rel="next" href="(.*?)">', html)

    assert found == ["4", "3", "2", "1", "0"]


def test_what_had_not_happened_by_a_moment_leaves_no_gap_on_a_page_of_then(
    room: Newsroom, visitor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corrections, "PAGE", 2)
    moved, other = report("Moved"), report("Other")
    room.publish(opening(), moved, other)
    room.publish(correction(other, "Of the other.", data={"headline": "The other"}))
    room.publish(*(correction(moved, f"Note {number}.", data={"headline": f"{number}"}) for number in range(3)))
    room.clock.turn(minutes=30)
    room.publish(correction(moved, "It was later.", occurred_at=evening("01:20")))

    said = text_of(read(visitor, f"{PAGE_OF}/corrections?at=2025-03-03T01:10:00Z"))

    assert "Corrections 1" in said
    assert "Of the other." in said


# Any two versions of an entry.


def test_any_two_versions_of_an_entry_can_be_compared(room: Newsroom, visitor: FlaskClient) -> None:
    entry = report("One film", evening("00:30"))
    room.publish(
        opening(),
        entry,
        correction(entry, data={"headline": "Two films"}),
        report("Another"),
        correction(entry, occurred_at=evening("00:40"), data={"headline": "Three films"}),
    )
    place = f"{PAGE_OF}/facts/{entry.id}"

    html = read(visitor, f"{place}?from=2&to=5")
    found = text_of(html.partition('id="compare">')[2])

    assert "When it happened Was 16:30 PST on 2 March 2025 Now 16:40 PST on 2 March 2025" in found
    assert "Was [removed: One film] Now [added: Three films]" in found
    assert re.findall(r"<option value=\"(\d+)\"", html) == ["2", "3", "5"] * 2
    assert re.findall(r"<option value=\"(\d+)\" selected", html) == ["2", "5"]
    assert "noindex" in html
    assert f'<link rel="canonical" href="http://localhost{place}">' in html
    back = text_of(read(visitor, f"{place}?from=3&to=2").partition('id="compare">')[2])
    assert "Was [removed: Two films] Now [added: One film]" in back
    assert "Both say the same." in text_of(read(visitor, f"{place}?from=3&to=3"))
    assert "From version 2 to version 3" in text_of(read(visitor, f"{place}?to=3"))


def test_an_entry_that_never_changed_has_nothing_to_compare(reader: FlaskClient) -> None:
    assert "Compare two versions" not in read(reader, f"{NIGHT_97}/facts/{MADISON_WINS}?as_of=60")
    assert "Compare two versions" in read(reader, f"{NIGHT_97}/facts/{MADISON_WINS}?as_of=64")


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("from=57&to=64", 400, "From is “57”; the versions of this entry are 56, 64"),
        ("from=56&to=banana", 400, "To is “banana”; the versions of this entry are 56, 64"),
        ("from=&to=64", 400, "From is “”"),
        ("from=-1", 400, "From is “-1”"),
        ("to=999", 404, "97th-academy-awards is at version 67; there is no version 999 yet"),
        ("to=64&as_of=60", 400, "To is “64”; the versions of this entry are 56."),
    ],
)
def test_versions_that_an_entry_never_had_are_refused(
    reader: FlaskClient, query: str, status: int, says: str
) -> None:
    assert says in text_of(read(reader, f"{NIGHT_97}/facts/{MADISON_WINS}?{query}", status))


# What changed between two moments.


def test_between_two_moments_the_reader_sees_what_is_new_and_what_was_changed(reader: FlaskClient) -> None:
    html = read(reader, f"{NIGHT_89}/changes?from=2017-02-27T05:04:00Z&to=2017-02-27T05:08:00Z")
    said = text_of(html)

    assert "From version 154 (21:03:49 PST on 26 February 2017) to version 162" in said
    assert "Best Picture: La La Land (Fred Berger, Jordan Horowitz, Marc Platt) is no longer the winner" in said
    assert re.search(r"Best Picture: Moonlight \(.*?\) wins", said)
    assert "Retracted 21:06 PST, 2 minutes after publication" in said
    assert "Moonlight wins Best Picture, after La La Land is announced by mistake" in said.partition("New entries")[2]
    assert f'href="{NIGHT_89}/facts/{LA_LA_LAND_WINS}?as_of=162"' in html
    assert "noindex" in html


def test_of_more_than_a_page_can_tell_the_last_is_told_with_a_link_to_what_was_before(
    room: Newsroom, visitor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.publish(opening(), *(report(f"Report {number}") for number in range(5)))
    monkeypatch.setattr(corrections, "SPAN", 3)
    monkeypatch.setattr(api, "SPAN", 3)

    html = read(visitor, f"{PAGE_OF}/changes?from=2")
    (before,) = re.findall(r'<a href="([^"]*)">What changed before version 3</a>', html)

    assert "New entries: 3" in html
    assert "You asked for 1 event more" in text_of(html)
    assert "New entries: 1" in read(visitor, before.replace("&amp;", "&"))
    assert "You asked for" not in read(visitor, f"{PAGE_OF}/changes?from=3")
    assert "Name two moments" in read(visitor, f"{PAGE_OF}/changes?utm_source=a_letter")
    refused = visitor.get(f"/api/stories/{STORY}/changes?from=2")
    assert refused.status_code == 400
    assert "span-too-long" in refused.text


def test_of_very_many_changes_the_last_are_told_with_a_link_to_all(
    room: Newsroom, visitor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    often, once = report("It rains"), report("It is dark")
    changes = [correction(often, f"Note {number}.", data={"headline": f"It rains {number}"}) for number in range(3)]
    room.publish(opening(), often, once, *changes, correction(once, "Of dark.", data={"headline": "It is late"}))
    monkeypatch.setattr(corrections, "PAGE", 3)

    html = read(visitor, f"{PAGE_OF}/changes?from=3")
    said = text_of(html)

    assert "Changed entries: 2 It is late" in said
    assert "Of dark." in said
    assert [note in said for note in ("Note 0.", "Note 1.", "Note 2.")] == [False, True, True]
    assert "1 earlier change: see all corrections." in said
    assert f'<a href="{PAGE_OF}/corrections">all corrections</a>' in html
    assert "earlier change" not in read(visitor, f"{PAGE_OF}/changes?from=4")


def test_the_form_sent_once_more_asks_for_the_same(room: Newsroom, visitor: FlaskClient) -> None:
    for number in range(9):
        room.publish(*([] if number else [opening()]), report(f"Report {number}"))
        room.clock.turn(seconds=0.4)

    def fields(query: str) -> list[str]:
        return re.findall(r'name="(?:from|to)" value="(.*?)"', visitor.get(query, follow_redirects=True).text)

    once = fields(f"{PAGE_OF}/changes?from=2025-03-02T17:00:00&to=2025-03-02T17:00:01")

    assert once == ["2025-03-02T17:00:00", "2025-03-02T17:00:01"]
    assert fields(f"{PAGE_OF}/changes?from={once[0]}&to={once[1]}") == once


def test_since_a_last_visit_only_what_came_since_is_told(room: Newsroom, visitor: FlaskClient) -> None:
    entry, untouched = report("It rains"), report("It is dark")
    room.publish(opening(), entry, untouched, correction(entry, "An old note.", data={"headline": "It pours"}))
    moved = correction(entry, "A new note.", occurred_at=evening("00:50"))
    room.publish(moved, mark(entry, "marked_key"), report("It ends"), event("coverage.started", {}))

    said = text_of(read(visitor, f"{PAGE_OF}/changes?from=4"))

    assert "Changed entries: 1 It pours Now a key moment Correction" in said
    assert "A new note. When it happened Was 17:00 PST on 2 March 2025 Now 16:50 PST" in said
    assert "New entries: 1 17:00 PST It ends" in said
    assert "Coverage Was [removed: not live yet] Now [added: live]" in said
    assert "An old note." not in said
    assert "It is dark" not in said


def test_a_winner_by_a_corrected_award_is_told_on_the_scoreboard(room: Newsroom, visitor: FlaskClient) -> None:
    entry = award("Best Picture", "Anora", "Sean Baker")
    room.publish(opening(), nomination("Best Picture", "Conclave"), entry)
    room.publish(correction(entry, data={"film": "Conclave", "people": []}))

    said = text_of(read(visitor, f"{PAGE_OF}/changes?from=3"))

    assert "Best Picture: Anora (Sean Baker) is no longer the winner Best Picture: Conclave wins" in said


def test_where_nothing_changed_the_page_says_so(reader: FlaskClient) -> None:
    assert "Nothing changed in between." in text_of(read(reader, f"{NIGHT_89}/changes?from=162&to=162"))


def test_from_before_the_first_event_everything_is_new(reader: FlaskClient) -> None:
    said = text_of(read(reader, f"{NIGHT_89}/changes?from=0&to=3"))

    assert "From version 0 (before the first event) to version 3" in said
    assert "New entries: 2" in said


def test_without_moments_the_page_asks_for_them(reader: FlaskClient) -> None:
    html = read(reader, f"{NIGHT_89}/changes")

    assert "Name two moments" in text_of(html)
    assert "New entries" not in html
    assert "noindex" not in html


@pytest.mark.parametrize(
    ("sent", "canonical"),
    [
        ("from=2017-02-26T21:04&to=2017-02-26T21:08:00", "?from=154&to=162"),
        ("from=2017-02-26T21:04&to=", "?from=154"),
        ("from=&to=2017-02-26T21:08", "?to=162"),
        ("from=&to=", ""),
    ],
)
def test_local_times_lead_to_the_address_to_keep(reader: FlaskClient, sent: str, canonical: str) -> None:
    response = reader.get(f"{NIGHT_89}/changes?{sent}")

    assert response.status_code == 302
    assert response.headers["Location"] == f"{NIGHT_89}/changes{canonical}"


@pytest.mark.parametrize("asked", ["from=162&to=154", "from=2017-02-27T05:08:00Z&to=154"])
def test_asked_backwards_the_page_tells_the_same_and_that_it_was_turned(reader: FlaskClient, asked: str) -> None:
    turned = read(reader, f"{NIGHT_89}/changes?{asked}")
    forward = read(reader, f"{NIGHT_89}/changes?from=154&to=162")

    assert "From version 154" in text_of(turned)
    assert turned.replace(" You named the later moment first; this page always goes forward.", "") == forward
    assert turned != forward


# What all of these pages keep.


@pytest.mark.parametrize(
    ("address", "status", "says"),
    [
        ("/stories/no-such-story/corrections", 404, "there is no story “no-such-story”"),
        ("/stories/no-such-story/changes?from=1", 404, "there is no story “no-such-story”"),
        (f"{NIGHT_89}/corrections?as_of=170", 404, "there is no version 170 yet"),
        (f"{NIGHT_89}/corrections?as_of=x", 400, "“x” is not a moment"),
        (f"{NIGHT_89}/corrections?at=2017-02-27T05:04:00", 400, "it has no zone"),
        (f"{NIGHT_89}/changes?from=170", 404, "there is no version 170 yet"),
        (f"{NIGHT_89}/changes?from=1&to=yesterday", 400, "“yesterday” is not a moment"),
        ("/corrections?before=yesterday", 400, "“yesterday” is no place among corrections"),
        ("/corrections?before=yesterday~x~1", 400, "“yesterday” is not a moment"),
    ],
)
def test_bad_input_is_answered_by_a_page_that_says_why_and_leads_on(
    reader: FlaskClient, address: str, status: int, says: str
) -> None:
    html = read(reader, address, status)

    assert says.lower() in text_of(html).lower()
    assert f'href="{address.partition("?")[0]}"' in html or "?" not in address


def test_an_unchanged_page_costs_a_304_and_an_append_a_new_one(room: Newsroom, visitor: FlaskClient) -> None:
    room.publish(opening(), entry := report("It rains"))
    addresses = ["/corrections", f"{PAGE_OF}/corrections", f"{PAGE_OF}/changes?from=1"]
    tags = [visitor.get(address).headers["ETag"] for address in addresses]

    def statuses() -> list[int]:
        known = zip(addresses, tags, strict=True)
        return [visitor.get(address, headers={"If-None-Match": tag}).status_code for address, tag in known]

    assert statuses() == [304] * 3
    room.publish(correction(entry, data={"headline": "It pours"}))
    assert statuses() == [200] * 3


def test_script_in_any_field_never_reaches_these_pages(room: Newsroom, visitor: FlaskClient) -> None:
    entry = report(ATTACK, body=ATTACK)
    fixed = correction(entry, ATTACK, data={"headline": f"{ATTACK} {ATTACK}", "body": f"New {ATTACK}"})
    room.publish(opening(title=ATTACK), entry, fixed, award(ATTACK, ATTACK, ATTACK))

    for address in (
        PAGE_OF,
        "/corrections",
        f"{PAGE_OF}/corrections",
        f"{PAGE_OF}/changes?from=0",
        f"{PAGE_OF}/facts/{entry.id}?from=2&to=3",
    ):
        html = read(visitor, address)
        assert "<script>alert" not in html
        assert "<img" not in html


@pytest.mark.parametrize(
    "address",
    [
        "/corrections",
        f"{NIGHT_97}/corrections",
        f"{NIGHT_89}/corrections?as_of=0",
        f"{NIGHT_89}/changes",
        f"{NIGHT_89}/changes?from=154&to=162",
        f"{NIGHT_97}/facts/{MADISON_WINS}?from=56&to=64",
    ],
)
def test_a_page_is_ordered_for_those_who_do_not_see_it(reader: FlaskClient, address: str) -> None:
    html = read(reader, address)
    levels = [int(level) for level in re.findall(r"<h([1-6])\b", html)]
    ids = re.findall(r'\bid="(.*?)"', html)

    assert levels.count(1) == 1
    assert all(behind <= before + 1 for before, behind in pairwise(levels))
    assert len(ids) == len(set(ids))
    assert set(re.findall(r' for="(.*?)"', html)) <= set(ids)


def _item(html: str, version: int) -> str:
    """Return the markup of an item of the stream."""
    return html.partition(f'id="v{version}"')[2].partition(">")[2].partition("\n</div>\n</div>")[0]
