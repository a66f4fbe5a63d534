"""Views that another program computed, from a record and from vantages that we did not choose."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from timeline.desk import Desk
from timeline.domain.moments import format_moment
from timeline.domain.vantage import read_vantage
from timeline.store.database import Database
from timeline.story_files import import_file
from timeline.views import View

VECTORS: Final = Path(__file__).parents[2].parent / "shared" / "vectors"
RECORDS: Final = sorted(VECTORS.glob("*.jsonl"))

pytestmark = pytest.mark.skipif(not RECORDS, reason="../shared/vectors is not on this machine")


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_every_vantage_shows_what_another_program_saw(database: Database, record: Path) -> None:
    desk = Desk(database)
    import_file(desk, record)

    for expected in json.loads(record.with_suffix(".views.json").read_text()):
        at, as_of = expected["at"], expected["as_of"]
        vantage = read_vantage(at, None if as_of is None else str(as_of))
        assert _seen(desk.view(record.stem, vantage), expected) == expected


def _seen(view: View, expected: dict[str, Any]) -> dict[str, Any]:
    """Return the view in the shape of the vectors, with what these leave out left out."""
    facts = [
        {
            "id": str(fact.id),
            "type": fact.type,
            "status": fact.status,
            "occurred_at": format_moment(fact.occurred_at),
            "precision": str(fact.content.precision),
            "version": fact.version,
            "key": fact.key,
            "pinned": fact.pinned,
            "data": fact.data,
        }
        for fact in view.facts
    ]
    tally = sorted(view.board["tally"], key=lambda row: str(row["film"]))
    return {"at": expected["at"], "as_of": expected["as_of"], "facts": facts, "tally": tally}
