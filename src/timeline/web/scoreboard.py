"""The ceremony's scoreboard: the winners of a category, its other nominees, the films' tally as a picture."""

from collections.abc import Mapping
from typing import Any

from timeline.domain.ijson import JsonObject
from timeline.entries import Entry
from timeline.kinds.ceremony import PHASES, Entrant


def others(category: JsonObject) -> list[JsonObject]:
    """Return the nominees of a category that have not won it."""
    winners = [_entrant(winner) for winner in category["winners"]]
    return [
        nominee for nominee in category["nominees"] if not any(winner.same(_entrant(nominee)) for winner in winners)
    ]


def announcing(cited: Mapping[str, Entry], category: str, winner: JsonObject) -> list[Entry]:
    """Return those of the entries which the board cites that announce a winner of a category."""
    won = (category, winner["film"], winner["people"])
    return [entry for entry in cited.values() if _won(entry) == won]


def share(count: int, rows: list[JsonObject]) -> str:
    """Return how far a bar of the tally reaches, the longest of all being 100%."""
    longest = max((max(row["nominations"], row["wins"]) for row in rows), default=0)
    return f"{100 * count / longest:.4g}%" if longest else "0%"


def phase(board: JsonObject) -> str:
    """Return the phase of the night in words; nothing for a board that has none."""
    found: Any = board.get("phase")
    return PHASES.get(found, "") if isinstance(found, str) else ""


def _won(entry: Entry) -> tuple[Any, ...]:
    data = entry.fact.data or {}
    is_award = entry.type == "award.announced"
    return (data["category"], data["film"], data.get("people", [])) if is_award else ()


def _entrant(named: JsonObject) -> Entrant:
    return Entrant(named["film"], named["people"], "")
