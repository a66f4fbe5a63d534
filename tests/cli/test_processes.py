"""The installed program as a process: exit codes, its two streams, and pipes that break."""

import os
import pty
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from commands import PROGRAM, STORIES, Shell

STORY = "97th-academy-awards"


@pytest.fixture
def library(desk_shell: Shell) -> Shell:
    """Return a shell on a database with one story."""
    desk_shell.do("import", STORIES / f"{STORY}.jsonl")
    return desk_shell


def test_what_is_done_ends_with_0_and_writes_to_standard_output(library: Shell) -> None:
    told = library.run("show", STORY)

    assert (told.code, told.err) == (0, "")
    assert "Anora" in told.out
    assert "\x1b" not in told.out, "no colour where nobody looks"


def test_what_is_refused_ends_with_1_and_a_sentence_on_standard_error(library: Shell) -> None:
    told = library.run("show", "none")

    assert told == type(told)("", "Error: there is no story “none”\n", 1)


@pytest.mark.parametrize("words", ["", "none", "show", f"show {STORY} --format xml", "changes x --from -1", "--none"])
def test_wrong_usage_ends_with_2(library: Shell, words: str) -> None:
    told = library.run(*words.split())

    assert (told.code, told.out) == (2, "")
    assert "Usage: timeline" in told.err


def test_progress_is_not_shown_where_nobody_looks(desk_shell: Shell) -> None:
    told = desk_shell.run("import", str(STORIES / f"{STORY}.jsonl"))

    assert told == type(told)(f"{STORY} is imported, at version 67.\n", "", 0)


@pytest.mark.parametrize("words", ["show {0}", "show {0} --format json", "export {0}", "changes {0}"])
def test_a_reader_who_leaves_early_gets_no_traceback(library: Shell, words: str) -> None:
    process = library.start(*words.format(STORY).split())
    assert process.stdout is not None
    process.stdout.close()

    assert process.wait(60) in (0, 1)
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.stdin is not None
    process.stdin.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this machine has no /dev/full")
@pytest.mark.parametrize("words", ["show {0}", "show {0} --format json", "export {0}", "stories"])
def test_an_output_that_is_full_is_told(library: Shell, words: str) -> None:
    environment = {"PATH": os.environ["PATH"]} | library.settings()
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [PROGRAM, *words.format(STORY).split()], env=environment, stdout=full, stderr=subprocess.PIPE, check=False
        )

    assert done.returncode != 0
    assert b"No space left on device" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("locale", ["C", "de_DE.ISO-8859-1"])
def test_texts_are_utf_8_whatever_the_locale(library: Shell, locale: str) -> None:
    told = library.run(
        "append", STORY, stdin='{"type": "story.described", "data": {"title": "Émilia ★"}}', LC_ALL=locale
    )

    assert (told.code, told.err) == (0, "")
    assert "Émilia ★" in library.run("stories", LC_ALL=locale).out


def test_without_any_setting_the_database_is_made_in_a_folder_beneath(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"]}
    done = subprocess.run([PROGRAM, "doctor"], cwd=tmp_path, env=environment, capture_output=True, check=True)

    assert b"All is well: 0 stories" in done.stdout
    assert (tmp_path / ".timeline" / "timeline.sqlite").exists()


def test_who_appends_without_a_name_is_the_user_of_the_machine(library: Shell) -> None:
    library.run("append", STORY, stdin='{"type": "coverage.started", "data": {}}', LOGNAME="ana")
    library.run("append", STORY, stdin='{"type": "coverage.ended", "data": {}}', TIMELINE_ACTOR="ben")

    lines = library.do("export", STORY).splitlines()
    assert ['"actor":"ana"' in lines[-2], '"actor":"ben"' in lines[-1]] == [True, True]


def test_an_event_is_followed_as_it_is_recorded(library: Shell) -> None:
    process = library.start("changes", STORY, "--from", "67", "--follow")
    assert process.stdout is not None
    try:
        assert "0 facts changed" in process.stdout.readline()
        library.do("append", STORY, stdin='{"type": "coverage.started", "data": {}}')
        assert '"type": "coverage.started"' in process.stdout.readline()
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.mark.parametrize("module", ["click", "sqlalchemy.util", "timeline.cli.reading"])
def test_whoever_interrupts_a_command_while_it_is_imported_is_told_nothing(desk_shell: Shell, module: str) -> None:
    process = desk_shell.start("stories", PYTHONPROFILEIMPORTTIME="1")
    _interrupt_after(process, module)

    out, err = process.communicate(timeout=60)
    assert out == ""
    assert [line for line in err.splitlines() if not line.startswith("import time:")] == []
    assert process.returncode == 130


def test_whoever_interrupts_a_command_at_work_is_told_nothing_more(library: Shell) -> None:
    process = library.start("changes", STORY, "--from", "66", "--follow")
    assert process.stdout is not None
    process.stdout.readline()  # It is at work.
    process.send_signal(signal.SIGINT)

    assert process.communicate(timeout=60)[1] == ""
    assert process.returncode == 130


def test_whoever_interrupts_a_question_is_told_nothing_more(desk_shell: Shell) -> None:
    terminal, end = pty.openpty()
    words = ["setsid", "--ctty", *desk_shell.program(), "user", "create", "ana", "--role", "admin"]
    process = subprocess.Popen(words, env=os.environ | desk_shell.settings(), stdin=end, stdout=end, stderr=end)
    os.close(end)
    said = b""
    while b"Password: " not in said:
        said += os.read(terminal, 1_000)
    os.write(terminal, b"\x03")  # Ctrl+C, as a terminal has it.

    assert process.wait(timeout=60) == 130
    with suppress(OSError):  # Nobody has it open any more.
        said += os.read(terminal, 1_000)
    os.close(terminal)
    assert said.replace(b"^C", b"").split() == [b"Password:"]


def test_what_is_ignored_in_the_background_is_no_interruption(desk_shell: Shell) -> None:
    words = ["sh", "-c", 'trap "" INT; exec "$0" stories', str(PROGRAM)]
    settings = desk_shell.settings() | {"PYTHONPROFILEIMPORTTIME": "1"}
    process = subprocess.Popen(words, env=os.environ | settings, stderr=subprocess.PIPE, text=True)
    _interrupt_after(process, "click")

    assert "no story" in process.communicate(timeout=60)[1]
    assert process.returncode == 0


def _interrupt_after(process: "subprocess.Popen[str]", module: str) -> None:
    """Interrupt a process that says what it imports once it has imported this."""
    assert process.stderr is not None
    while not (line := process.stderr.readline()).endswith(f" {module}\n"):
        assert line, "it has ended"
    process.send_signal(signal.SIGINT)
