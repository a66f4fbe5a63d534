"""Debian's Chromium: where it is, and how it is started; no test downloads a browser of its own."""

import os
import shutil
from typing import Final

import pytest

# No sandbox for root, no GPU, and nothing that would call home while a test runs.
ARGUMENTS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium() -> str:
    """Return the path of the browser; where there is none, the test is skipped, but in CI it fails."""
    executable = shutil.which("chromium")
    if executable is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI must test in a browser, and there is no `chromium` here: .ci/run installs Debian's")
        pytest.skip("NOT TESTED IN A BROWSER: there is no `chromium` on this machine (apt-get install chromium)")
    return executable
