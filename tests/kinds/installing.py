"""Football as a package of its own, installed for the time of a test and found by its entry point."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from timeline.kinds.kind import find_kind

SOURCE = Path(__file__).with_name("football.py")


@contextmanager
def football(folder: Path) -> Iterator[None]:
    """Install the kind into a folder that Python looks into, and forget it afterwards."""
    described = folder / "football-1.0.dist-info"
    described.mkdir()
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: football\nVersion: 1.0\n")
    (described / "entry_points.txt").write_text("[timeline.kinds]\nfootball = football:KIND\n")
    shutil.copy(SOURCE, folder)
    find_kind.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield
    sys.modules.pop("football", None)
    find_kind.cache_clear()
