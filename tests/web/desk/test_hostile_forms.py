"""Hostile forms: whatever somebody types or sends, no page of the desk or for readers runs it, and nothing breaks."""

import json
from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from composing import NAMED, Answer, Writer
from desk_pages import OURS
from inert import expect_inert
from newsroom import STORY, Newsroom, report
from timeline.store.people import Role
from wire import Wire

ATTACKS: Final = {
    "a script": "<script>alert(1)</script>",
    "the end of an attribute": "\"><img src=x onerror=alert(1)>' onfocus=alert(1) autofocus x='",
    "the end of a textarea": "</textarea></title></script><script src=//evil.example></script><style>*{}</style>",
    "an address that runs": "javascript:alert(1)",
    "Markdown": "[a](javascript:alert(1)) ![b](https://evil.example/b.png) <svg/onload=alert(1)> <data:text/html,x>",
    "entities": "&lt;script&gt; &amp;#60;script&amp;#62; &#x22;onerror=alert(1)",
    "text from right to left": "\u202egnp.exe\u2066 \u200b\ufeff\u2028\u2029\x85\x01\x1f\ufffe",
    "a template": "{{ config }} {% include 'x' %} ${7*7} %s %(x)s",
    "line ends": "a\r\nSet-Cookie: evil=1\r\n\r\n<script>",
    "a long text": "x<b>" * 12_500,
}
TOLD: Final = UUID(int=1)
EVIL: Final = frozenset({"evil.example"})
FIELDS: Final = (
    *("id", "type", "fact", "seen", "kind", "note", "when", "moment", "precision", "offer", "event", "form", "slug"),
    *("source.name", "source.url", "source.waived", "discard", "part", "draft", "do", "data.", "data.media.0.url"),
    *(f"data.{name}" for name in ("headline", "body", "people", "category", "film", "count", "title", "summary")),
    *("data.kind", "data.timezone", "data.language", "data.media", "data.media.0.alt", "data.media.999999.alt"),
)
ROUTES: Final = tuple(f"/stories/{STORY}/{each}" for each in ("preview", "preview?part=1", "publish", "drafts"))


@pytest.fixture
def ana(story_room: Newsroom) -> Writer:
    story_room.publish(report("It snows", id=TOLD))
    return Writer.of(story_room)


@pytest.fixture(scope="module")
def shared(held: Wire) -> Writer:
    """Return somebody who may do anything at a desk that all tests share."""
    held.newsroom.publish(report("It snows", id=TOLD))
    return Writer.of(held.newsroom, role=Role.ADMIN)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_what_is_published_runs_nowhere(ana: Writer, attack: str) -> None:
    text, line = attack, " ".join(attack.split())[:450]
    said = {"data.headline": line, "data.category": line, "data.film": line, "data.people": line}
    source = {"source.name": line, "source.url": "https://evil.example/?q=%22%3E<script>"}
    award = ana.report("award.announced", **said, **source, **{"data.body": text})
    expect_inert(award.response, known=EVIL)
    fact = ana.put_on_record(award).id
    for do, note in (("fact.corrected", text[:5000]), ("fact.retracted", text[:5000])):
        proof = ana.amend(fact, do, note=note, **({"data.film": f"{line}!"} if do == "fact.corrected" else {}))
        expect_inert(proof.response, known=EVIL)
        ana.put_on_record(proof)
    described = ana.preview({"type": "story.described", "data.title": line, "data.summary": text})
    ana.put_on_record(described)
    ana.send("drafts", ana.look().form() | said | {"data.body": text})

    for response in _all_pages(ana, fact):
        assert response.status_code == 200
        expect_inert(response, known=EVIL)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_what_is_refused_runs_nowhere(shared: Writer, attack: str) -> None:
    before = shared.newsroom.trace()
    everywhere: dict[str, Any] = dict.fromkeys(FIELDS, attack)
    for type_ in ("award.announced", "fact.corrected", "story.described", attack):
        for form in (everywhere, everywhere | {"fact": str(TOLD), "seen": "2", "offer": ""}, {"type": type_}):
            for browser in (shared, shared.without_script()):
                expect_inert(browser.preview(form | {"type": type_}).response)
    for where in ("publish", "drafts"):
        assert shared.send(where, everywhere).status >= 400
    expect_inert(shared.visitor.post("/open", **everywhere))
    assert shared.newsroom.trace() == before


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_what_two_editors_wrote_runs_nowhere(ana: Writer, attack: str) -> None:
    line = " ".join(attack.split())[:450]
    form = ana.open(TOLD).form() | {"data.headline": f"{line}?", "data.body": attack, "note": attack[:5000]}
    ben = Writer.of(ana.newsroom, "Ben")
    ben.put_on_record(
        ben.amend(TOLD, **{"data.headline": f"{line}!", "data.body": f"So: {attack[:40_000]}", "note": line})
    )

    for browser in (ana, ana.without_script()):
        merged = browser.preview(form)
        assert (merged.status, _plain(merged.form()["data.headline"])) == (409, _plain(f"{line}?"))
        expect_inert(merged.response)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_what_stands_in_an_address_runs_nowhere(shared: Writer, attack: str) -> None:
    for names in (("type",), ("draft",), ("new",), ("type", "draft"), ("do",), ("do", "new")):
        expect_inert(shared.look(**dict.fromkeys(names, attack[:2000])).response)
        expect_inert(shared.visitor.get(f"/stories/{STORY}/facts/{TOLD}", **dict.fromkeys(names, attack[:2000])))


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", " JaVaScRiPt:alert(1)"])
def test_an_address_that_runs_is_no_source(shared: Writer, url: str) -> None:
    answer = shared.report("ceremony.ended", **{"source.url": url})

    assert (answer.status, answer.faults[0].partition(":")[0]) == (422, "Source")


def test_a_nul_is_refused_wherever_it_stands(shared: Writer) -> None:
    before = shared.newsroom.trace()
    for name in FIELDS:
        for where in ("preview", "publish", "drafts"):
            assert shared.send(where, NAMED | {"type": "ceremony.ended", name: "a\0b"}).status == 400
    assert shared.visitor.post("/open", slug="a\0b").status_code == 400
    for name in ("type", "draft", "do", "new"):
        assert shared.look(**{name: "a\0b"}).status == 200
    assert shared.newsroom.trace() == before


@pytest.mark.parametrize(("name", "most"), [("data.headline", 500), ("data.body", 50_000)])
def test_a_text_is_as_long_as_it_may_be_and_no_longer(ana: Writer, name: str, most: int) -> None:
    form = {"data.headline": "H"}

    assert ana.report("update.reported", **form | {name: "é" * (most + 1)}).status == 422
    recorded = ana.put_on_record(ana.report("update.reported", **form | {name: "é" * most}))

    assert recorded.data
    assert len(recorded.data[name.removeprefix("data.")]) == most


def test_a_correction_of_the_longest_text_can_be_published_with_the_longest_note(ana: Writer) -> None:
    ana.put_on_record(ana.amend(TOLD, **{"data.body": "é" * 50_000, "note": "é" * 5_000}))

    assert ana.amend(TOLD, **{"data.body": "A body.", "note": "é" * 5_001}).status == 422


TEXTS: Final = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.sampled_from([str(TOLD), str(UUID(int=9)), "", "1", "2", "3", "99", "now", "exact", "minute", "year", "yes"]),
    st.sampled_from(
        ["2025-03-02T16:00", "0001-01-01T00:00", "9999-12-31T23:59", "correction", "minor", "UTC", "a-b"]
    ),
    st.sampled_from(["update.reported", "award.announced", "fact.corrected", "fact.retracted", "story.described"]),
    st.sampled_from(["general", "https://a.example/", "[[]]", "{}", "[" * 40, "1e999", "\u202e"]),
)
JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
ABOUT: Final = {"fact": str(TOLD), "seen": "2", "note": "Why"}
SOUND: Final[list[dict[str, str]]] = [
    NAMED | {"type": "update.reported", "data.headline": "It rains", "data.media.0.url": "https://a.example/"},
    NAMED | {"type": "award.announced", "data.category": "Sound", "data.film": "Dune", "data.people": "A\r\nB"},
    NAMED | {"type": "prize.won", "data.prize": "A", "data.film": "Dune", "data.count": "3", "when": "exact"},
    NAMED | {"offer": '{"type": "ceremony.began", "data": {"venue": "A"}}', "when": "earlier"},
    ABOUT | {"type": "fact.corrected", "data.headline": "It pours", "kind": "update", "moment": "2025-03-02T16:00"},
    *(ABOUT | {"type": f"fact.{deed}"} for deed in ("retracted", "pinned", "unmarked_key")),
    {"type": "story.described", "data.title": "A"},
    {"slug": "a", "data.title": "A", "data.kind": "general", "data.timezone": "UTC"},
    {},
]
EVENTS: Final[list[dict[str, Any]]] = [
    {"type": "update.reported", "data": {"headline": "It rains"}, "occurred_at": "2025-03-03T00:00:00Z"},
    {"type": "fact.corrected", "data": {"fact": str(TOLD), "kind": "minor", "set": {"data": {"body": "B"}}}},
    {"type": "fact.pinned", "data": {"fact": str(TOLD)}},
    {"type": "story.described", "data": {"title": "A"}},
    {},
]
NAMES: Final = st.sampled_from(FIELDS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
KEYS: Final = st.sampled_from(["type", "data", "id", "occurred_at", "source", "actor", "precision", "schema", "x"])

FORM_PARTS: Final = (st.sampled_from(SOUND), st.uuids(), st.dictionaries(NAMES, TEXTS, max_size=3))
EVENT_PARTS: Final = (st.sampled_from(EVENTS), st.uuids(), st.dictionaries(KEYS, JSON | TEXTS, max_size=2))
CARRIED_PARTS: Final = (st.sampled_from(SOUND), st.dictionaries(NAMES, JSON, max_size=2))


@given(
    where=st.sampled_from([*ROUTES, "/open"]),
    form=st.builds(lambda sound, id_, more: sound | {"id": str(id_)} | more, *FORM_PARTS),
    event_=st.builds(lambda sound, id_, more: sound | {"id": str(id_)} | more, *EVENT_PARTS).map(json.dumps) | TEXTS,
    carried=st.builds(lambda sound, more: json.dumps(sound | more), *CARRIED_PARTS) | TEXTS,
)
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_form_at_any_address_is_answered_and_leaves_a_whole_event_or_none(
    shared: Writer, where: str, form: dict[str, str], event_: str, carried: str
) -> None:
    sent = form | ({"event": event_, "form": carried} if "publish" in where else {})
    before = shared.newsroom.trace()

    response = shared.visitor.client.post(f"/desk{where}", data=sent, headers=OURS)

    expect_inert(response, known=frozenset({"a.example", "stage.example"}))
    is_written = shared.newsroom.trace() != before
    assert is_written <= (response.status_code == 303)
    if is_written and where != "/open":
        recorded = shared.newsroom.record()[-1]
        assert (recorded.actor, str(recorded.id)) == ("Ana", str(UUID(json.loads(event_)["id"])))


def _all_pages(ana: Writer, fact: UUID) -> Iterator[Any]:
    """Yield every page that shows the entry, to the desk and to readers."""
    for query in ({}, {"new": ""}, {"type": "award.announced"}, {"type": "story.described"}):
        yield ana.look(**query).response
    for do in ("fact.corrected", "fact.reinstated", "fact.pinned"):
        yield ana.open(fact, do).response
    yield ana.visitor.get("")
    for path in ("", f"/facts/{fact}", "/corrections", f"/facts/{fact}?from=3&to=4", "/changes?from=2&to=5"):
        yield ana.visitor.client.get(f"/stories/{STORY}{path}")
    yield ana.visitor.client.get("/")


def _plain(text: str) -> str:
    """Return a text without the characters that a page cannot hold."""
    return "".join(each for each in text if each.isprintable() or each == " ")


def test_the_attacks_reach_the_pages_that_are_looked_at(ana: Writer) -> None:
    award = {"data.category": "Rumpelstiltskin", "data.film": "Rumpelstiltskin", "id": str(uuid4())}
    fact = ana.put_on_record(ana.report("award.announced", **award)).id
    ana.put_on_record(ana.amend(fact, **{"data.film": "Rumpel", "note": "N"}))

    told = [Answer(response).response.text.count("Rumpelstiltskin") for response in _all_pages(ana, fact)]
    assert sum(count > 0 for count in told) >= 10
