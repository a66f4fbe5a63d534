"""Story files longer than what is held in memory: what is said of a fact is judged by all that was said before."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from lines import OPENING, REPORT, Plain, write
from newsroom import headlines
from timeline.desk import Desk
from timeline.domain.errors import AlreadyRetracted, AlreadyTakenDown, NothingChanged, Refusal
from timeline.store.record import BATCH
from timeline.story_files import BadFile, export_lines, import_file

NUMBERS = [2, BATCH, BATCH + 1]
"""Facts at the beginning of a file, and on both sides of the first batch's end."""
DISTANCES = [1, BATCH, 2 * BATCH + 1]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("distance", DISTANCES)
def test_a_fact_is_corrected_however_long_ago_it_was_reported(
    desk: Desk, tmp_path: Path, number: int, distance: int
) -> None:
    corrections = [
        _about(number, "fact.corrected", kind="minor", set={"data": {"body": "Twice."}}),
        _about(number, "fact.corrected", kind="minor", set={"data": {"headline": "Corrected"}}),
    ]
    lines = [OPENING, *_reports(number - 1), corrections[0], *_reports(distance, number), corrections[1]]

    head = import_file(desk, write(tmp_path, *lines))

    (fact,) = (fact for fact in desk.view(head.slug).facts if fact.version == number)
    assert fact.data == {"headline": "Corrected", "body": "Twice."}
    assert len(fact.history) == 2


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize(
    ("first", "second", "refusal"),
    [
        (("fact.retracted", {}), ("fact.retracted", {}), AlreadyRetracted),
        (("fact.taken_down", {"basis": "safety"}), ("fact.retracted", {}), AlreadyTakenDown),
        (
            ("fact.corrected", {"kind": "minor", "set": {"data": {"headline": "B"}}}),
            ("fact.corrected", {"kind": "minor", "set": {"data": {"headline": "B"}}}),
            NothingChanged,
        ),
    ],
    ids=["retracted twice", "taken down", "corrected twice"],
)
def test_what_was_done_to_a_fact_is_remembered_however_long_ago(
    desk: Desk,
    tmp_path: Path,
    distance: int,
    first: tuple[str, Any],
    second: tuple[str, Any],
    refusal: type[Refusal],
) -> None:
    told, again = (_about(3, type_, **said) for type_, said in (first, second))
    lines = [OPENING, *_reports(2), told, *_reports(distance, 3), again]

    with pytest.raises(BadFile, match=f"line {len(lines)}: ") as caught:
        import_file(desk, write(tmp_path, *lines))

    assert isinstance(caught.value.__cause__, refusal)


@pytest.mark.parametrize("spoiled", [{}, {"data": {}}], ids=["only that", "and another fault"])
@pytest.mark.parametrize("distance", DISTANCES)
def test_an_id_that_stands_twice_is_told_with_its_version_however_far_apart(
    desk: Desk, tmp_path: Path, distance: int, spoiled: Plain
) -> None:
    lines = [OPENING, *_reports(4), *_reports(distance, 5), REPORT | {"id": _id(4)} | spoiled]

    with pytest.raises(BadFile, match=f"line {len(lines)}: .*{_id(4)} is that of version 4 already"):
        import_file(desk, write(tmp_path, *lines))

    assert desk.stories() == []


def test_a_long_file_is_written_out_again_to_the_same_bytes(desk: Desk, tmp_path: Path) -> None:
    path = write(tmp_path, OPENING, *_reports(2 * BATCH + 7))
    slug = import_file(desk, path).slug
    assert headlines(desk.view(slug).facts)[-1] == f"Report {2 * BATCH + 8}"
    first = list(export_lines(desk, slug))

    again = import_file(desk, write(tmp_path, *first, name="again.jsonl")).slug

    assert list(export_lines(desk, again)) == first


def test_the_progress_of_an_import_ends_with_the_whole_file(desk: Desk, tmp_path: Path) -> None:
    path, steps = write(tmp_path, OPENING, *_reports(2 * BATCH)), list[tuple[int, int]]()

    import_file(desk, path, lambda read, events: steps.append((read, events)))

    assert steps[-1] == (path.stat().st_size, 2 * BATCH + 1)
    assert sorted(set(steps)) == steps
    assert 4 < len(steps) < BATCH


@pytest.mark.parametrize(
    "odd",
    [
        lambda line: json.dumps(line | {"schema": 1.0}),
        lambda line: json.dumps(line | {"salt": None, "commitment": None, "source": None}),
        lambda line: json.dumps(line | {"precision": "second"}, indent=None, separators=(" , ", " : ")),
        lambda line: json.dumps(dict(reversed(line.items()))),
        lambda line: json.dumps(line).replace("r", "\\u0072"),
        lambda line: json.dumps(line | {"id": line["id"].upper()}),
        lambda line: json.dumps(line | {"occurred_at": "2025-03-02t17:00:00-08:00"}),
    ],
    ids=range(7),
)
def test_a_line_is_read_alike_however_it_is_written(desk: Desk, tmp_path: Path, odd: Any) -> None:
    plain, other = write(tmp_path, OPENING, REPORT), write(tmp_path, OPENING, odd(REPORT), name="odd.jsonl")

    slugs = [import_file(desk, path).slug for path in (plain, other)]

    assert len({_without_salt(list(export_lines(desk, slug))[1]) for slug in slugs}) == 1


def _reports(count: int, after: int = 1) -> Iterator[Plain]:
    """Yield reports whose headline is their version."""
    for number in range(after + 1, after + 1 + count):
        yield REPORT | {"id": _id(number), "data": {"headline": f"Report {number}"}}


def _about(number: int, type_: str, **said: Any) -> Plain:
    data = {"fact": _id(number), "note": "We erred.", **said}
    return OPENING | {"id": str(uuid4()), "type": type_, "data": data}


def _id(number: int) -> str:
    return f"00000000-0000-4000-9000-{number:012}"


def _without_salt(line: str) -> str:
    value = json.loads(line)
    del value["salt"]
    return json.dumps(value)
