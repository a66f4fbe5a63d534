"""The command line as a person meets it: what was typed, what came out, and the exit code."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from click.testing import CliRunner

from timeline.cli.commands import timeline

CHECKOUT: Final = Path(__file__).parent.parent
STORIES: Final = CHECKOUT / "events"
PROGRAM: Final = Path(sys.executable).with_name("timeline")


@dataclass(frozen=True, slots=True)
class Told:
    """What a command wrote, and how it ended."""

    out: str
    err: str
    code: int


@dataclass(frozen=True, slots=True)
class Shell:
    """A person at the command line, with the settings of one database."""

    url: str

    def type(self, *words: str | Path, stdin: str | bytes = "", **settings: str) -> Told:
        """Run a command within this process; whatever it is, it may not end in a traceback."""
        runner = CliRunner(env=self.settings() | settings)
        result = runner.invoke(timeline, list(map(str, words)), input=stdin, color=True)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return Told(result.stdout, result.stderr, result.exit_code)

    def do(self, *words: str | Path, stdin: str | bytes = "") -> str:
        """Run a command that must do what it was told, and return what it wrote."""
        told = self.type(*words, stdin=stdin)
        assert (told.code, told.err) == (0, ""), told
        return told.out

    def refused(self, *words: str | Path, stdin: str | bytes = "", code: int = 1) -> str:
        """Run a command that must be refused, and return what it wrote to standard error."""
        told = self.type(*words, stdin=stdin)
        assert (told.code, told.out) == (code, ""), told
        return told.err

    def read(self, *words: str | Path) -> Any:
        """Run a command with --format json and return its value."""
        return json.loads(self.do(*words, "--format", "json"))

    def settings(self) -> dict[str, str]:
        return {"TIMELINE_DATABASE_URL": self.url, "COLUMNS": "120"}

    def program(self) -> list[str]:
        """Return the words that start the installed program."""
        return [str(PROGRAM)]

    def start(self, *words: str, **settings: str) -> "subprocess.Popen[str]":
        """Start the program in a process of its own, with text pipes."""
        return self.launch(words, settings, subprocess.PIPE)

    def launch(
        self, words: Sequence[str], settings: Mapping[str, str], errors: IO[str] | int
    ) -> "subprocess.Popen[str]":
        """Start the program; its standard error may go to a file, which nobody needs to read for it to go on."""
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "TIMELINE_"))}
        pipe, environment = subprocess.PIPE, {**ours, **self.settings(), **settings}
        command = [*self.program(), *words]
        return subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, stderr=errors, text=True)

    def run(self, *words: str, stdin: str = "", **settings: str) -> Told:
        """Run the program to its end."""
        process = self.start(*words, **settings)
        out, err = process.communicate(stdin, timeout=60)
        assert "Traceback" not in err, err
        return Told(out, err, process.returncode)
