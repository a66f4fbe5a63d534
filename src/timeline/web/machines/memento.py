"""Memento (RFC 7089): a story's page as it was published at any time, asked for in the words of HTTP.

The page itself is original resource and TimeGate in one (pattern 1.1); `?as_of=<version>` is a memento.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from werkzeug.http import http_date, parse_date

from timeline.domain.errors import MalformedMoment
from timeline.domain.event import Recorded
from timeline.store.rows import Head
from timeline.views import Sight
from timeline.web.machines.addresses import Addresses

MEDIA_TYPE: Final = "application/link-format"
LENGTH: Final = 1_000
"""So many mementos make a page of a TimeMap."""

_HTTP_DATE: Final = re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", re.ASCII)


def read_accept_datetime(text: str) -> datetime:
    """Return the end of the second that `Accept-Datetime` names: HTTP knows no shorter time.

    Raises MalformedMoment.
    """
    moment = parse_date(text.strip()) if _HTTP_DATE.fullmatch(text.strip()) else None
    if moment is None:
        raise MalformedMoment(text, "Accept-Datetime is written as Mon, 27 Feb 2017 05:04:00 GMT")
    return moment + timedelta(microseconds=999_999)


def links(sight: Sight, addresses: Addresses, version: int | None) -> str:
    """Return the `Link` header: of a memento with its neighbours, of the page itself (None) without."""
    head = sight.head
    rels: dict[int, list[str]] = {}
    around = [] if version is None else [("prev", version - 1), ("", version), ("next", version + 1)]
    for rel, place in (("first", 1), *around, ("last", head.version)):
        if 1 <= place <= head.version:
            rels.setdefault(place, []).append(rel)
    mementos = [
        _memento(place, moment, " ".join([*filter(None, rels[place]), "memento"]), addresses)
        for place, moment in sight.moments(rels).items()
    ]
    return ", ".join(
        (
            f'<{addresses.story}>; rel="original timegate"',
            f'<{addresses.of("timemap")}>; rel="timemap"; type="{MEDIA_TYPE}"',
            *mementos,
        )
    )


def timemap(head: Head, events: Sequence[Recorded], addresses: Addresses, after: int) -> str:
    """Return a page of the mementos (RFC 6690): those of `events`, which come behind a version."""
    span = (
        f'; from="{http_date(events[0].recorded_at)}"; until="{http_date(events[-1].recorded_at)}"' if events else ""
    )
    lines = [
        f'<{addresses.story}>; rel="original timegate"',
        f'<{addresses.of("timemap", after=after or None)}>; rel="self"; type="{MEDIA_TYPE}"{span}',
    ]
    if events and events[-1].version < head.version:
        more = addresses.of("timemap", after=events[-1].version)
        lines.append(f'<{more}>; rel="timemap"; type="{MEDIA_TYPE}"')
    ends = {1: "first ", head.version: "last "} if head.version > 1 else {1: "first last "}
    told = ((each.version, each.recorded_at) for each in events)
    lines += [_memento(*each, f"{ends.get(each[0], '')}memento", addresses) for each in told]
    return ",\n".join(lines) + "\n"


def _memento(version: int, moment: datetime, rel: str, addresses: Addresses) -> str:
    return f'<{addresses.seen(as_of=version)}>; rel="{rel}"; datetime="{http_date(moment)}"'
