"""The ceremony's board in words: who is on it, who leads, and what is new on it."""

from collections.abc import Iterator

from timeline.domain.ijson import JsonObject


def named(entrant: JsonObject) -> str:
    """Return a nominee or a winner of a board as a text."""
    return f"{entrant['film']} ({', '.join(entrant['people'])})" if entrant["people"] else str(entrant["film"])


def leaders(board: JsonObject) -> str:
    """Return the films that have won most; an empty text before the first award."""
    rows = [f"{row['film']} {row['wins']}" for row in board["tally"][:3] if row["wins"]]
    return f"Awards: {', '.join(rows)}" if rows else ""


def turns(before: JsonObject, after: JsonObject) -> Iterator[str]:
    """Yield which films are winners no longer, and which have become winners."""
    was, now = _winners(before), _winners(after)
    for category, film in was:
        if (category, film) not in now:
            yield f"{category}: {film} is no longer the winner"
    for category, film in now:
        if (category, film) not in was:
            yield f"{category}: {film} wins"


def _winners(board: JsonObject) -> list[tuple[str, str]]:
    """Return the winners of a board in its order, each as its category and its name."""
    return [(each["name"], named(winner)) for each in board["categories"] for winner in each["winners"]]
