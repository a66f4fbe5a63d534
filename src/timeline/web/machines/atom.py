"""Atom (RFC 4287): a story's facts as they stand, with tombstones (RFC 6721), and its record, an entry per event."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from lxml import etree

from timeline.clockwords import canonical
from timeline.domain.event import Recorded
from timeline.domain.fact import Facts
from timeline.domain.story import Story
from timeline.entries import LABELS, Entry, Notice, entry_of
from timeline.kinds.kind import Kind
from timeline.views import Page
from timeline.web.machines.addresses import Addresses
from timeline.web.machines.items import (
    PUBLISHER,
    modified_at,
    remarks_on,
    title_of,
    urn,
)
from timeline.web.machines.xml import add, document

ATOM: Final = "http://www.w3.org/2005/Atom"
TOMBSTONES: Final = "http://purl.org/atompub/tombstones/1.0"
XML_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"

_ABOUT_STORY: Final = {
    "story.opened": "The story is opened",
    "story.described": "The story is described anew",
    "coverage.started": "Live coverage starts",
    "coverage.ended": "Live coverage ends",
}
_ABOUT_FACT: Final = {
    **LABELS,
    "fact.pinned": "Pinned",
    "fact.unpinned": "No longer pinned",
    "fact.marked_key": "Marked as a key moment",
    "fact.unmarked_key": "No longer a key moment",
}


@dataclass(frozen=True, slots=True)
class Line:
    """An event of the record and, where it is about one, its fact as it stood then."""

    recorded: Recorded
    entry: Entry | None

    @property
    def notice(self) -> Notice | None:
        """What the event changed; None for a report, a mark, and whatever was erased."""
        notices = self.entry.notices if self.entry else ()
        return next((notice for notice in notices if notice.change.version == self.recorded.version), None)

    @property
    def is_report(self) -> bool:
        return self.entry is not None and self.entry.id == self.recorded.id

    @property
    def title(self) -> str:
        """What happened on the record, in a line."""
        if self.recorded.type in _ABOUT_STORY:
            return _ABOUT_STORY[self.recorded.type]
        if self.entry is None:
            return "A correction of an entry that was taken down"
        subject = self.entry.headline or "an entry that was taken down"
        if self.is_report:
            return f"Published: {subject}"
        label = self.notice.label if self.notice else _ABOUT_FACT.get(self.recorded.type, self.recorded.type)
        return f"{label}: {subject}"


def facts_feed(page: Page, addresses: Addresses, set_entry: Callable[[Entry], str], before: int | None) -> bytes:
    """Return the facts as they stand, the last changed first; what was withdrawn is a tombstone.

    `set_entry` sets an entry as HTML.
    """
    feed = _feed(page.story, addresses, "feed.atom", page.story.title, page.recorded_at)
    _paging(feed, addresses, "feed.atom", before, page.facts[-1].last_version if page.more else None)
    for fact in page.facts:
        if fact.stands:
            _fact(feed, entry_of(fact, page.kind), addresses, set_entry)
        else:
            _tombstone(feed, entry_of(fact, page.kind))
    return document(feed)


def log_feed(
    story: Story,
    updated: datetime | None,
    lines: Sequence[Line],
    addresses: Addresses,
    set_line: Callable[[Line], str],
    before: int | None,
) -> bytes:
    """Return a page of the record, its last event first; entries never change, but for text that is taken down.

    `set_line` sets what an event says as HTML.
    """
    feed = _feed(story, addresses, "log.atom", f"{story.title}: the record", updated)
    oldest = lines[0].recorded.version if lines else 1
    _paging(feed, addresses, "log.atom", before, oldest if oldest > 1 else None)
    for line in reversed(lines):
        _line(feed, line, addresses, set_line)
    return document(feed)


def read_lines(record: Iterable[Recorded], kind: Kind) -> Iterator[Line]:
    """Yield events, each with its fact as it stood then; earlier events about the same facts must be among them."""
    facts = Facts()
    for recorded in record:
        facts.apply(recorded)
        fact = facts.get(recorded.fact) if recorded.fact else None
        yield Line(recorded, None if fact is None else entry_of(fact, kind))


def _feed(story: Story, addresses: Addresses, name: str, title: str, updated: datetime | None) -> Any:
    feed = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM, "at": TOMBSTONES})
    if story.language:
        feed.set(XML_LANGUAGE, story.language)
    add(feed, "id", urn(uuid5(story.id or UUID(int=0), name)))
    add(feed, "title", title)
    if story.summary:
        add(feed, "subtitle", story.summary)
    if updated is not None:
        add(feed, "updated", canonical(updated))
    add(add(feed, "author"), "name", PUBLISHER)
    add(feed, "link", rel="alternate", type="text/html", href=addresses.story)
    return feed


def _paging(feed: Any, addresses: Addresses, name: str, before: int | None, more: int | None) -> None:
    """Link the pages of a feed to each other (RFC 5005 §3)."""
    add(feed, "link", rel="self", type="application/atom+xml", href=addresses.of(name, before=before))
    if before is not None:
        add(feed, "link", rel="first", type="application/atom+xml", href=addresses.of(name))
    if more is not None:
        add(feed, "link", rel="next", type="application/atom+xml", href=addresses.of(name, before=more))


def _fact(feed: Any, entry: Entry, addresses: Addresses, set_entry: Callable[[Entry], str]) -> None:
    element = add(feed, "entry")
    add(element, "id", urn(entry.id))
    add(element, "title", title_of(entry))
    add(element, "published", canonical(entry.fact.recorded_at))
    add(element, "updated", canonical(modified_at(entry.fact)))
    add(element, "link", rel="alternate", type="text/html", href=addresses.fact(entry.id))
    add(element, "category", term=entry.type)
    add(element, "content", set_entry(entry), type="html")


def _tombstone(feed: Any, entry: Entry) -> None:
    when = canonical(modified_at(entry.fact))
    element = add(feed, f"{{{TOMBSTONES}}}deleted-entry", ref=urn(entry.id), when=when)
    remarks = [remark for remark in remarks_on(entry) if remark.version == entry.fact.last_version]
    add(element, "comment", remarks[-1].text if remarks else title_of(entry))


def _line(feed: Any, line: Line, addresses: Addresses, set_line: Callable[[Line], str]) -> None:
    """Add an event. A report's event has the id of its fact, whose entry changes: so the log's is another one."""
    recorded = line.recorded
    element = add(feed, "entry")
    add(element, "id", urn(uuid5(recorded.id, "log")))
    add(element, "title", line.title)
    add(element, "published", canonical(recorded.recorded_at))
    add(element, "updated", canonical(recorded.recorded_at))
    add(element, "link", rel="alternate", type="text/html", href=addresses.seen(as_of=recorded.version))
    if line.entry is not None:
        add(element, "link", rel="related", type="text/html", href=addresses.fact(line.entry.id))
    add(element, "category", term=recorded.type)
    add(element, "content", set_line(line), type="html")
