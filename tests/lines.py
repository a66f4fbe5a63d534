"""Lines of a story file, and a file of them, as good and as bad as a test needs them."""

import json
from pathlib import Path
from typing import Any, Final

Plain = dict[str, Any]
NAME = "Rumpelstiltskin"
FACT, GONE = (f"00000000-0000-4000-8000-00000000000{number}" for number in (1, 2))
OPENING: Plain = {
    "id": "00000000-0000-4000-8000-000000000000",
    "type": "story.opened",
    "occurred_at": "2025-03-03T01:00:00Z",
    "recorded_at": "2025-03-03T01:00:00Z",
    "actor": "desk",
    "data": {"title": "The night", "kind": "ceremony", "timezone": "UTC"},
}
REPORT = OPENING | {"id": FACT, "type": "update.reported", "data": {"headline": "It rains"}}
TAKEN = REPORT | {"id": GONE, "data": {"headline": f"{NAME} is seen"}}
TAKEDOWN = OPENING | {
    "id": "00000000-0000-4000-8000-000000000009",
    "type": "fact.taken_down",
    "data": {"fact": GONE, "basis": "safety", "note": "We were asked."},
}
CORRECTION = TAKEDOWN | {
    "id": "00000000-0000-4000-8000-000000000008",
    "type": "fact.corrected",
    "data": {"fact": GONE, "kind": "minor", "set": {"data": {"headline": f"{NAME} was seen"}}},
}
ERASED: Final[Plain] = {"data": None, "commitment": "ef" * 32}


def write(folder: Path, *lines: Plain | str | bytes, name: str = "the-night.jsonl") -> Path:
    """Write a story file, a line for each value."""
    path = folder / name
    path.write_bytes(b"".join(_line(line) + b"\n" for line in lines))
    return path


def _line(line: Plain | str | bytes) -> bytes:
    if isinstance(line, bytes):
        return line
    return (line if isinstance(line, str) else json.dumps(line)).encode()
