"""After a takedown no process keeps the words: neither a cache, nor a queue, nor a stream that is still open."""

import gc
import sys
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

from desk_pages import Visitor, signed_in
from newsroom import EVENING, STORY, Newsroom, correction, opened, opening, report
from timeline.domain.event import FactRetracted, decode
from timeline.store.people import Role
from timeline.store.takedowns import approve, ask
from timeline.web import live

TOLD = UUID(int=1)
BACKWARDS = ("enildaeh dedluoM", "ydob dedluoM", "noitcerroc dedluoM", "tfard dedluoM", "weiverp dedluoM")
"""The words that must be gone, written so that this file is not taken for one who keeps them."""
SAYS = ("headline", "body", "correction", "draft", "preview")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.2)
    yield
    _wait_until(lambda: not any(thread.name == "lookout" for thread in threading.enumerate()))


def test_no_process_keeps_the_words_in_its_memory(sqlite_url: str) -> None:
    with opened(sqlite_url) as database:
        newsroom = Newsroom(database)
        newsroom.publish(opening())
        editor = signed_in(newsroom, "Edi", Role.ADMIN)
        heard = editor.client.get(f"/stories/{STORY}/live?after=0", buffered=False)
        late = _publish(editor)
        _read_everything(editor)
        _listen(heard, until="id: 3\n")
        assert set(_kept()), "the stream that is open has them still"

        id_ = ask(database, STORY, TOLD, "safety", "Asked to.", by="Ana", now=EVENING)
        append = partial(newsroom.desk.append, actor="Ben")
        approve(database, id_, by="Ben", now=EVENING, append=append)
        for stream in (heard, late):
            _listen(stream, until="id: 4\n")

        assert _kept() == []
        heard.close()
        late.close()


def test_pydantic_keeps_the_keys_of_what_it_reads_and_no_value() -> None:
    """Its own cache of short texts is out of the collector's sight: who else holds one is told by counting."""
    said = decode("fact.retracted", f'{{"fact": "{TOLD}", "note": "{_words()["headline"]}"}}', {})
    assert isinstance(said, FactRetracted)

    holders = sys.getrefcount(said.note)
    assert holders == 2, "the event holds it, and the question"


def _publish(editor: Visitor) -> Any:
    """Publish, correct, foresee and save a draft; return a stream that began with the first text."""
    newsroom, words = editor.newsroom, _words()
    newsroom.publish(report(words["headline"], body=f"It was {words['body']}. " * 40, id=TOLD))
    late = editor.client.get(f"/stories/{STORY}/live?after=0", buffered=False)
    _listen(late, until="id: 2\n")
    newsroom.publish(correction(TOLD, f"It is {words['correction']}.", data={"headline": words["correction"]}))
    newsroom.foresee(correction(TOLD, data={"headline": words["preview"]}))
    form: dict[str, Any] = {
        "type": "fact.corrected",
        "fact": str(TOLD),
        "seen": "3",
        "note": words["draft"],
        "id": str(uuid4()),
    }
    for _ in range(2):
        answer = editor.post(f"/stories/{STORY}/drafts", **form)
        assert answer.status_code in (204, 303), answer.text
    return late


def _read_everything(editor: Visitor) -> None:
    """Ask for every page of the story often enough that whatever is kept for the next reader is kept."""
    for rule in editor.client.application.url_map.iter_rules():
        path = rule.rule.replace("<slug>", STORY).replace("<uuid:id_>", str(TOLD)).replace("<id_>", str(TOLD))
        if "GET" in (rule.methods or ()) and "<" not in path and rule.endpoint != "live.live":
            for query in ("", "", "?as_of=2", "?after=0"):
                editor.client.get(f"{path}{query}", headers={"Accept-Encoding": "br"}).close()


def _listen(stream: Any, until: str) -> None:
    for chunk in stream.response:
        if until in (chunk.decode() if isinstance(chunk, bytes) else chunk):
            return


def _kept() -> list[str]:
    """Return a hint at every object within reach of Python that holds one of the words."""
    words = list(_words().values())
    packed = [word.encode() for word in words]
    gc.collect()
    seen: set[int] = set()
    found: list[str] = []
    waiting: list[Any] = gc.get_objects()
    while waiting:
        each = waiting.pop()
        if id(each) in seen or any(each is own for own in (words, packed, seen, found, waiting)):
            continue
        seen.add(id(each))
        if isinstance(each, str):
            found += [word[::-1] for word in words if word in each]
        elif isinstance(each, bytes | bytearray):
            found += [word[::-1] for word, bytes_ in zip(words, packed, strict=True) if bytes_ in each]
        else:
            waiting += gc.get_referents(each)
    return found


def _words() -> dict[str, str]:
    return dict(zip(SAYS, (word[::-1] for word in BACKWARDS), strict=True))


def _wait_until(condition: Any, seconds: float = 5.0) -> None:
    waited = threading.Event()
    for _ in range(int(seconds / 0.02)):
        if condition():
            return
        waited.wait(0.02)
