"""The live stream: what is recorded reaches the pages that are open, once, in order, without a gap."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import Any

import pytest
from flask import template_rendered
from jinja2 import Template
from sqlalchemy.event import listen
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from kept import comes_true, shelf_of
from newsroom import STORY, Newsroom, correction, event, mark, opening, reinstatement, report, retraction, takedown
from timeline.web import live
from timeline.web.bulletins import ERRATA
from timeline.web.prose import set_prose
from wire import Wire, problem, sent, wired

Message = tuple[str | None, str, dict[str, Any]]
"""Id, event and data of a message."""


@pytest.fixture(autouse=True)
def _quick(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let tests wait for less; and let nobody look into a database that is being closed."""
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.2)
    yield
    shelf_of(wire.client.application).clear()  # What is kept has to be looked after, too.
    assert _waits_until(_nobody_looks_out)


def test_every_event_has_its_name_and_its_version(wire: Wire) -> None:
    first, second = report("Anora leads"), report("The Brutalist follows")
    told = [
        ("published", first),
        ("published", second),
        ("corrected", correction(first, data={"headline": "Anora leads by far"})),
        ("retracted", retraction(first)),
        ("reinstated", reinstatement(first)),
        ("pinned", mark(first)),
        ("pinned", mark(first, "marked_key")),
        ("taken_down", takedown(second)),
        ("described", event("story.described", {"title": "The night"})),
        ("described", event("coverage.started", {})),
        ("ended", event("coverage.ended", {})),
    ]
    for _, draft in told:
        wire.newsroom.publish(draft)

    found = [(id_, name) for id_, name, _ in _missed(wire, after=1) if id_]

    assert found == [(str(version), name) for version, (name, _) in enumerate(told, start=2)]


def test_a_stream_goes_on_exactly_behind_the_last_event_id(wire: Wire) -> None:
    for number in range(5):
        wire.newsroom.publish(report(f"Report {number}"))

    messages = _missed(wire, last_event_id=4)

    assert [id_ for id_, _, _ in messages if id_] == ["5", "6"]


def test_each_fragment_shows_the_entry_as_it_stood_at_its_event(wire: Wire) -> None:
    draft = report("Anora leads")
    wire.newsroom.publish(draft)
    wire.newsroom.publish(correction(draft, "It was The Brutalist.", data={"headline": "The Brutalist leads"}))

    before, after = (data["html"] for id_, _, data in _missed(wire, after=1) if id_)

    assert "Anora leads" in before
    assert "The Brutalist leads" not in before
    assert "The Brutalist leads" in after
    assert "It was The Brutalist." in after


def test_the_text_of_a_fact_that_was_taken_down_is_in_no_message(wire: Wire) -> None:
    draft = report("A name that must go")
    wire.newsroom.publish(draft)
    wire.newsroom.publish(correction(draft, data={"headline": "Another name that must go"}))
    wire.newsroom.publish(takedown(draft))

    assert "name that must go" not in json.dumps(_missed(wire, after=1))


def test_a_correction_that_was_erased_is_not_counted_as_one(wire: Wire) -> None:
    draft = report("A name that must go")
    wire.newsroom.publish(draft, correction(draft, data={"headline": "Another"}), takedown(draft))

    names = [name for id_, name, _ in _missed(wire, after=1) if id_]

    assert names == ["published", "described", "taken_down"]


def test_what_is_recorded_while_the_stream_is_open_arrives_once(wire: Wire) -> None:
    stream = _open(wire, after=1)
    wire.append(sent(wire.newsroom, "By the API"))
    wire.newsroom.publish(report("By another process"))

    messages = _take(stream, until="3")

    assert [id_ for id_, _, _ in messages if id_] == ["2", "3"]
    stream.close()


def test_the_board_comes_before_the_entry_that_moved_it_and_has_no_id(wire: Wire) -> None:
    wire.newsroom.publish(report("Anora leads"))

    names = [(id_, name) for id_, name, _ in _missed(wire, after=1)]

    assert names == [(None, "board"), ("2", "published")]


def test_the_board_names_the_phase_of_the_night(wire: Wire) -> None:
    wire.newsroom.desk.open("night", opening("ceremony", "The night"), actor="desk")
    wire.newsroom.desk.append("night", [event("ceremony.began", {}, at=wire.newsroom.desk.clock())], actor="desk")

    answer = wire.client.get("/stories/night/updates?after=1").json or {}

    assert answer["bulletins"][0]["data"]["phase"]


def test_a_stream_that_is_silent_still_beats(wire: Wire) -> None:
    stream = _open(wire, after=1)

    assert [next(_messages(stream))[1] for _ in range(2)] == ["beat", "beat"]
    stream.close()


def test_an_open_stream_holds_no_session_of_the_database(wire: Wire) -> None:
    stream = _open(wire, after=1)
    next(_messages(stream))

    pool: Any = wire.newsroom.database.engine.pool
    assert _waits_until(lambda: pool.checkedout() == 0)  # The look-out has one while it looks.
    stream.close()


def test_a_reader_who_is_too_slow_is_dropped_and_goes_on_later(wire: Wire) -> None:
    lookout = wire.client.application.extensions["lookout"]
    reader = lookout.enter(STORY)
    for _ in range(live.QUEUE):
        reader.batches.put_nowait(())

    wire.newsroom.publish(report("One too many"))

    assert _waits_until(lambda: reader.is_dropped)
    assert [id_ for id_, _, _ in _missed(wire, last_event_id=1) if id_] == ["2"]


def test_what_still_waits_for_a_slow_reader_is_not_sent_after_a_takedown(wire: Wire) -> None:
    lookout = wire.client.application.extensions["lookout"]
    draft = report("A name that must go")
    reader = lookout.enter(STORY)
    wire.newsroom.publish(draft)
    assert _waits_until(lambda: not reader.batches.empty())

    wire.newsroom.publish(takedown(draft))

    assert _waits_until(lambda: reader.is_dropped)
    assert "name that must go" not in "".join(live._stream(reader, (), sent=1, is_over=False))


def test_what_still_waits_for_a_slow_reader_is_not_sent_after_so_much_that_a_takedown_is_not_told_by_itself(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timeline.web.bulletins.MOST", 1)
    draft = report("A name that must go")
    reader = wire.client.application.extensions["lookout"].enter(STORY)
    wire.newsroom.publish(draft)
    assert _waits_until(lambda: not reader.batches.empty())

    wire.newsroom.publish(takedown(draft), report("And more"))

    assert _waits_until(lambda: reader.is_dropped)
    assert "name that must go" not in "".join(live._stream(reader, (), sent=1, is_over=False))


def test_a_story_that_cannot_be_told_starves_no_other_and_its_pages_load_anew(wire: Wire) -> None:
    _fail_at(wire, "Words that cannot be set.")
    wire.newsroom.desk.open("another", opening("general", "Another"), actor="desk")
    lookout = wire.client.application.extensions["lookout"]
    readers = {slug: lookout.enter(slug) for slug in (STORY, "another")}

    wire.newsroom.publish(report("Here", body="Words that cannot be set."))
    wire.newsroom.desk.append("another", [report("There")], actor="desk")

    assert _names(readers["another"]) == ["board", "published"]
    assert _names(readers[STORY]) == ["reset"]
    wire.newsroom.publish(report("Here again"))
    assert _names(readers[STORY]) == ["board", "published"]
    for slug, reader in readers.items():
        lookout.leave(slug, reader)


@pytest.mark.parametrize("path", ["live", "updates"])
def test_who_comes_back_to_what_cannot_be_told_loads_the_page_anew(wire: Wire, path: str) -> None:
    _fail_at(wire, "Words that cannot be set.")
    wire.newsroom.publish(report("Here", body="Words that cannot be set."))

    if path == "live":
        assert [(id_, name) for id_, name, _ in _missed(wire, after=1)] == [("2", "reset")]
    else:
        assert _updates(wire, after=1) == [{"id": 2, "event": "reset", "data": {"version": 2}}]


def test_when_the_database_fails_for_a_moment_no_page_is_loaded_anew(wire: Wire) -> None:
    failed: list[bool] = []

    def fail_once(*_: object) -> None:
        if threading.current_thread().name == "lookout" and not failed:
            failed.append(True)
            raise OperationalError("SELECT", None, Exception("it is gone"))

    lookout = wire.client.application.extensions["lookout"]
    reader = lookout.enter(STORY)
    listen(wire.newsroom.database.engine, "before_cursor_execute", fail_once)
    wire.newsroom.publish(report("Anora leads"))

    assert _names(reader) == ["board", "published"]
    assert failed
    lookout.leave(STORY, reader)


def test_a_bulletin_is_made_once_for_all_who_read_it_and_however_they_ask(wire: Wire) -> None:
    lookout = wire.client.application.extensions["lookout"]
    reader = lookout.enter(STORY)
    with _renderings(wire) as rendered:
        wire.newsroom.publish(report("Anora leads"))
        assert _names(reader) == ["board", "published"]
        for _ in range(3):
            assert [name for _, name, _ in _missed(wire, after=1)] == ["board", "published"]
            assert [each["event"] for each in _updates(wire, after=1)] == ["board", "published"]
    lookout.leave(STORY, reader)

    assert rendered.count("bulletin.html") == 1
    assert len(rendered) == len(set(rendered))


def test_many_who_come_back_at_once_cost_one_rendering(wire: Wire) -> None:
    wire.newsroom.publish(*(report(f"Report {number}") for number in range(5)))
    all_are_here = threading.Barrier(8)

    def come_back(_: int) -> TestResponse:
        all_are_here.wait(10)
        return wire.client.application.test_client().get(f"/stories/{STORY}/updates?after=1")

    with _renderings(wire) as rendered, ThreadPoolExecutor(8) as readers:
        answers = list(readers.map(come_back, range(8)))

    assert rendered.count("bulletin.html") == 5
    assert {answer.data for answer in answers} == {answers[0].data}


def test_only_what_is_new_is_made(wire: Wire) -> None:
    wire.newsroom.publish(report("Anora leads"))
    before = _updates(wire, after=1)
    with _renderings(wire) as rendered:
        wire.newsroom.publish(report("The Brutalist follows"))
        after = _updates(wire, after=1)

    assert rendered.count("bulletin.html") == 1
    assert after[1] == before[1]
    assert [each["id"] for each in after] == [None, 2, 3]


def test_what_is_kept_of_a_story_is_not_sent_after_a_takedown_by_another_process(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "LOOK_SECONDS", 60)  # Nobody sees it before the reader asks.
    draft = report("A name that must go")
    wire.newsroom.publish(draft, mark(draft))
    assert "name that must go" in json.dumps(_updates(wire, after=1))

    wire.newsroom.publish(takedown(draft))

    assert "name that must go" not in json.dumps(_updates(wire, after=1))
    assert "name that must go" not in json.dumps(_missed(wire, after=1))
    shelf_of(wire.client.application).clear()
    wire.client.application.extensions["lookout"].wake()


def test_a_takedown_leaves_no_bulletin_in_any_process(wire: Wire) -> None:
    draft = report("A name that must go")
    wire.newsroom.publish(draft)
    shelf = shelf_of(wire.client.application)
    _updates(wire, after=1)
    wire.newsroom.publish(report("Another"))
    shelf.sweep()
    assert shelf.find_bulletins(STORY, "")

    wire.newsroom.publish(takedown(draft))  # By another process.

    assert comes_true(lambda: not len(shelf))  # Though nobody asks.


def test_bulletins_that_were_begun_before_a_takedown_are_not_kept(wire: Wire) -> None:
    draft = report("A name that must go")
    wire.newsroom.publish(draft)
    shelf = shelf_of(wire.client.application)
    drafts = [takedown(draft)]

    def take_down(_: object, **__: object) -> None:
        while drafts:
            wire.newsroom.publish(drafts.pop())

    with template_rendered.connected_to(take_down, wire.client.application):
        _updates(wire, after=1)

    assert not drafts
    assert not len(shelf)
    assert "name that must go" not in json.dumps(_updates(wire, after=1))


def test_an_entry_that_was_corrected_often_sends_no_more_errata_each_time(wire: Wire) -> None:
    draft = report("Headline")
    wire.newsroom.publish(draft)
    for number in range(20):
        wire.newsroom.publish(correction(draft, data={"headline": f"Headline {number}"}))

    changes = [each["data"] for each in _updates(wire, after=2) if each["event"] == "corrected"]

    assert [data["errata"][-1]["id"] for data in changes] == [f"v{data['version']}" for data in changes]
    assert {len(data["errata"]) for data in changes[ERRATA:]} == {ERRATA}


def test_a_page_for_which_there_is_too_much_to_read_is_told_to_load_anew(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timeline.web.bulletins.ROOM", 20_000)
    wire.newsroom.publish(*(report(f"Report {number}", body="Words. " * 1_000) for number in range(3)))

    assert [name for _, name, _ in _missed(wire, after=3)] == ["board", "published"]
    assert [(id_, name) for id_, name, _ in _missed(wire, after=1)] == [("4", "reset")]
    assert shelf_of(wire.client.application).size < 25_000


def test_who_asks_for_no_body_is_no_reader(wire: Wire) -> None:
    wire.client.head(f"/stories/{STORY}/live").close()

    assert _waits_until(_nobody_looks_out)


def test_when_all_readers_have_left_nobody_looks_out(wire: Wire) -> None:
    stream = _open(wire, after=1)
    next(_messages(stream))
    stream.close()

    assert _waits_until(_nobody_looks_out)


def test_once_coverage_has_ended_there_is_nothing_to_wait_for(wire: Wire) -> None:
    wire.newsroom.publish(event("coverage.ended", {}))

    assert wire.client.get(f"/stories/{STORY}/live").status_code == 204
    assert [name for _, name, _ in _missed(wire, after=1)][-1] == "ended"


def test_a_page_that_is_far_behind_is_told_to_load_anew(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("timeline.web.bulletins.MOST", 2)
    for number in range(3):
        wire.newsroom.publish(report(f"Report {number}"))

    assert [(id_, name) for id_, name, _ in _missed(wire, after=1)] == [("4", "reset")]


def test_the_same_can_be_asked_for_and_is_good_for_a_second(wire: Wire) -> None:
    wire.newsroom.publish(report("Anora leads"))

    answer = wire.client.get(f"/stories/{STORY}/updates?after=1")
    again = wire.client.get(f"/stories/{STORY}/updates?after=1", headers={"If-None-Match": answer.headers["ETag"]})

    told = answer.json or {}
    assert [(each["id"], each["event"]) for each in told["bulletins"]] == [(None, "board"), (2, "published")]
    assert told["version"] == 2
    assert answer.headers["Cache-Control"] == "public, max-age=1"
    assert "Last-Event-ID" in answer.headers["Vary"]
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["live", "updates"])
def test_a_place_to_go_on_from_that_is_none_is_a_problem(wire: Wire, path: str) -> None:
    address = f"/stories/{STORY}/{path}"

    in_header = problem(wire.client.get(address, headers={"Last-Event-ID": "soon"}), 400, "malformed-parameter")
    in_address = problem(wire.client.get(f"{address}?after=-1"), 400, "malformed-parameter")
    assert "Last-Event-ID is “soon”" in in_header["detail"]
    assert "after is “-1”" in in_address["detail"]
    problem(wire.client.get(address, headers={"Last-Event-ID": "99"}), 404, "version-beyond-head")
    problem(wire.client.get(f"/stories/no-such-story/{path}"), 404, "unknown-story")


def test_a_story_hears_nothing_of_another(wire: Wire) -> None:
    wire.newsroom.desk.open("another", opening("general", "Another"), actor="desk")
    stream = _open(wire, after=1)
    wire.newsroom.desk.append("another", [report("Elsewhere")], actor="desk")
    wire.newsroom.publish(report("Here"))

    assert "Elsewhere" not in json.dumps(_take(stream, until="2"))
    stream.close()


def test_when_the_database_is_closed_its_last_look_is_waited_for_and_no_connection_stays_open(
    newsroom: Newsroom,
) -> None:
    engine = newsroom.database.engine
    looking, closing = threading.Event(), threading.Event()
    connections: set[int] = set()

    def hold(*_: object) -> None:
        if threading.current_thread().name == "lookout":
            looking.set()
            closing.wait(5)

    engine.dispose()  # What is open from now on is counted.
    listen(engine, "connect", lambda new, _: connections.add(id(new)))
    listen(engine, "close", lambda old, _: connections.discard(id(old)))
    listen(engine, "checkout", hold)
    listen(engine, "engine_disposed", lambda _: closing.set())
    stream = _open(wired(newsroom), after=1)
    newsroom.publish(report("Anora leads"))
    assert looking.wait(5)

    engine.dispose()

    assert _nobody_looks_out()
    assert connections == set()
    assert [name for _, name, _ in islice(_messages(stream), 2)] == ["beat"]
    stream.close()


def test_after_a_database_was_closed_and_opened_again_streams_go_on(wire: Wire) -> None:
    wire.newsroom.database.engine.dispose()
    stream = _open(wire, after=1)
    wire.newsroom.database.engine.dispose()
    stream.close()

    stream = _open(wire, after=1)
    next(_messages(stream))
    wire.newsroom.publish(report("Anora leads"))

    assert [id_ for id_, _, _ in _take(stream, until="2") if id_] == ["2"]
    stream.close()


def _open(wire: Wire, **after: int) -> TestResponse:
    headers = {"Last-Event-ID": str(after["last_event_id"])} if "last_event_id" in after else {}
    query = f"?after={after['after']}" if "after" in after else ""
    answer = wire.client.get(f"/stories/{STORY}/live{query}", headers=headers, buffered=False)
    assert (answer.status_code, answer.mimetype) == (200, "text/event-stream")
    return answer


def _missed(wire: Wire, **after: int) -> list[Message]:
    """Return what a stream sends at once, up to the version at which the story is."""
    stream = _open(wire, **after)
    messages = _take(stream, until=str(wire.newsroom.desk.head(STORY).version))
    stream.close()
    return messages


def _updates(wire: Wire, after: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (wire.client.get(f"/stories/{STORY}/updates?after={after}").json or {})["bulletins"]
    return found


def _names(reader: live.Reader) -> list[str]:
    """Return the names of the bulletins that a reader is handed next."""
    return [each.event for each in reader.batches.get(timeout=5)]


def _fail_at(wire: Wire, words: str) -> None:
    """Let an entry of which this is the body be one that cannot be set."""

    def refuse(text: str) -> str:
        assert text != words
        return set_prose(text)

    wire.client.application.add_template_filter(refuse, "set_prose")


@contextmanager
def _renderings(wire: Wire) -> Iterator[list[str]]:
    """Collect the name of every template that is rendered meanwhile."""
    found: list[str] = []

    def note(_: object, template: Template, **__: object) -> None:
        found.append(str(template.name))

    with template_rendered.connected_to(note, wire.client.application):
        yield found


def _take(stream: TestResponse, until: str) -> list[Message]:
    found = []
    for message in _messages(stream):
        if message[1] != "beat":
            found.append(message)
        if message[0] == until:
            break
    return found


def _messages(stream: TestResponse) -> Iterator[Message]:
    for chunk in stream.response:
        for block in (chunk.decode() if isinstance(chunk, bytes) else chunk).split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
            if "event" in fields:
                yield fields.get("id"), fields["event"], json.loads(fields["data"])


def _nobody_looks_out() -> bool:
    return not any(thread.name == "lookout" for thread in threading.enumerate())


def _waits_until(condition: Any, seconds: float = 5.0) -> bool:
    """Return whether a condition comes true within some seconds."""
    waited = threading.Event()
    for _ in range(int(seconds / 0.02)):
        if condition():
            return True
        waited.wait(0.02)
    return False
