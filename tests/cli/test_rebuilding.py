"""The command `timeline rebuild`: what it says, and that pages are right again behind it."""

import re

from commands import STORIES, Shell
from newsroom import opened
from raw_sql import execute

STORY, OTHER = "97th-academy-awards", "89th-academy-awards"


def test_a_sound_index_is_compared_and_nothing_is_replaced(shell: Shell) -> None:
    shell.do("import", *STORIES.glob("*.jsonl"))

    told = shell.do("rebuild").splitlines()

    assert len(told) == 2
    assert all(re.fullmatch(r"\S+: [\d,]+ fact versions; none differed\.", line) for line in told)


def test_an_index_that_was_tampered_with_is_replaced_and_the_page_is_right_again(shell: Shell) -> None:
    shell.do("import", *STORIES.glob("*.jsonl"))
    before = shell.read("show", STORY)
    _harm(shell, "DELETE FROM fact_version WHERE since BETWEEN 10 AND 12")

    assert re.search(r"3 rows differed, and are replaced\.$", shell.do("rebuild", STORY))
    assert "none differed" in shell.do("rebuild", STORY)
    assert "3 rows differed" in shell.do("rebuild", OTHER)
    assert shell.read("show", STORY) == before


def test_a_row_that_differed_is_told_of_as_one(shell: Shell) -> None:
    shell.do("import", STORIES / f"{STORY}.jsonl")
    _harm(shell, "UPDATE fact_version SET marks = 8 WHERE since = 10")

    assert "1 row differed, and is replaced" in shell.do("rebuild")


def test_a_story_that_is_not_there_is_refused(desk_shell: Shell) -> None:
    desk_shell.do("import", STORIES / f"{STORY}.jsonl")

    assert "nowhere" in desk_shell.refused("rebuild", "nowhere")


def _harm(shell: Shell, statement: str) -> None:
    with opened(shell.url) as database:
        execute(database, statement)
