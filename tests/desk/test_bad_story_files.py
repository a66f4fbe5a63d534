"""A bad line of a story file: file, line and every fault are named, and nothing of the file is imported."""

from pathlib import Path

import pytest

from lines import CORRECTION, ERASED, FACT, GONE, OPENING, REPORT, TAKEDOWN, TAKEN, Plain, write
from newsroom import Newsroom
from timeline.desk import Desk
from timeline.domain.errors import RecordClockRefused, Refusal
from timeline.story_files import BadFile, import_file

TUESDAY = "2025-03-04T01:00:00Z"
BAD_LINES: dict[str, tuple[tuple[Plain | str | bytes, ...], list[str]]] = {
    "an empty file": ((), ["line 1", "empty"]),
    "no opening": ((REPORT,), ["line 1", "story.opened"]),
    "an opening without a kind": ((OPENING | {"data": {"title": "T"}},), ["line 1", "kind", "timezone"]),
    "a kind that nobody installed": (
        (OPENING | {"data": OPENING["data"] | {"kind": "eclipse"}},),
        ["line 1", "eclipse"],
    ),
    "two openings": ((OPENING, OPENING | {"id": FACT}), ["line 2", "version 1"]),
    "a line that is no JSON": ((OPENING, "{"), ["line 2", "not JSON"]),
    "a line that is no object": ((OPENING, "[]"), ["line 2", "JSON object"]),
    "an empty line": ((OPENING, "", REPORT), ["line 2", "not JSON"]),
    "a line that is no UTF-8": ((OPENING, b'{"id": "\xff"}'), ["line 2", "UTF-8"]),
    "several faults of the data": (
        (OPENING, REPORT | {"data": {"headline": "", "body": 1, "colour": "red"}}),
        ["line 2", "headline", "body", "colour"],
    ),
    "several faults of the envelope": (
        (OPENING, {"type": "update.reported", "data": {}, "precision": "week", "colour": "red", "salt": "x"}),
        ["line 2", "id", "occurred_at", "recorded_at", "actor", "precision", "colour", "salt"],
    ),
    "a moment without a zone": ((OPENING, REPORT | {"occurred_at": "2025-03-03T01:00:00"}), ["line 2", "no zone"]),
    "a recorded moment without a zone": (
        (OPENING, REPORT | {"recorded_at": "2025-03-03T01:00:00"}),
        ["line 2", "no zone"],
    ),
    "a recorded moment that is a number": ((OPENING, REPORT | {"recorded_at": 1}), ["line 2", "recorded_at"]),
    "an id that is there twice": ((OPENING, REPORT, REPORT), ["line 3", FACT]),
    "a version of its own": ((OPENING, REPORT | {"version": 2}), ["line 2", "version"]),
    "a schema to come": ((OPENING, REPORT | {"schema": 2}), ["line 2", "schema"]),
    "a salt that is none": ((OPENING, REPORT | {"salt": "AB" * 16}), ["line 2", "salt"]),
    "an unknown type": ((OPENING, REPORT | {"type": "goal.scored"}), ["line 2", "goal.scored"]),
    "an unknown fact": ((OPENING, TAKEDOWN), ["line 2", GONE]),
    "a fact in the future": ((OPENING, REPORT | {"occurred_at": TUESDAY}), ["line 2", "2025-03-04"]),
    "a clock that runs backwards": (
        (OPENING, REPORT | {"recorded_at": "2025-03-03T00:59:59.999999Z", "occurred_at": "2025-03-03T00:00Z"}),
        ["line 2", "backwards", "00:59:59.999999Z"],
    ),
    "a clock that runs ahead": ((OPENING, REPORT | {"recorded_at": TUESDAY}), ["line 2", "future"]),
    "an erasure without a takedown": ((OPENING, REPORT | ERASED), ["line 2", FACT, "no takedown"]),
    "an erased correction without a takedown": ((OPENING, TAKEN, CORRECTION | ERASED), ["line 3", "no takedown"]),
    "an erasure of another fact": ((OPENING, TAKEN, REPORT | ERASED, TAKEDOWN), ["line 3", FACT]),
    "a second takedown": (
        (OPENING, TAKEN, TAKEDOWN, TAKEDOWN | {"id": "00000000-0000-4000-8000-00000000000a"}),
        ["line 4", GONE, "was taken down"],
    ),
    "an erased takedown": ((OPENING, TAKEN, TAKEDOWN | ERASED), ["line 3", "never erased"]),
    "an erasure without its commitment": ((OPENING, TAKEN | {"data": None}, TAKEDOWN), ["line 2", "commitment"]),
    "an erasure whose commitment is nothing": (
        (OPENING, TAKEN | {"type": "ceremony.ended", "data": None, "commitment": None}, TAKEDOWN),
        ["line 2", "commitment"],
    ),
    "a commitment beside its data": ((OPENING, REPORT | {"commitment": "ef" * 32}), ["line 2", "commitment"]),
    "a takedown without a note": (
        (OPENING, TAKEN, TAKEDOWN | {"data": TAKEDOWN["data"] | {"note": ""}}),
        ["line 3", "note"],
    ),
}


@pytest.mark.parametrize(("lines", "told"), BAD_LINES.values(), ids=BAD_LINES)
def test_a_bad_line_is_named_with_every_fault_and_nothing_is_imported(
    desk: Desk, tmp_path: Path, lines: tuple[Plain | str | bytes, ...], told: list[str]
) -> None:
    path = write(tmp_path, *lines)
    newsroom = Newsroom(desk.database)
    before = newsroom.trace()

    with pytest.raises(BadFile) as caught:
        import_file(desk, path)

    assert [words for words in [str(path), *told] if words not in str(caught.value)] == []
    assert newsroom.trace() == before == ()


def test_a_bad_line_behind_a_thousand_good_ones_undoes_them_all(desk: Desk, tmp_path: Path) -> None:
    many = [REPORT | {"id": f"00000000-0000-4000-9000-{number:012}"} for number in range(1500)]

    with pytest.raises(BadFile, match="line 1502"):
        import_file(desk, write(tmp_path, OPENING, *many, REPORT | {"data": {}}))

    assert Newsroom(desk.database).trace() == ()


def test_a_bad_file_carries_what_its_line_was_refused_for(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(BadFile) as caught:
        import_file(desk, write(tmp_path, OPENING, REPORT | {"recorded_at": TUESDAY}))

    assert isinstance(_cause(caught.value), RecordClockRefused)


def _cause(refusal: Refusal) -> BaseException | None:
    """Return what lies at the bottom of a refusal."""
    cause: BaseException = refusal
    while cause.__cause__ is not None:
        cause = cause.__cause__
    return cause
