"""DESIGN §2 once more, on plain dicts and reading the whole record for each question: what the tests hold us against.

An event is a dict with version, id, type, occurred_at (a text that sorts), precision and data, as it was published.
Nothing of the package is used here, or a mistake of its would be repeated.
"""

from collections.abc import Sequence
from typing import Any

Plain = dict[str, Any]

_MARKS = {
    "fact.pinned": ("pinned", True),
    "fact.unpinned": ("pinned", False),
    "fact.marked_key": ("key", True),
    "fact.unmarked_key": ("key", False),
}


def fold(record: Sequence[Plain], version: int, at: str | None = None) -> Plain:
    """Return the page as of a version: cut, resolve, limit, order, fold."""
    gone = {event["data"]["fact"] for event in record if event["type"] == "fact.taken_down"}
    facts: dict[str, Plain] = {}
    status = "open"
    for event in record[:version]:
        if event["type"] in ("coverage.started", "coverage.ended"):
            status = "live" if event["type"] == "coverage.started" else "ended"
        elif event["type"].startswith("fact."):
            _change(facts[event["data"]["fact"]], event, gone)
        elif not event["type"].startswith("story."):
            facts[event["id"]] = _reported(event, gone)
    shown = [fact for fact in facts.values() if at is None or fact["occurred_at"] <= at]
    shown.sort(key=lambda fact: (fact["occurred_at"], fact["version"]))
    for fact in shown:
        del fact["was"]
    return {"status": status, "facts": shown, **_board(shown)}


def merge(target: Any, patch: Any) -> Any:
    """Return RFC 7396's MergePatch(Target, Patch)."""
    if not isinstance(patch, dict):
        return patch
    kept = {} if not isinstance(target, dict) else {k: v for k, v in target.items() if k not in patch}
    old = target if isinstance(target, dict) else {}
    return kept | {k: merge(old.get(k), v) for k, v in patch.items() if v is not None}


def _reported(event: Plain, gone: set[str]) -> Plain:
    taken_down = event["id"] in gone
    return {
        "id": event["id"],
        "type": event["type"],
        "version": event["version"],
        "occurred_at": event["occurred_at"],
        "precision": event["precision"],
        "data": None if taken_down else event["data"],
        "status": "taken_down" if taken_down else "standing",
        "was": "standing",  # What it is again once it is reinstated.
        "key": False,
        "pinned": False,
        "history": [],
    }


def _change(fact: Plain, event: Plain, gone: set[str]) -> None:
    if event["type"] in _MARKS:
        name, value = _MARKS[event["type"]]
        fact[name] = value
    elif fact["id"] in gone:
        if event["type"] != "fact.corrected":
            fact["history"].append([event["version"], event["type"]])
    elif event["type"] == "fact.corrected":
        _correct(fact, event)
    else:
        retracted = event["type"] == "fact.retracted"
        fact["status"] = "retracted" if retracted else fact["was"]
        fact["history"].append([event["version"], event["type"], event["data"]["note"]])


def _correct(fact: Plain, event: Plain) -> None:
    said, amends = event["data"], event["data"]["set"]
    before = [fact["occurred_at"], fact["precision"], fact["data"]]
    fact["occurred_at"] = amends.get("occurred_at", fact["occurred_at"])
    fact["precision"] = amends.get("precision", fact["precision"])
    fact["data"] = merge(fact["data"], amends.get("data", {}))
    after = [fact["occurred_at"], fact["precision"], fact["data"]]
    if said["kind"] != "minor":
        fact["status"] = fact["was"] = "corrected"
    fact["history"].append([event["version"], event["type"], said["note"], said["kind"], before, after])


def _board(shown: Sequence[Plain]) -> Plain:
    categories: dict[str, Plain] = {}
    tally: dict[str, Plain] = {}
    lists = {"nomination.announced": ("nominees", "nominations"), "award.announced": ("winners", "wins")}
    for fact in shown:
        if fact["type"] in lists and fact["status"] in ("standing", "corrected"):
            place, count = lists[fact["type"]]
            name, film = fact["data"]["category"], fact["data"]["film"]
            category = categories.setdefault(name, {"name": name, "nominees": [], "winners": []})
            category[place].append({"film": film, "people": fact["data"].get("people", [])})
            tally.setdefault(film, {"film": film, "nominations": 0, "wins": 0})[count] += 1
    return {"categories": list(categories.values()), "tally": [tally[film] for film in sorted(tally)]}
