"""What a reader sees, as plain JSON values: a view in the manner of the naive fold."""

from typing import Any

from timeline.domain.fact import Change, Content, Fact
from timeline.domain.moments import format_moment
from timeline.views import View

Plain = dict[str, Any]


def page(view: View) -> Plain:
    """Return what a view shows, but for when it was recorded."""
    return {
        "status": view.story.status,
        "facts": [_fact(fact) for fact in view.facts],
        "categories": view.board["categories"],
        "tally": sorted(view.board["tally"], key=lambda row: str(row["film"])),
    }


def _fact(fact: Fact) -> Plain:
    return {
        "id": str(fact.id),
        "type": fact.type,
        "version": fact.version,
        "occurred_at": format_moment(fact.occurred_at),
        "precision": str(fact.content.precision),
        "data": fact.data,
        "status": fact.status,
        "key": fact.key,
        "pinned": fact.pinned,
        "history": [_change(change, fact) for change in fact.history],
    }


def _change(change: Change, fact: Fact) -> list[Any]:
    if fact.data is None:
        return [change.version, change.type]
    if change.before is None or change.after is None:
        return [change.version, change.type, change.note]
    return [change.version, change.type, change.note, change.kind, _content(change.before), _content(change.after)]


def _content(content: Content) -> list[Any]:
    return [format_moment(content.occurred_at), str(content.precision), content.data]
