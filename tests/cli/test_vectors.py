"""Views that another program computed, as the command line gives them."""

import json
from pathlib import Path
from typing import Any

import pytest

from commands import CHECKOUT, Shell

RECORDS = sorted((CHECKOUT.parent / "shared" / "vectors").glob("*.jsonl"))

pytestmark = pytest.mark.skipif(not RECORDS, reason="../shared/vectors is not on this machine")


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_every_vantage_shows_what_another_program_saw(shell: Shell, record: Path) -> None:
    shell.do("import", record)

    for expected in json.loads(record.with_suffix(".views.json").read_text(encoding="utf-8")):
        words = [
            word
            for option, place in (("--at", expected["at"]), ("--as-of", expected["as_of"]))
            if place is not None
            for word in (option, str(place))
        ]
        view = shell.read("show", record.stem, *words)
        assert _facts(view, expected) == expected["facts"], words
        assert sorted(view["board"]["tally"], key=lambda row: str(row["film"])) == expected["tally"], words


def _facts(view: Any, expected: Any) -> list[Any]:
    """Return the facts of a view with the keys that the vectors have."""
    names = expected["facts"][0].keys() if expected["facts"] else ()
    return [{name: fact[name] for name in names} for fact in view["facts"]]
