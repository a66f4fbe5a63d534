"""The benchmarks can be believed: their records are sound, and what is quoted is what was measured."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from benchmarks.contest import Round, Score
from benchmarks.figures import Figure, Profile, Results, Side, as_json, from_json, page, quoted, summary, table
from benchmarks.records import NOMINEES, OPENED, lines, write_file
from newsroom import opened
from timeline.desk import Desk
from timeline.domain.event import Draft
from timeline.story_files import import_file

ROOT: Final = Path(__file__).parents[1]
RESULTS: Final = ROOT / "benchmarks" / "results.json"

FAST: Final = Figure(
    what="an append",
    database="SQLite",
    ours=Side(name="Desk.append", per_second=1500, p50=0.512, p95=0.9, p99=1.25),
    other=Side(name="a peer", per_second=1000, p50=0.8, p95=1, p99=2),
    value=1.5,
    required=1.5,
)
SLOW: Final = Figure(
    what="a page",
    database="PostgreSQL",
    ours=Side(name="Desk.page", per_second=200, p50=4, p95=9, p99=12.5, processor=3),
    value=12.5,
    unit="ms",
    required=10,
    at_most=True,
)


def test_a_long_night_is_imported_with_every_check(tmp_path: Path, sqlite_url: str) -> None:
    write_file(tmp_path / "long.jsonl", 300)

    with opened(sqlite_url) as database:
        head = import_file(Desk(database), tmp_path / "long.jsonl")
        view = Desk(database).view("long")

    assert head.version == 300
    assert all(len(category["nominees"]) == NOMINEES for category in view.board["categories"])
    assert view.board["phase"] == "under_way"


def test_a_night_is_the_same_whenever_it_is_told_and_another_by_another_seed() -> None:
    assert list(lines(100)) == list(lines(100))
    assert {line["id"] for line in lines(100)}.isdisjoint(line["id"] for line in lines(100, seed=1))


def test_three_events_in_a_hundred_amend_others_and_some_of_them_move_a_fact() -> None:
    amendments = [line for line in lines(10_000) if line["type"] in ("fact.corrected", "fact.retracted")]
    moves = [line for line in amendments if "occurred_at" in line["data"].get("set", {})]

    assert len(amendments) == pytest.approx(300, rel=0.2)
    assert moves
    assert any(line["type"] == "fact.retracted" for line in amendments)


def test_ours_and_theirs_are_compared_round_by_round() -> None:
    ours = Score({}, [Round(1, [0.1] * 10), Round(4, [0.4] * 10), Round(1, [0.1] * 10)])
    theirs = Score({}, [Round(2, [0.2] * 10), Round(8, [0.8] * 10), Round(1, [0.1] * 10)])

    assert ours.times(theirs) == 2
    assert ours.milliseconds(0.5) == 100


def test_the_work_of_all_processors_is_shared_out_among_what_was_done() -> None:
    ours = Score({}, [Round(1, [0.1] * 10, processor=1.5), Round(1, [0.1] * 10, processor=0.5)])

    assert ours.processor_milliseconds == 100


def test_the_page_says_what_the_json_says() -> None:
    profile = Profile(what="a page", database="PostgreSQL", shares={"statements": 0.6, "COMMIT": 0.39, "desk": 0.01})
    results = from_json(as_json(Results(run={"cores": "2"}, figures=[FAST, SLOW], profiles=[profile])))

    assert (results.figures, results.profiles) == ([FAST, SLOW], [profile])
    assert "- cores: 2" in page(results)
    assert "| a page | PostgreSQL | statements 60%, COMMIT 39% |" in page(results)
    assert table(results.figures).splitlines()[2:] == [
        "| an append | SQLite | Desk.append: 1,500/s, 0.512 / 0.9 / 1.25 ms | a peer: 1,000/s, 0.8 / 1 / 2 ms"
        " | 1.5 × | ≥ 1.5 × | yes |",
        "| a page | PostgreSQL | Desk.page: 200/s, 4 / 9 / 12.5 ms | – | 12.5 ms | ≤ 10 ms | **no** |",
    ]


def test_of_what_was_not_reached_it_is_told_how_long_it_may_take_and_how_much_of_it_is_work() -> None:
    told = page(Results(run={}, figures=[FAST, SLOW], profiles=[])).partition("## What was not reached")[2]

    assert "| a page | PostgreSQL | – | 5 ms | 4 ms | 3 ms |" in told
    assert "an append" not in told


def test_what_was_not_reached_and_was_not_timed_in_rounds_is_told_as_far_as_it_was_measured() -> None:
    slow = replace(SLOW, ours=Side(name="timeline stories", p50=900), value=0.9, unit="s", required=0.6)

    told = page(Results(run={}, figures=[slow], profiles=[])).partition("## What was not reached")[2]

    assert "| a page | PostgreSQL | – | 900 ms | 600 ms | – |" in told


def test_a_contestant_is_seen_at_work(sqlite_url: str) -> None:
    with opened(sqlite_url) as database:
        Desk(database).open("night", Draft(type="story.opened", data=OPENED), actor="desk")
    command = (
        sys.executable,
        "-m",
        "benchmarks.sampled",
        "100",
        "benchmarks.ours.appending",
        sqlite_url,
        "night",
        "0",
    )

    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout

    met = json.loads(said.splitlines()[-1])
    assert met["COMMIT"] > 0
    assert met["statements"] > 0


def test_what_is_quoted_is_the_last_run() -> None:
    if RESULTS.exists():
        results = from_json(RESULTS.read_text(encoding="utf-8"))
        readme = quoted((ROOT / "README.md").read_text(encoding="utf-8"))

        assert RESULTS.with_name("RESULTS.md").read_text(encoding="utf-8") == page(results)
        assert readme in (None, summary(results.figures))
