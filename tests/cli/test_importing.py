"""Story files by the command line: in, all or nothing, and out again to the same bytes."""

import json
import re
import signal
from pathlib import Path
from typing import Any

import pytest

from commands import STORIES, Shell
from lines import OPENING, REPORT, write
from newsroom import opened
from timeline.desk import Desk

FILES = sorted(STORIES.glob("*.jsonl"))
SMALL = STORIES / "97th-academy-awards.jsonl"


def test_the_stories_of_the_checkout_are_imported(shell: Shell) -> None:
    out = shell.do("import", *FILES)

    assert out.splitlines() == [
        f"{path.stem} is imported, at version {len(path.read_bytes().splitlines())}." for path in FILES
    ]
    assert {story["slug"] for story in shell.read("stories")["stories"]} == {path.stem for path in FILES}


def test_what_was_exported_and_imported_elsewhere_is_exported_to_the_same_bytes(
    shell: Shell, tmp_path: Path, postgres_url: str
) -> None:
    shell.do("import", *FILES)
    shell.do("append", "97th-academy-awards", stdin=_takedown(shell))
    one, two = tmp_path / "one", tmp_path / "two"
    elsewhere = Shell(f"sqlite:///{tmp_path / 'elsewhere.sqlite'}" if shell.url == postgres_url else postgres_url)
    for folder in (one, two):
        folder.mkdir()
    for path in FILES:
        shell.do("export", path.stem, "--output", one / path.name)

    elsewhere.do("import", *(one / path.name for path in FILES))
    for path in FILES:
        (two / path.name).write_text(elsewhere.do("export", path.stem), encoding="utf-8")

    assert [(two / path.name).read_bytes() for path in FILES] == [(one / path.name).read_bytes() for path in FILES]
    assert sorted(elsewhere.do("verify").splitlines()) == sorted(shell.do("verify").splitlines())


def test_on_a_terminal_an_import_shows_how_fast_it_goes_and_how_long_it_will_take(
    desk_shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("TERM", "xterm")

    told = desk_shell.type("import", SMALL)

    assert told.out == "97th-academy-awards is imported, at version 67.\n"
    shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", told.err)
    assert re.search(r"97th-academy-awards\.jsonl .* 100% [\d,]+ events/s \d:\d\d:\d\d", shown)


def test_a_story_is_imported_once(shell: Shell) -> None:
    shell.do("import", SMALL)

    assert "97th-academy-awards exists already, at version 67" in shell.refused("import", SMALL)


def test_of_a_file_with_a_bad_line_nothing_is_imported_and_every_fault_is_told(shell: Shell, tmp_path: Path) -> None:
    path = _spoiled(tmp_path, 65, {"data": {"headline": "", "surprise": 1}})

    told = shell.refused("import", path)

    assert f"{path}, line 65: update.reported refuses its data" in told
    assert "headline: " in told
    assert "surprise: " in told
    assert "nothing of the file was imported" in told
    assert shell.read("stories") == {"stories": []}
    _nothing_is_left(shell.url)


@pytest.mark.parametrize(
    ("number", "change", "told"),
    [
        (1, {"type": "coverage.started", "data": {}}, "line 1 must be story.opened"),
        (2, {"id": None}, "id: is missing"),
        (2, {"actor": None, "recorded_at": None}, "recorded_at: is missing"),
        (2, {"version": 2}, "version"),
        (3, {"recorded_at": "2020-01-01T00:00:00Z"}, "the record clock runs backwards"),
        (67, {"recorded_at": "9999-01-01T00:00:00Z"}, "is in the future"),
        (67, {"type": "story.opened"}, "story.opened refuses its data"),
        (5, {"data": None}, "commitment"),
        (5, {"salt": "7"}, "32 lower-case hexadecimal digits"),
        (64, {"data": {"fact": "019559a8-1ea8-7e0d-bd74-000000000000", "kind": "minor", "set": {}}}, "has no fact"),
    ],
)
def test_the_line_that_is_refused_is_named(
    desk_shell: Shell, tmp_path: Path, number: int, change: dict[str, Any], told: str
) -> None:
    refused = desk_shell.refused("import", _spoiled(tmp_path, number, change))

    assert f"97th-academy-awards.jsonl, line {number}: " in refused
    assert told in refused


def test_a_line_that_is_no_json_is_named(desk_shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / SMALL.name
    for garbage in (b"", b"\xff", b"{", b"[" * 100_000, b'{"a": NaN}', b'"text"', b"\0"):
        path.write_bytes(SMALL.read_bytes() + garbage + b"\n")
        assert f"{path}, line 68: " in desk_shell.refused("import", path)


def test_who_interrupts_an_import_is_told_what_is_on_record_and_what_is_not(shell: Shell, tmp_path: Path) -> None:
    reports = (REPORT | {"id": f"00000000-0000-4000-9000-{number:012}"} for number in range(100_000))
    long, never = write(tmp_path, OPENING, *reports), write(tmp_path, OPENING, REPORT, name="never.jsonl")
    process = shell.start("import", *map(str, (SMALL, long, never)))
    assert process.stdout
    assert "97th-academy-awards is imported" in process.stdout.readline()

    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)

    assert (out, process.returncode) == ("", 130)
    assert err.splitlines() == [
        "Error: interrupted; a file is imported as a whole, or not at all:",
        "  97th-academy-awards is on record, at version 67",
        f"  nothing of {long} is on record: import it again",
        f"  nothing of {never} is on record: import it again",
    ]
    assert [story["slug"] for story in shell.read("stories")["stories"]] == [SMALL.stem]
    shell.do("import", never)


def test_what_was_on_disk_already_when_somebody_interrupted_is_told_as_on_record(
    desk_shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Desk, "view", interrupt)  # What is asked for once the file is imported.

    assert "  97th-academy-awards is on record, at version 67\n" in desk_shell.refused("import", SMALL, code=130)


@pytest.mark.parametrize("blank", [b"\n", b" \t\r\n"])
@pytest.mark.parametrize("number", [1, 34])
def test_a_blank_line_is_named_as_what_it_is(desk_shell: Shell, tmp_path: Path, number: int, blank: bytes) -> None:
    path = tmp_path / SMALL.name
    lines = SMALL.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[: number - 1], blank, *lines[number - 1 :]]))

    told = desk_shell.refused("import", path)

    assert told.startswith(f"Error: {path}, line {number}: the line is blank, which is not JSON: ")
    assert told.endswith("; nothing of the file was imported\n")


def test_no_file_can_steer_the_terminal_by_its_faults(desk_shell: Shell, tmp_path: Path) -> None:
    told = desk_shell.refused("import", _spoiled(tmp_path, 65, {"data": {"\x1b]0;title\x07\x9b": 1}}))

    assert "\N{REPLACEMENT CHARACTER}]0;title" in told
    assert not {"\x1b", "\x07", "\x9b"} & set(told)


def test_what_is_no_story_file_is_refused(desk_shell: Shell, tmp_path: Path) -> None:
    bad, empty, binary = tmp_path / "Bad Name.jsonl", tmp_path / "empty.jsonl", tmp_path / "binary.jsonl"
    bad.write_bytes(SMALL.read_bytes())
    empty.touch()
    binary.write_bytes(bytes(range(256)) * 100)

    assert "“Bad Name” cannot name a story" in desk_shell.refused("import", bad)
    assert f"{empty}, line 1: " in desk_shell.refused("import", empty)
    assert f"{binary}, line 1: " in desk_shell.refused("import", binary)
    assert "does not exist" in desk_shell.refused("import", tmp_path / "none.jsonl", code=2)
    assert "is a directory" in desk_shell.refused("import", tmp_path, code=2)


def test_an_unknown_story_is_not_exported_and_no_file_made(desk_shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "none.jsonl"

    assert "there is no story “none”" in desk_shell.refused("export", "none", "--output", path)
    assert not path.exists()


def test_a_folder_that_is_not_there_is_told(desk_shell: Shell, tmp_path: Path) -> None:
    desk_shell.do("import", SMALL)

    where = tmp_path / "none" / "x.jsonl"
    assert f"there is no folder {where.parent}" in desk_shell.refused("export", SMALL.stem, "--output", where, code=2)


def _takedown(shell: Shell) -> str:
    fact = shell.read("show", "97th-academy-awards")["facts"][0]["id"]
    return json.dumps({"type": "fact.taken_down", "data": {"fact": fact, "basis": "court order", "note": "Ordered."}})


def _spoiled(folder: Path, number: int, change: dict[str, Any]) -> Path:
    """Write the story with one line changed: a value replaced, or removed where it is None (but for data)."""
    lines = SMALL.read_text(encoding="utf-8").splitlines()
    line = json.loads(lines[number - 1]) | change
    kept = {name: value for name, value in line.items() if value is not None or name == "data"}
    lines[number - 1] = json.dumps(kept)
    path = folder / SMALL.name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _nothing_is_left(url: str) -> None:
    with opened(url) as database, database.engine.connect() as connection:
        for table in ("story", "event"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 0
