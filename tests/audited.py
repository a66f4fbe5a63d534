"""What is audited: one page of every kind, a story in which everything has happened, and the auditors from npm."""

import os
import shutil
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from sites import Site

NIGHT: Final = "/stories/97th-academy-awards"
WRONG_NIGHT: Final = "/stories/89th-academy-awards"
EVENING: Final = "/stories/a-long-evening"
LEAGUE: Final = "/stories/a-league"
CORRECTED: Final = "0195a000-0000-7000-8000-000000000001"
RETRACTED: Final = "0195a000-0000-7000-8000-000000000002"
TAKEN_DOWN: Final = "0195a000-0000-7000-8000-000000000003"
MINOR: Final = "0195a000-0000-7000-8000-000000000004"
KEY: Final = "0195a000-0000-7000-8000-000000000005"

PAGES: Final = {
    "all stories": "/",
    "a night at present": NIGHT,
    "what had happened by then": f"{NIGHT}?at=2025-03-03T03:40:00Z",
    "what was published by then": f"{WRONG_NIGHT}?as_of=154",
    "both clocks at once": f"{NIGHT}?at=2025-03-03T03:00:00Z&as_of=62",
    "before the first event": f"{NIGHT}?as_of=0",
    "before anything happened": f"{NIGHT}?at=2016-01-01T00:00:00Z",
    "a live story": EVENING,
    "a live story replayed": f"{EVENING}?as_of=12",
    "a story of somebody else’s kind": LEAGUE,
    "a corrected entry": f"{EVENING}/facts/{CORRECTED}",
    "a corrected entry as of then": f"{EVENING}/facts/{CORRECTED}?as_of=12",
    "two versions of an entry": f"{EVENING}/facts/{CORRECTED}?from=11&to=16",
    "a retracted entry": f"{EVENING}/facts/{RETRACTED}",
    "an entry that was taken down": f"{EVENING}/facts/{TAKEN_DOWN}",
    "all corrections": "/corrections",
    "the corrections of a story": f"{EVENING}/corrections",
    "the API": "/api",
    "what changed": f"{WRONG_NIGHT}/changes?from=150&to=163",
    "a frame": f"{EVENING}/embed",
    "a page that is not there": "/stories/no-such-story",
    "a moment that cannot be read": f"{NIGHT}?at=yesterday",
}
"""One page of every kind, by what it is."""
REFUSALS: Final = ("a page that is not there", "a moment that cannot be read")
"""Those of them that are told with a status other than 200."""

_KIND: Final = '''"""A league: a kind that is no part of the package, with every shape of JSON in its board."""

from timeline.kinds.kind import Kind


def board(total):
    of = {"fact": total} if total else {}
    table = [{"team": "Ghana", "points": 4, **of}, {"team": "Uruguay", "points": None, "form": ["won", "lost"]}]
    return {"table": table, "top_scorers": ["Muntari", ["Forlán", 3]], "match": {"score": {"home": 1}, "over": False}}


KIND = Kind(
    name="league",
    revision=1,
    models={},
    part=lambda fact: str(fact.id),
    join=lambda first, _: first,
    board=board,
    headline=lambda data: data.headline,
)
'''


def install_league(folder: Path) -> None:
    """Lay a kind into a folder of modules as `pip install --target` does."""
    described = folder / "league-1.0.dist-info"
    described.mkdir()
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: league\nVersion: 1.0\n")
    (described / "entry_points.txt").write_text("[timeline.kinds]\nleague = league:KIND\n")
    (folder / "league.py").write_text(_KIND)


def write_stories(site: Site) -> None:
    """Publish a live story in which everything has happened that can happen to an entry, and one of the league."""
    site.post("/api/stories", _story(EVENING, "general", "A long evening"))
    site.post("/api/stories", _story(LEAGUE, "league", "A league"))
    record = [
        {"type": "coverage.started", "data": {}},
        *(_report(f"Report {number} of seven at once", 0) for number in range(7)),
        _report("The envelope is opend", 10, MINOR),
        _report(
            "A film wins four awards", 12, CORRECTED, body="It wins *four*, the [critics](https://example.org) say."
        ),
        _report("A film wins the last award", 14, RETRACTED),
        _report("A name", 16, TAKEN_DOWN),
        _report(
            "The hall stands",
            18,
            KEY,
            media=[{"url": "https://example.org/a.jpg", "alt": "The hall", "credit": "AP"}],
        ),
        _correction(MINOR, "minor", headline="The envelope is opened"),
        _correction(CORRECTED, "correction", headline="A film wins five awards", body="It wins *five*."),
        {"type": "fact.retracted", "data": {"fact": RETRACTED, "note": "It did not happen."}},
        {
            "type": "fact.taken_down",
            "data": {"fact": TAKEN_DOWN, "basis": "court order", "note": "A court ordered it."},
        },
        {"type": "fact.marked_key", "data": {"fact": KEY}},
        {"type": "fact.pinned", "data": {"fact": CORRECTED}},
    ]
    site.post(f"/api{EVENING}/record", record)
    site.post(f"/api{LEAGUE}/record", [_report("Muntari scores", 20)])


def auditor(command: str, *path: str) -> list[str]:
    """Return how a program from npm is run; where it cannot be, the test is skipped, but in CI it fails."""
    program = Path(sys.prefix, "node_modules", *path)
    runtime = shutil.which(command)
    if runtime and program.is_file():
        return [runtime, *(("-jar",) if program.suffix == ".jar" else ()), str(program)]
    missing = (
        f"`{command}` is not installed" if program.is_file() else f"`make test` could not install {path[0]} by npm"
    )
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must audit the pages: {missing}; .ci/run installs what is needed")
    pytest.skip(f"PAGES NOT AUDITED: {missing}")


def _story(path: str, kind: str, title: str) -> dict[str, str]:
    named = {"slug": path.rpartition("/")[2], "title": title, "kind": kind, "timezone": "Europe/Berlin"}
    return named | {"summary": "Everything that can happen to an entry has happened here.", "language": "en"}


def _report(headline: str, minute: int, id_: str | None = None, **data: Any) -> dict[str, Any]:
    reported = {"type": "update.reported", "data": {"headline": headline, **data}}
    source = {"name": "A wire", "url": "https://example.org/wire"}
    reported |= {"occurred_at": f"2025-03-02T18:{minute:02}:00Z", "source": source}
    return reported | ({"id": id_} if id_ else {})


def _correction(fact: str, kind: str, **data: str) -> dict[str, Any]:
    note = "" if kind == "minor" else "We had this wrong."
    return {"type": "fact.corrected", "data": {"fact": fact, "kind": kind, "note": note, "set": {"data": data}}}
