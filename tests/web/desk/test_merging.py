"""Merging: of two editors' words none is lost, whoever was faster."""

from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from timeline.web.desk.merging import clashes, merge

NAMES: Final = ("data.headline", "data.body", "moment", *(f"data.media.{row}.{key}" for row in "01" for key in "ab"))
FORMS: Final = st.fixed_dictionaries(dict.fromkeys(NAMES, st.sampled_from(["", "one", "two", "three"])))
"""Forms as they are posted: every field is there, blank or not."""


def said(form: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in form.items() if text}


@given(FORMS, FORMS)
def test_what_nobody_else_touched_is_as_it_was_written(was: dict[str, str], mine: dict[str, str]) -> None:
    assert said(merge(was, was, mine)) == said(mine)
    assert clashes(was, was, mine) == []


@given(FORMS, FORMS)
def test_whoever_touched_nothing_has_what_the_other_wrote(was: dict[str, str], theirs: dict[str, str]) -> None:
    assert said(merge(was, theirs, was)) == said(theirs)
    assert clashes(was, theirs, was) == []


@given(FORMS, FORMS)
def test_two_who_wrote_the_same_do_not_clash(was: dict[str, str], both: dict[str, str]) -> None:
    assert said(merge(was, both, both)) == said(both)
    assert clashes(was, both, both) == []


@given(FORMS, FORMS, FORMS)
def test_every_word_of_both_is_in_the_form_or_among_the_clashes(
    was: dict[str, str], theirs: dict[str, str], mine: dict[str, str]
) -> None:
    merged, told = merge(was, theirs, mine), clashes(was, theirs, mine)

    for name in NAMES:
        if mine[name] != was[name]:
            assert merged[name] == mine[name]
        if theirs[name] not in (was[name], mine[name]):
            assert merged[name] == theirs[name] or any(theirs[name] in each.theirs for each in told)


def test_a_row_that_the_other_took_out_does_not_come_back() -> None:
    was = {"data.media.0.url": "a", "data.media.1.url": "b", "data.headline": "x"}

    merged = merge(was, {"data.media.0.url": "b", "data.headline": "x"}, was | {"data.headline": "y"})

    assert merged == {"data.media.0.url": "b", "data.headline": "y"}


def test_rows_that_both_changed_are_told_as_one_and_mine_are_whole() -> None:
    was = {"data.media.0.url": "a", "data.media.0.alt": "A"}
    theirs = was | {"data.media.1.url": "b", "data.media.1.alt": "B"}
    mine = was | {"data.media.0.alt": "An A", "data.media.1.url": "", "data.media.1.alt": ""}

    (clash,) = clashes(was, theirs, mine)

    assert (clash.label, clash.theirs, clash.mine) == ("Media", "a\nA\nb\nB", "a\nAn A")
    assert said(merge(was, theirs, mine)) == said(mine)


def test_of_rows_that_both_changed_none_of_the_other_s_is_left_among_mine() -> None:
    was = {"data.media.0.url": "a"}
    theirs = {f"data.media.{row}.url": "b" for row in range(3)}

    assert said(merge(was, theirs, {"data.media.0.url": "c", "data.media.1.url": ""})) == {"data.media.0.url": "c"}


def test_what_is_no_part_of_the_entry_stays_as_it_was_written() -> None:
    own = {"id": "7", "note": "Why", "kind": "update"}

    assert merge({"moment": "1"}, {"moment": "2"}, {"moment": "1"} | own) == {"moment": "2"} | own
