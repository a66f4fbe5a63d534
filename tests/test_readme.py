"""The README is true: what it names exists, what exists is named, and what it tells to run runs."""

import importlib
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from timeline.cli.commands import COMMANDS
from timeline.desk import Desk
from timeline.domain.event import EDITORIAL
from timeline.kinds.kind import find_kind, kind_names
from timeline.settings import Settings
from timeline.store.database import connect
from timeline.store.schema import prepare
from timeline.web.app import create_app

README = Path(__file__).parents[1] / "README.md"
TEXT = README.read_text(encoding="utf-8")


def test_it_names_every_command() -> None:
    missing = {command.name for command in COMMANDS if f"`timeline {command.name}" not in TEXT}

    assert missing == set()


def test_it_names_every_setting() -> None:
    settings = {f"TIMELINE_{name.upper()}" for name in Settings.model_fields} | {"TIMELINE_ACTOR"}

    assert settings == set(re.findall(r"^\| `(TIMELINE_\w+)`", TEXT, re.MULTILINE))


def test_it_names_every_event_type() -> None:
    types = set(EDITORIAL).union(*(find_kind(name).types for name in kind_names()))
    table = TEXT.partition("## Events")[2].partition("##")[0]

    assert types == set(re.findall(r"`(\w+\.\w+)`", table.partition("\n\nA story file")[0]))


def test_it_names_every_route(sqlite_url: str) -> None:
    database = connect(sqlite_url)
    prepare(database)
    served = {
        f"{method} {rule.rule.replace('uuid:', '').replace('id_', 'id')}"
        for rule in create_app(Desk(database)).url_map.iter_rules()
        for method in (rule.methods or set()) & {"GET", "POST", "PUT", "DELETE"}
        if rule.endpoint != "static"
    }
    database.engine.dispose()

    table = " ".join(re.findall(r"^\| (`(?:GET|POST) .+?) \|", TEXT, re.MULTILINE))
    assert served == set(re.findall(r"`((?:GET|POST|PUT|DELETE) [^?`]+)", table))


def test_every_function_on_the_way_of_an_event_is_there() -> None:
    for name in re.findall(r"`(timeline(?:\.\w+)+)`", TEXT):
        assert _exists(name), name


def test_every_file_it_points_to_is_there() -> None:
    for name in re.findall(r"\]\(([^)#]+)\)|`((?:migrations|events|tests)/[\w/.]+)`", TEXT):
        path = next(filter(None, name))
        assert (README.parent / path).exists(), path


def test_nothing_that_it_tells_to_type_has_to_be_scrolled() -> None:
    assert [line for line in _shell_blocks().splitlines() if len(line) > 100] == []


@pytest.mark.long
def test_every_command_it_shows_does_its_work(sqlite_url: str) -> None:
    blocks = _shell_blocks().replace("\\\n", " ")
    environment = os.environ | {"TIMELINE_DATABASE_URL": sqlite_url}
    shown = [line for line in blocks.splitlines() if line.startswith("timeline ")]
    script = Path(sys.executable).with_name("timeline")
    stories = sorted(map(str, (README.parent / "events").glob("*.jsonl")))

    for words in (["timeline", "import", *stories], *map(shlex.split, shown)):
        done = subprocess.run([script, *words[1:]], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{words}: {done.stderr}"

    assert len(shown) > 5


def _shell_blocks() -> str:
    return "".join(re.findall(r"^```sh\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL))


def _exists(name: str) -> bool:
    """Tell whether a dotted name is a module, or something in one."""
    parts = name.split(".")
    for split in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:split]))
        except ModuleNotFoundError:
            continue
        for part in parts[split:]:
            found = getattr(found, part, None)
        return found is not None
    return False
