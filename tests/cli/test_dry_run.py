"""The command line, asked what would happen: it says so, shows what is surprising, and appends nothing."""

import json

import pytest

from commands import Shell

STORY = "oscars"
OPENED = json.dumps(
    {"type": "story.opened", "data": {"title": "Oscars", "kind": "ceremony", "timezone": "America/Los_Angeles"}}
)
NOMINEE = ("append", STORY, "--type", "nomination.announced", "category=Best Picture", "film=Moonlight")
AWARD = ("append", STORY, "--type", "award.announced", "category=Best Picture", "film=La La Land")


@pytest.fixture
def night(shell: Shell) -> Shell:
    """Return a shell whose story has one nominee."""
    shell.do("append", STORY, stdin=OPENED)
    shell.do(*NOMINEE)
    return shell


def _version(shell: Shell) -> int:
    version: int = shell.read("show", STORY)["story"]["version"]
    return version


def test_an_event_is_told_as_it_would_be_and_is_not_appended(night: Shell) -> None:
    assert night.do(*AWARD, "--dry-run").splitlines() == [
        "oscars version 3 would be: award.announced",
        "It would be standing: La La Land wins Best Picture",
        "Surprising: Best Picture: La La Land won, but is not on record as nominated",
    ]
    assert _version(night) == 2


def test_a_correction_is_told_as_it_would_be_and_is_not_appended(night: Shell) -> None:
    told = night.do("correct", STORY, "2", "--note", "It was Arrival.", "film=Arrival", "--dry-run")

    assert told.splitlines() == [
        "oscars version 3 would be: fact.corrected",
        "It would be corrected: Arrival nominated for Best Picture",
    ]
    assert _version(night) == 2


def test_a_retraction_is_told_with_what_it_would_leave_behind(night: Shell) -> None:
    night.do("append", STORY, "--type", "award.announced", "category=Best Picture", "film=Moonlight")

    told = night.do("retract", STORY, "2", "--note", "Nobody was nominated.", "--dry-run")

    assert told.splitlines() == [
        "oscars version 4 would be: fact.retracted",
        "It would be retracted: Moonlight nominated for Best Picture",
        "Surprising: Best Picture: Moonlight won, but is not on record as nominated",
    ]
    assert _version(night) == 3


def test_a_takedown_is_told_without_the_text(night: Shell) -> None:
    fact = night.read("show", STORY)["facts"][0]["id"]
    takedown = {"type": "fact.taken_down", "data": {"fact": fact, "basis": "court order", "note": "A court said so."}}

    told = night.do("append", STORY, "--dry-run", stdin=json.dumps(takedown))

    assert told.splitlines()[1] == "It would be taken down: –"
    assert night.read("show", STORY)["facts"][0]["data"] == {"category": "Best Picture", "film": "Moonlight"}


def test_a_story_may_be_tried_out_before_it_is_opened(desk_shell: Shell) -> None:
    assert desk_shell.do("append", STORY, "--dry-run", stdin=OPENED) == "oscars version 1 would be: story.opened\n"
    assert desk_shell.read("stories") == {"stories": []}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("correct", STORY, "2", "film=Arrival"), "needs a note"),
        (("retract", STORY, "2"), "needs a note"),
        (("retract", STORY, "7", "--note", "N."), "has no fact"),
        (("append", STORY, "--type", "award.announced", "film=Arrival"), "category: Field required"),
        ((*AWARD, "--expect", "7"), "oscars is at version 2, not 7"),
    ],
)
def test_what_would_be_refused_is_refused(desk_shell: Shell, words: tuple[str, ...], told: str) -> None:
    desk_shell.do("append", STORY, stdin=OPENED)
    desk_shell.do(*NOMINEE)

    assert told in desk_shell.refused(*words, "--dry-run")


def test_what_was_surprising_is_told_after_it_was_appended_too(night: Shell) -> None:
    night.do("append", STORY, "--type", "ceremony.began", "--occurred-at", "2017-02-26 17:30")
    told = night.do(*NOMINEE[:3], "award.announced", *NOMINEE[4:], "--occurred-at", "2017-02-26 17:00")
    again = night.do(*NOMINEE)

    assert told.splitlines()[1:] == [
        "Surprising, but on record: By its time, this award was announced 30 minutes before the ceremony began"
        " (version 3)"
    ]
    assert "Surprising, but on record: The same was published " in again
    assert again.endswith(", at version 2: Moonlight nominated for Best Picture\n")


def test_no_surprise_steers_the_terminal(night: Shell) -> None:
    night.do(*AWARD, "headline=\x1b[2J")

    assert "\x1b" not in night.do(*AWARD, "headline=\x1b[2J", "--dry-run")
