"""Where the migrations and the stories lie: beside the code in an installed package, at the top of a checkout."""

from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).parent
_ROOT: Final = _PACKAGE if (_PACKAGE / "migrations").is_dir() else _PACKAGE.parents[1]

MIGRATIONS: Final = _ROOT / "migrations"
STORIES: Final = _ROOT / "events"
