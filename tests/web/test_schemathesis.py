"""Schemathesis asks a real server everything that the description allows, and much that it forbids."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sites import Site, lodged, serving

PROGRAM = Path(sys.executable).with_name("schemathesis")
# No schema can say at which version a story is by now (412), nor what is on record of it (422, of which
# tests/schema_says.py lets through only what is about that). And 413 refuses a long text as well as any other.
CONFIGURATION = """
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "409", "413", "415", "422"]

[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", "401", "403", "404", "409", "412", "422"]
"""
ENDLESS = ("--exclude-path-regex", "/live$")
TESTS = Path(__file__).parents[1]
RECORD = "/api/stories/{slug}/record"

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Lend a server over SQLite with the two nights, which is written to."""
    with serving(lodged(tmp_path_factory.mktemp("site"))) as site:
        yield site
        lines = site.log().splitlines()
    assert all("cannot be read" in line for line in lines), lines


def test_it_finds_nothing_where_stories_are_read_and_opened(site: Site, tmp_path: Path) -> None:
    _expect_nothing(site, tmp_path, *ENDLESS, "--exclude-path", RECORD, token=site.token)


def test_it_finds_nothing_where_records_are_read_and_written(site: Site, tmp_path: Path) -> None:
    # All that it can think of for twenty types of events takes it minutes: it is stopped in the midst of them.
    _expect_nothing(site, tmp_path, "--include-path", RECORD, "--max-time", "12", token=site.token)


def test_it_finds_nothing_for_whoever_has_no_token(site: Site, tmp_path: Path) -> None:
    _expect_nothing(site, tmp_path, "--include-method", "POST", "--phases", "examples,fuzzing")


def _expect_nothing(site: Site, folder: Path, *options: str, token: str | None = None) -> None:
    configuration = folder / "schemathesis.toml"
    configuration.write_text(CONFIGURATION)
    bearing = ("--header", f"Authorization: Bearer {token}") if token else ()
    done = subprocess.run(
        [
            *(PROGRAM, "--config-file", configuration, "run", f"{site.url}/openapi.json", "--checks", "all"),
            *("--seed", "97", "--max-examples", "3", "--generation-database", "none", "--no-color"),
            *("--suppress-health-check", "all", "--workers", "2", *options, *bearing),
        ],
        cwd=folder,
        env=os.environ | {"SCHEMATHESIS_HOOKS": "schema_says", "PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, _brief(done.stdout) + done.stderr


def _brief(told: str) -> str:
    """Return a report without the ends of its lines, which may be as long as a request body."""
    return "\n".join(line[:1000] for line in told.splitlines())
