"""Reading in a terminal: the board, the timeline, and the same view as JSON and over HTTP."""

import json
import re
from typing import Any

import pytest

from commands import STORIES, Shell
from newsroom import Newsroom, award, correction, evening, mark, nomination, opened, opening, report, retraction
from timeline.domain.event import Draft
from timeline.web.app import create_app

LA_LA_LAND = "89th-academy-awards"
ENVELOPE = "2017-02-26 21:05"
"""When, in Los Angeles, the wrong film had just been read out."""


@pytest.fixture
def library(desk_shell: Shell) -> Shell:
    """Return a shell on a database with the stories of the checkout."""
    desk_shell.do("import", *sorted(STORIES.glob("*.jsonl")))
    return desk_shell


def test_the_stories_are_listed(library: Shell) -> None:
    out = library.do("stories")

    assert "97th-academy-awards" in out
    assert "89th Academy Awards" in out


def test_where_there_is_no_story_that_is_said(desk_shell: Shell) -> None:
    told = desk_shell.type("stories")

    assert (told.code, told.out) == (0, "")
    assert told.err.startswith("There is no story in sqlite:///")
    assert desk_shell.read("stories") == {"stories": []}


@pytest.mark.parametrize("width", ["40", "60", "80", "200"])
def test_a_story_is_shown_with_its_board_and_its_timeline(library: Shell, width: str) -> None:
    told = library.type("show", LA_LA_LAND, COLUMNS=width)

    assert (told.code, told.err) == (0, "")
    words = " ".join(told.out.split())
    for expected in ("89th Academy Awards", "Moonlight", "Best Picture", "Retracted", "#158"):
        assert expected in words


def test_each_mark_stands_at_its_entry(desk_shell: Shell) -> None:
    wrong = report("Anora wins five", evening("01:10"), body="A *good* night.")
    facts = (nomination("Best Picture", "Anora"), award("Best Picture", "Conclave", at=evening("01:00")), wrong)
    said = correction(wrong, "There were six.", data={"headline": "Anora wins six"})
    _publish(desk_shell, *facts, said, mark(wrong, "marked_key"), mark(wrong))

    lines = desk_shell.do("show", "night").splitlines()

    assert next(line for line in lines if "Anora wins six" in line and "★ ⚑" in line and "#4" in line)
    assert next(line for line in lines if "│ Correction at 18:00 PST #5  There were six." in line)
    assert next(line for line in lines if "was: Anora wins five" in line)
    assert next(line for line in lines if "now: Anora wins six" in line)
    assert next(line for line in lines if "! Best Picture: Conclave won, but is not on record as nominated" in line)
    assert next(line for line in lines if "Conclave" in line and "1" in line and "0" in line)


def test_the_terminal_shows_the_words_that_the_page_shows(desk_shell: Shell) -> None:
    body = "We said <b>x</b>.\n\n<div>A block</div>\n\n| a | b |\n|---|---|\n| 1 | 2 |"
    _publish(desk_shell, report("It rains", body=body))

    told = desk_shell.do("show", "night")

    for words in ("We said <b>x</b>.", "<div>A block</div>", "| a | b |"):
        assert words in told


@pytest.mark.parametrize("clock", ["--at", "--as-of"])
@pytest.mark.parametrize("moment", [ENVELOPE, "2017-02-27T05:05:00Z", "2017-02-26T21:05:00.000-08:00"])
def test_a_moment_is_told_in_the_story_s_own_time_or_with_a_zone(library: Shell, clock: str, moment: str) -> None:
    expected = library.read("show", LA_LA_LAND, clock, "2017-02-27T05:05:00Z")

    assert library.read("show", LA_LA_LAND, clock, moment) == expected
    assert len(expected["facts"]) < 160


def test_as_of_the_wrong_envelope_the_reader_saw_la_la_land(library: Shell) -> None:
    def winners(*vantage: str) -> list[str]:
        categories = library.read("show", LA_LA_LAND, *vantage)["board"]["categories"]
        (best,) = (each for each in categories if each["name"] == "Best Picture")
        return [winner["film"] for winner in best["winners"]]

    assert winners("--as-of", ENVELOPE) == ["La La Land"]
    assert winners("--at", ENVELOPE) == []
    assert winners() == ["Moonlight"]


@pytest.mark.parametrize(
    "moment", ["", "soon", "-1", "2017-02-30 10:00", "0000-01-01", "9" * 30, "9" * 5000, "٣", "\udcff"]
)
@pytest.mark.parametrize("clock", ["--at", "--as-of"])
def test_what_is_no_moment_is_refused(desk_shell: Shell, clock: str, moment: str) -> None:
    _publish(desk_shell)

    assert "is not a moment" in desk_shell.refused("show", "night", clock, moment)


def test_a_version_beyond_the_head_is_refused(desk_shell: Shell) -> None:
    _publish(desk_shell)

    assert "night is at version 1; there is no version 2 yet" in desk_shell.refused("show", "night", "--as-of", "2")
    assert "no version 3 yet" in desk_shell.refused("changes", "night", "--to", "3")


def test_before_its_first_event_a_story_is_shown_empty(library: Shell) -> None:
    assert "before its first event" in library.do("show", LA_LA_LAND, "--as-of", "0")


@pytest.mark.parametrize("command", ["show", "changes", "export", "verify", "retract", "rehearse"])
def test_an_unknown_story_is_refused(desk_shell: Shell, command: str) -> None:
    words = {"retract": ("1",), "rehearse": ("--into", "again")}.get(command, ())

    for slug in ("none", "No Slug", "\udcff", "a\0b"):
        assert "there is no story" in desk_shell.refused(command, slug, *words)


def test_no_text_can_steer_or_style_the_terminal(desk_shell: Shell) -> None:
    attack = "\x1b[31m\x1b]0;title\x07\x9b31m\r\u202e\u2066[bold]B[/bold][link=http://x]\\"
    wrong = report(
        attack, body=f"{attack} :smile: [a](http://x/\x1b[31m)", media=[{"url": "http://x/", "alt": "x\x1b[1m"}]
    )
    said = correction(wrong, attack, data={"headline": f"{attack}2", "body": f"{attack}3"})
    _publish(desk_shell, wrong, award(attack, attack, attack), said)

    for words in (("show", "night"), ("changes", "night"), ("stories",)):
        out = re.sub(r"\x1b\[[\d;]*m|\x1b\]8;[^\x1b]*\x1b\\", "", desk_shell.do(*words))
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", out), words
        assert words == ("stories",) or "[bold]B[/bold][link=http://x]\\" in out


def test_what_was_written_is_shown_as_it_was_written(desk_shell: Shell) -> None:
    _publish(desk_shell, report("One :smile: for [red] and 100% :100:"))

    assert "One :smile: for [red] and 100% :100:" in desk_shell.do("show", "night")


def test_what_changed_between_two_versions_is_shown(library: Shell) -> None:
    out = library.do("changes", LA_LA_LAND, "--from", "157", "--to", "160")

    assert "version 157 → 160" in out
    assert "Retracted" in out
    assert "new" in out
    changes = library.read("changes", LA_LA_LAND, "--from", "157", "--to", "160")
    assert changes["from"]["as_of"]["version"] == 157
    assert "0 facts changed" in library.do("changes", LA_LA_LAND, "--from", "169")


def test_who_goes_back_is_told_what_was_and_what_is_then(desk_shell: Shell) -> None:
    wrong, gone = report("Anora wins five", evening("01:10")), report("It rains")
    corrected = correction(wrong, "There were six.", data={"headline": "Anora wins six"})
    moved = correction(wrong, "It was later.", occurred_at=evening("01:20"))
    _publish(desk_shell, wrong, gone, corrected, moved, retraction(gone, "It was dry."))

    back = _told(desk_shell, "6", "3")
    forth = _told(desk_shell, "3", "6")

    assert "Not yet on record: Correction at 18:00 PST #4 There were six." in back
    assert "Headline was: Anora wins six │ now: Anora wins five" in back
    assert "moved from" in back
    assert "Not yet on record: Retracted at 18:00 PST #6 It was dry." in back
    assert "Not yet on record" not in forth
    assert "Headline was: Anora wins five │ now: Anora wins six" in forth
    assert "− It rains" in _told(desk_shell, "6", "2")


@pytest.mark.parametrize("slug", [path.stem for path in sorted(STORIES.glob("*.jsonl"))])
def test_the_command_line_and_the_api_give_the_same_object(shell: Shell, slug: str) -> None:
    shell.do("import", STORIES / f"{slug}.jsonl")
    with opened(shell.url) as database:
        client = create_app(Newsroom(database).desk).test_client()
        for query in (
            {},
            {"as_of": "60"},
            {"at": "2025-03-03T02:00:00Z"},
            {"as_of": "0"},
            {"as_of": "2017-02-27T05:05Z"},
        ):
            words = [word for name, value in query.items() for word in (f"--{name.replace('_', '-')}", value)]
            answer = client.get(f"/api/stories/{slug}", query_string=query | {"limit": "1000"})
            assert json.dumps(shell.read("show", slug, *words)) == json.dumps(json.loads(answer.text))


def _told(shell: Shell, from_: str, to: str) -> str:
    """Return what changed in the story called night, without the marks of the terminal and with single spaces."""
    told = shell.do("changes", "night", "--from", from_, "--to", to)
    return " ".join(re.sub(r"\x1b\[[\d;]*m", "", told).split())


def _publish(shell: Shell, *drafts: Draft) -> Any:
    """Publish a story called night, an hour long, past the command line."""
    with opened(shell.url) as database:
        newsroom = Newsroom(database, story="night")
        newsroom.publish(opening())
        newsroom.clock.turn(hours=1)
        return newsroom.publish(*drafts) if drafts else None
