"""Word differences: what a correction took out of a text and what it put in, as a reader would mark it."""

import time
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline.worddiff import Fate, Run, compare, shorten

KEPT, REMOVED, ADDED = Fate.KEPT, Fate.REMOVED, Fate.ADDED

WORDS: Final = st.lists(st.sampled_from(["the", "son", "of", "an", "oligarch", "–", "Ani", "marries", "him"]))
TEXTS: Final = st.one_of(
    st.text(), WORDS.map(" ".join), st.text(alphabet="ab \n,.’"), st.text(alphabet="春夏 ไทยa\u0301")
)


@given(TEXTS, TEXTS)
def test_what_was_kept_and_removed_is_the_old_text_what_was_kept_and_added_the_new(was: str, now: str) -> None:
    runs = compare(was, now)

    assert _joined(runs, KEPT, REMOVED) == was
    assert _joined(runs, KEPT, ADDED) == now


@given(TEXTS, TEXTS)
def test_runs_are_never_empty_and_never_follow_one_of_their_own_fate(was: str, now: str) -> None:
    runs = compare(was, now)

    assert all(run.text for run in runs)
    assert all(one.fate is not next_.fate for one, next_ in pairwise(runs))


@given(TEXTS)
def test_a_text_that_stays_the_same_is_kept_as_a_whole(text: str) -> None:
    assert compare(text, text) == ((Run(KEPT, text),) if text else ())


@given(TEXTS, TEXTS)
def test_no_change_is_shortened_away(was: str, now: str) -> None:
    runs, short = compare(was, now), shorten(compare(was, now))

    assert [run for run in short if run.fate is not KEPT] == [run for run in runs if run.fate is not KEPT]
    assert len(short) == len(runs)


@pytest.mark.parametrize(
    ("was", "now", "runs"),
    [
        (
            "marries a Russian oligarch, played by",
            "marries the son of a Russian oligarch, played by",
            [(KEPT, "marries "), (ADDED, "the son of "), (KEPT, "a Russian oligarch, played by")],
        ),
        ("It rains.", "It snows.", [(KEPT, "It "), (REMOVED, "rains"), (ADDED, "snows"), (KEPT, ".")]),
        ("the oligarch", "the oligarch’s son", [(KEPT, "the "), (REMOVED, "oligarch"), (ADDED, "oligarch’s son")]),
        ("at 21:04 PST", "at 21:05 PST", [(KEPT, "at "), (REMOVED, "21:04"), (ADDED, "21:05"), (KEPT, " PST")]),
        ("a red fox ran", "the brown dog ran", [(REMOVED, "a red fox"), (ADDED, "the brown dog"), (KEPT, " ran")]),
        ("*Anora* wins", "Anora wins", [(REMOVED, "*"), (KEPT, "Anora"), (REMOVED, "*"), (KEPT, " wins")]),
        ("五つの賞", "四つの賞", [(REMOVED, "五"), (ADDED, "四"), (KEPT, "つの賞")]),
        ("", "New", [(ADDED, "New")]),
        ("Old", "", [(REMOVED, "Old")]),
        ("", "", []),
    ],
)
def test_whole_words_are_marked_as_a_reader_would_mark_them(was: str, now: str, runs: list[tuple[Fate, str]]) -> None:
    assert [(run.fate, run.text) for run in compare(was, now)] == runs


def test_two_changes_far_apart_stay_two() -> None:
    runs = compare("One film won five awards in one night.", "One play won five awards in one week.")

    assert [run.text for run in runs if run.fate is REMOVED] == ["film", "night"]


def test_a_paragraph_that_was_put_in_is_one_run() -> None:
    first, second, third = "The doors open at six.", "It rains on the doors.", "The doors close at nine."

    runs = compare(f"{first}\n\n{third}", f"{first}\n\n{second}\n\n{third}")

    assert [run.fate for run in runs] == [KEPT, ADDED, KEPT]


def test_long_stretches_of_kept_words_are_shortened_around_the_change() -> None:
    before, behind = (" ".join(f"{side}{number}" for number in range(40)) for side in "ab")
    runs = compare(f"{before} old {behind} late", f"{before} new {behind} last")

    assert [run.text for run in shorten(runs, around=2)] == [
        *("[…] a38 a39 ", "old", "new", " b0 b1 […] b38 b39 ", "late", "last")
    ]


def test_nothing_is_shortened_that_is_hardly_longer_than_its_mark() -> None:
    runs = compare("one two three four five old", "one two three four five new")

    assert shorten(runs, around=2) == runs


@pytest.mark.parametrize("kept", [0, 1, 7])
def test_the_longest_texts_are_compared_while_a_reader_waits(kept: int) -> None:
    was = " ".join("a" if kept and number % kept else f"b{number % 89}" for number in range(15_000))[:50_000]
    now = " ".join("a" if kept and number % kept else f"b{number % 97}" for number in range(15_000))[:50_000]

    started = time.process_time()
    runs = compare(was, now)

    assert time.process_time() - started < 2
    assert _joined(runs, KEPT, ADDED) == now


def test_a_text_in_which_each_word_is_single_only_beside_another_is_compared_too() -> None:
    was, now = (" ".join(f"{mark} w{number + 1} {mark} w{number}" for number in range(3_000)) for mark in "pq")

    started = time.process_time()
    runs = compare(was, now)

    assert time.process_time() - started < 2
    assert _joined(runs, KEPT, REMOVED) == was
    assert _joined(runs, KEPT, ADDED) == now


def _joined(runs: Iterable[Run], *fates: Fate) -> str:
    return "".join(run.text for run in runs if run.fate in fates)
