"""Long story files are read by a process of their own: nobody could tell by the record, nor by what is refused."""

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest

from lines import CORRECTION, ERASED, GONE, OPENING, REPORT, TAKEDOWN, TAKEN, Plain, write
from newsroom import Newsroom
from timeline.desk import Desk
from timeline.reading_ahead import LONG, Reading
from timeline.story_files import BadFile, export_lines, import_file

SALT = {"salt": "ab" * 16}
BODY = "The hall waits. " * 128
MANY = LONG // len(BODY) + 1
"""So many reports make a long file."""
IDS = [f"00000000-0000-4000-9000-{number:012}" for number in range(MANY)]
BAD = REPORT | {"data": {}}


def test_a_process_reads_every_line_as_we_would(tmp_path: Path) -> None:
    texts = {
        "headline": "Zoë",
        "body": "李安 \N{GRINNING FACE}",
        "media": [{"url": "https://x.example/", "alt": "A"}],
    }
    reports = [REPORT | SALT | {"id": id_, "data": texts, "source": {"name": "The pool"}} for id_ in IDS]
    told = [each | SALT for each in (OPENING, TAKEN, CORRECTION, TAKEDOWN)]
    odd: list[Plain | str | bytes] = [REPORT | ERASED, CORRECTION | ERASED, BAD, BAD | ERASED, "[]", b"\xff", ""]
    reading = Reading(write(tmp_path, *told, *odd, *reports, "{}"), "the-night", "ceremony", frozenset({UUID(GONE)}))

    read = list(reading.read_ahead())

    assert len(read) > 2
    assert read == list(reading.read())


def test_a_long_file_is_written_out_again_to_the_same_bytes(desk: Desk, tmp_path: Path) -> None:
    path = _long(tmp_path)
    first = list(export_lines(desk, import_file(desk, path).slug))

    again = import_file(desk, write(tmp_path, *first, name="again.jsonl")).slug

    assert len(first) == MANY + 1
    assert list(export_lines(desk, again)) == first


def test_of_a_long_file_too_nothing_is_kept_that_it_takes_down(desk: Desk, tmp_path: Path) -> None:
    lines = [TAKEN | SALT, CORRECTION | SALT, TAKEDOWN | SALT]

    slug = import_file(desk, _long(tmp_path, *lines)).slug

    events = [each for each in desk.record(slug, MANY, 10)[1] if each.type != "fact.taken_down"]
    assert [str(each.id) for each in events][1:] == [GONE, CORRECTION["id"]]
    assert [(each.text, each.salt) for each in events[1:]] == [(None, None)] * 2


@pytest.mark.parametrize(
    "bad",
    [
        (b"{",),
        (BAD,),
        (REPORT | {"type": "goal.scored"},),
        (TAKEDOWN,),
        (REPORT | {"id": IDS[3]},),
        (BAD | {"id": IDS[3]},),
        (CORRECTION | {"data": {}, "id": IDS[3]},),
        (REPORT | {"recorded_at": "2025-03-02T00:00:00Z"},),
        (REPORT | {"recorded_at": "2025-03-04T00:00:00Z"},),
        (REPORT | {"occurred_at": "2025-03-04T00:00:00Z"},),
        (REPORT | ERASED,),
        (OPENING,),
        (BAD, b"{"),
        (TAKEDOWN, BAD),
    ],
    ids=range(14),
)
def test_a_bad_line_far_behind_is_refused_in_the_words_that_a_short_file_hears(
    desk: Desk, tmp_path: Path, bad: tuple[Plain | bytes, ...]
) -> None:
    before = [REPORT | {"id": id_, "data": {"headline": "It rains"}} for id_ in IDS]
    short, long = write(tmp_path, OPENING, *before, *bad, name="short.jsonl"), _long(tmp_path, *bad)
    assert short.stat().st_size < LONG

    told = [_refused(desk, path) for path in (short, long)]

    assert told[0].replace("short", "the-night") == told[1]
    assert f"{long}, line {MANY + 2}" in told[1] or f"line {MANY + 3}" in told[1]
    assert Newsroom(desk.database).trace() == ()


def test_a_process_that_is_killed_is_told_and_nothing_is_imported(desk: Desk, tmp_path: Path) -> None:
    path = _long(tmp_path)

    with pytest.raises(ChildProcessError, match=f"{path}: the process that reads it broke off; nothing was imported"):
        import_file(desk, path, lambda _, __: _kill(_readers()))

    assert Newsroom(desk.database).trace() == ()
    assert import_file(desk, path).version == MANY + 1


@pytest.mark.parametrize(
    "said", ["print('Hello')", "print('Hello ' * 100_000)", "raise SystemExit", "import os; os._exit(0)"]
)
def test_a_process_that_says_anything_else_is_told_and_nothing_is_imported(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    _at_its_start(said, tmp_path, monkeypatch)

    with pytest.raises(ChildProcessError, match="broke off; nothing was imported"):
        import_file(desk, _long(tmp_path))

    assert Newsroom(desk.database).trace() == ()


def test_what_is_printed_while_a_process_reads_is_no_part_of_the_story(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _at_its_start("import atexit; atexit.register(print, 'The kind has a word to say')", tmp_path, monkeypatch)

    assert import_file(desk, _long(tmp_path)).version == MANY + 1


def test_where_no_interpreter_is_known_a_long_file_is_read_here(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "")

    assert import_file(desk, _long(tmp_path)).version == MANY + 1


def test_an_interrupt_is_ours_to_answer_and_leaves_no_process_behind(desk: Desk, tmp_path: Path) -> None:
    groups: list[int] = []

    def interrupt(_: int, __: int) -> None:
        groups.extend(map(os.getpgid, _readers()))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_file(desk, _long(tmp_path), interrupt)

    assert len(groups) == 1
    assert groups[0] != os.getpgid(0), "Ctrl+C would reach it, too"
    assert list(_readers()) == []
    assert Newsroom(desk.database).trace() == ()


def test_a_process_does_not_read_further_ahead_than_the_writer_can_follow(tmp_path: Path) -> None:
    path = _long(tmp_path)

    with closing(Reading(path, "the-night", "ceremony").read_ahead()) as batches:
        first = next(batches)
        (reader,) = _readers()
        read = _settled(lambda: _place(reader, path))

    assert first.size < read < 4 * first.size < path.stat().st_size


def _long(folder: Path, *more: Plain | bytes) -> Path:
    """Write a long file, of reports and what is behind them."""
    reports = (REPORT | SALT | {"id": id_, "data": {"headline": "It rains", "body": BODY}} for id_ in IDS)
    path = write(folder, OPENING | SALT, *reports, *more)
    assert path.stat().st_size >= LONG
    return path


def _refused(desk: Desk, path: Path) -> str:
    with pytest.raises(BadFile) as caught:
        import_file(desk, path)
    return str(caught.value)


def _readers() -> Iterator[int]:
    """Yield the processes of ours that read a file."""
    for children in Path("/proc/self/task").glob("*/children"):
        for child in children.read_text().split():
            if b"reading_ahead" in Path(f"/proc/{child}/cmdline").read_bytes():
                yield int(child)


def _at_its_start(code: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every interpreter that is started from now on execute some code first."""
    (folder / "sitecustomize.py").write_text(code)
    monkeypatch.syspath_prepend(str(folder))


def _kill(processes: Iterable[int]) -> None:
    for each in processes:
        os.kill(each, signal.SIGKILL)


def _place(process: int, path: Path) -> int:
    """Return how far a process has read a file; 0 if it has not begun."""
    for file in Path(f"/proc/{process}/fd").iterdir():
        if file.readlink() == path:
            return int(Path(f"/proc/{process}/fdinfo/{file.name}").read_text().split()[1])
    return 0


def _settled(number: Callable[[], int]) -> int:
    """Return a number once it does not change any more."""
    last = -1
    while (now := number()) != last:
        last = now
        time.sleep(0.5)
    return last
