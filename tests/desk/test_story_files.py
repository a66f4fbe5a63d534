"""Story files: read whole or not at all, and written out again to the same bytes."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import text

from lines import CORRECTION, ERASED, GONE, NAME, OPENING, REPORT, TAKEDOWN, TAKEN, write
from newsroom import (
    EVENING,
    STORY,
    Newsroom,
    correction,
    event,
    headlines,
    mark,
    opened,
    reinstatement,
    report,
    retraction,
    takedown,
)
from timeline.desk import Desk
from timeline.domain.errors import InvalidSlug, StoryExists
from timeline.domain.moments import format_moment, parse_moment
from timeline.store import record, tree
from timeline.story_files import export_lines, import_file


def test_a_story_comes_back_as_it_was_written(newsroom: Newsroom, tmp_path: Path) -> None:
    told = event("update.reported", {"body": "李安 😀", "headline": "“Zoë”"}, EVENING, source={"name": "AP"})
    lost = report(NAME)
    newsroom.publish(told, lost, correction(told, data={"body": None}, precision="day"), mark(told, "marked_key"))
    newsroom.publish(correction(lost, data={"headline": f"{NAME}!"}), retraction(told), reinstatement(told))
    newsroom.publish(takedown(lost), event("coverage.started", {}))
    first = list(export_lines(newsroom.desk, STORY))

    with opened(f"sqlite:///{tmp_path / 'elsewhere.sqlite'}") as elsewhere:
        desk = replace(newsroom.desk, database=elsewhere)
        import_file(desk, write(tmp_path, *first, name=f"{STORY}.jsonl"))

        assert list(export_lines(desk, STORY)) == first
        assert _root(desk, STORY) == _root(newsroom.desk, STORY)
        assert desk.view(STORY).facts == newsroom.view().facts
        assert desk.view(STORY).board == newsroom.view().board


def test_of_many_who_import_one_story_at_once_one_does_and_the_others_are_told(desk: Desk, tmp_path: Path) -> None:
    path = write(tmp_path, OPENING, REPORT)

    def attempt(_: int) -> str:
        try:
            return import_file(desk, path).slug
        except StoryExists as refusal:
            return str(refusal)

    with ThreadPoolExecutor(6) as pool:
        told = sorted(pool.map(attempt, range(6)))

    refusal = "the-night exists already, at version 2; a story is opened or imported once"
    assert told == ["the-night", *[refusal] * 5]


def test_an_imported_story_says_so_and_a_live_one_does_not(newsroom: Newsroom, tmp_path: Path) -> None:
    import_file(newsroom.desk, write(tmp_path, OPENING, REPORT))

    assert newsroom.desk.view("the-night").imported_at == newsroom.clock.now
    assert newsroom.view().imported_at is None


def test_an_imported_story_brings_its_own_record_clock(desk: Desk, tmp_path: Path) -> None:
    early = "2001-02-03T04:05:06.000007Z"
    then = {"recorded_at": early, "occurred_at": early}
    import_file(desk, write(tmp_path, OPENING | then, REPORT | then, REPORT | then | {"id": GONE}))

    assert [format_moment(each.recorded_at) for each in desk.record("the-night")[1]] == [early] * 3
    assert desk.view("the-night").recorded_at == parse_moment(early)


def test_an_imported_story_goes_on_live(desk: Desk, tmp_path: Path) -> None:
    import_file(desk, write(tmp_path, OPENING, REPORT))
    desk.append("the-night", [report("The sun comes out")], actor="desk")

    assert headlines(desk.view("the-night").facts) == ["It rains", "The sun comes out"]


def test_a_salt_that_a_file_brings_is_kept_and_one_is_made_where_there_is_none(desk: Desk, tmp_path: Path) -> None:
    import_file(desk, write(tmp_path, OPENING | {"salt": "ab" * 16}, REPORT))
    first, second = desk.record("the-night")[1]

    assert first.salt == bytes.fromhex("ab" * 16)
    assert second.salt is not None
    assert len(second.salt) == 16


def test_the_text_of_a_fact_that_a_file_takes_down_never_enters_the_database(desk: Desk, tmp_path: Path) -> None:
    import_file(desk, write(tmp_path, OPENING, TAKEN, REPORT, CORRECTION, TAKEDOWN))

    with desk.database.engine.connect() as connection:
        rows = [str(tuple(row)) for row in connection.execute(text("SELECT * FROM event"))]
    assert NAME not in "".join(rows)
    assert [fact.status for fact in desk.view("the-night").facts] == ["taken_down", "standing"]
    assert headlines(desk.view("the-night").facts) == ["–", "It rains"]


def test_a_text_that_never_entered_has_the_commitment_of_its_salt(desk: Desk, tmp_path: Path) -> None:
    salt = "cd" * 16
    import_file(desk, write(tmp_path, OPENING, TAKEN | {"salt": salt}, TAKEDOWN))
    taken = desk.record("the-night")[1][1]

    assert taken.salt is None
    assert taken.commitment == sha256(bytes.fromhex(salt) + f'{{"headline":"{NAME} is seen"}}'.encode()).digest()


def test_erased_lines_are_accounted_for_by_their_takedown(desk: Desk, tmp_path: Path) -> None:
    erased = [line | ERASED for line in (TAKEN, CORRECTION)]
    import_file(desk, write(tmp_path, OPENING, *erased, TAKEDOWN))

    assert [each.commitment.hex() for each in desk.record("the-night")[1][1:3]] == ["ef" * 32] * 2
    assert desk.view("the-night").facts[0].status == "taken_down"


def test_what_was_done_to_a_fact_before_its_takedown_comes_back(newsroom: Newsroom, tmp_path: Path) -> None:
    lost = report(NAME)
    newsroom.publish(lost, retraction(lost), reinstatement(lost), correction(lost, data={"headline": "x"}))
    newsroom.publish(retraction(lost), takedown(lost), mark(lost))
    first = list(export_lines(newsroom.desk, STORY))

    with opened(f"sqlite:///{tmp_path / 'elsewhere.sqlite'}") as elsewhere:
        desk = replace(newsroom.desk, database=elsewhere)
        import_file(desk, write(tmp_path, *first, name=f"{STORY}.jsonl"))

        assert list(export_lines(desk, STORY)) == first
        assert desk.view(STORY).facts == newsroom.view().facts


def test_a_takedown_is_found_however_its_letters_are_written(desk: Desk, tmp_path: Path) -> None:
    written = json.dumps(TAKEDOWN).replace("fact.taken_down", "fact.taken\\u005fdown")
    import_file(desk, write(tmp_path, OPENING, TAKEN | ERASED, written))

    assert desk.view("the-night").facts[0].status == "taken_down"


def test_a_story_that_exists_is_not_imported_again(newsroom: Newsroom, tmp_path: Path) -> None:
    before = newsroom.trace()

    with pytest.raises(StoryExists, match="version 1"):
        import_file(newsroom.desk, write(tmp_path, OPENING, name=f"{STORY}.jsonl"))

    assert newsroom.trace() == before


@pytest.mark.parametrize(
    "name", ["The Night.jsonl", "-night.jsonl", ".jsonl", "night--fall.jsonl", f"{'n' * 81}.jsonl"]
)
def test_a_file_whose_name_is_no_slug_is_refused(desk: Desk, tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidSlug):
        import_file(desk, write(tmp_path, OPENING, name=name))


def test_an_export_names_its_keys_in_one_order(desk: Desk, tmp_path: Path) -> None:
    import_file(desk, write(tmp_path, OPENING, REPORT | {"source": {"name": "AP"}}))
    (_, line) = export_lines(desk, "the-night")

    assert list(json.loads(line)) == [
        "id", "type", "schema", "occurred_at", "precision", "recorded_at", "actor", "data", "source", "salt",
    ]  # fmt: skip


def _root(desk: Desk, slug: str) -> bytes:
    with desk.database.reading() as connection:
        return tree.root(record.leaves(connection, desk.head(slug)))
