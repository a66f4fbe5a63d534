"""Appending by the command line: from fields or from JSON, correcting and retracting by id or by version."""

import json
from typing import Any
from uuid import uuid4

import pytest

from commands import Shell

STORY = "oscars"
OPENED = {"type": "story.opened", "data": {"title": "Oscars", "kind": "ceremony", "timezone": "America/Los_Angeles"}}
AWARD = ("append", STORY, "--type", "award.announced", "--actor", "ana", "category=Best Picture", "film=La La Land")


def _report(headline: str) -> dict[str, Any]:
    moment = "2025-03-03T01:00:00Z"
    return {"id": str(uuid4()), "type": "update.reported", "occurred_at": moment, "data": {"headline": headline}}


def _open(shell: Shell) -> None:
    shell.do("append", STORY, stdin=json.dumps(OPENED))


def _facts(shell: Shell) -> list[Any]:
    facts: list[Any] = shell.read("show", STORY)["facts"]
    return facts


def test_a_fact_is_appended_from_fields(shell: Shell) -> None:
    _open(shell)
    id_ = str(uuid4())

    out = shell.do(
        *AWARD,
        *("--occurred-at", "2025-03-02 19:45", "--precision", "minute", "--source", "CNN", "--id", id_),
        *("--source-url", "https://example.org/", 'people=["Emma Stone","Ryan Gosling"]', "headline=a=b"),
    )

    done, surprise = out.splitlines()
    assert done == f"oscars version 2: award.announced {id_}"
    assert surprise.startswith("Surprising, but on record: Best Picture: Emma Stone, Ryan Gosling (La La Land) won")
    (fact,) = _facts(shell)
    assert (fact["occurred_at"], fact["precision"]) == ("2025-03-03T03:45:00.000000Z", "minute")
    assert fact["source"] == {"name": "CNN", "url": "https://example.org/"}
    assert fact["data"]["people"] == ["Emma Stone", "Ryan Gosling"]
    assert fact["headline"] == "a=b"


def test_no_text_steers_the_terminal_from_within_json(shell: Shell) -> None:
    _open(shell)
    shell.do(*AWARD, "headline=\u009b2J \u202e李安")

    out = shell.do("show", STORY, "--format", "json")

    assert '"\\u009b2J \\u202e李安"' in out
    assert _facts(shell)[0]["headline"] == "\u009b2J \u202e李安"


def test_events_are_appended_from_json_in_any_of_three_forms(shell: Shell) -> None:
    _open(shell)
    one, two, three, four, five = (_report(f"Report {number} \u2028 next") for number in range(5))

    shell.do("append", STORY, stdin=json.dumps(one, indent=2))
    shell.do("append", STORY, stdin=json.dumps([two, three]))
    shell.do("append", STORY, stdin=f"{json.dumps(four, ensure_ascii=False)}\n\n{json.dumps(five)}\n")

    assert [fact["id"] for fact in _facts(shell)] == [each["id"] for each in (one, two, three, four, five)]


NO_EVENTS: list[str | bytes] = [
    *("", " \n ", "{", "7", "[]{}", "null", '{"type": "update.reported"}', "[" * 100_000, "[" * 100_000 + "\n{}"),
    *('{"a": NaN}', '{"type": "a.b", "data": {}, "type": "a.b"}', b"\xff", b"{}\n\xff\n", '{"data": "\\ud800"}'),
    *(json.dumps(_report("Good")) + "\n{", json.dumps([_report("Good"), {}]), json.dumps(_report("\0"))),
    *(json.dumps({**_report("Good"), "occurred_at": moment}) for moment in ("2025-03-03T01:00:00", "0000", 7)),
]


def test_what_is_no_event_is_refused_in_a_sentence(desk_shell: Shell) -> None:
    _open(desk_shell)

    for stdin in NO_EVENTS:
        assert desk_shell.refused("append", STORY, stdin=stdin).startswith("Error: ")
    assert desk_shell.read("show", STORY)["story"]["version"] == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--type", "goal.scored", "a=b"), "a ceremony has no event “goal.scored”"),
        (("--type", "award.announced", "film=Anora"), "category: Field required"),
        (("--type", "award.announced", "category=", "film="), "category: String should have at least 1 character"),
        (("--type", "update.reported", "headline=A", "--occurred-at", "9999-01-01"), "is not a moment"),
        (("--type", "update.reported", "headline=A", "--occurred-at", "9999-01-01 10:00"), "cannot have happened"),
        (("--type", "update.reported", "headline=A", "--id", "7"), "id: "),
        (("--type", "update.reported", "headline=A", "--actor", ""), "actor"),
        (("--type", "update.reported", "headline=A", "--actor", "a" * 501), "actor"),
        (("--type", "update.reported", "headline=\udcff"), "surrogate"),
        (("--type", "update.reported", "headline=A", "--source", "\udcff"), "surrogate"),
        (("--type", "update.reported", "headline=A", "media=[{"), "not JSON"),
        (("--type", "update.reported", "headline=A", "--expect", "7"), "oscars is at version 1, not 7"),
    ],
)
def test_a_fact_that_cannot_be_is_refused_in_a_sentence(desk_shell: Shell, words: tuple[str, ...], told: str) -> None:
    _open(desk_shell)

    assert told in desk_shell.refused("append", STORY, *words)
    assert desk_shell.read("show", STORY)["story"]["version"] == 1


@pytest.mark.parametrize(
    "words", [("no-equals",), ("=value",), ("--precision", "age"), ("--expect", "-1"), ("--bad",)]
)
def test_what_was_typed_wrongly_is_a_usage_error(desk_shell: Shell, words: tuple[str, ...]) -> None:
    _open(desk_shell)

    assert "Usage: " in desk_shell.refused(*AWARD, *words, code=2)


def test_all_faults_of_an_event_are_told_one_a_line(desk_shell: Shell) -> None:
    _open(desk_shell)

    told = desk_shell.refused("append", STORY, "--type", "award.announced", "movie=Anora")

    assert [line.split(":")[0].strip() for line in told.splitlines()[1:]] == ["category", "film", "movie"]


def test_no_story_is_opened_under_a_bad_name(shell: Shell) -> None:
    for slug in ("Bad Name", "a_b", "\udcff", "a" * 81):
        assert "cannot name a story" in shell.refused("append", slug, stdin=json.dumps(OPENED))
    assert shell.read("stories") == {"stories": []}


def test_an_editorial_event_with_an_id_may_be_repeated(shell: Shell) -> None:
    _open(shell)
    words = ("append", STORY, "--type", "coverage.started", "--id", str(uuid4()))

    assert shell.do(*words) == shell.do(*words)


def test_a_list_is_corrected_to_an_empty_one_and_not_removed(shell: Shell) -> None:
    _open(shell)
    shell.do(*AWARD, 'people=["Emma Stone"]')

    shell.do("correct", STORY, "2", "--note", "Nobody is named.", "people=[]")

    assert _facts(shell)[0]["data"]["people"] == []


def test_a_fact_is_corrected_by_its_version_and_by_its_id(shell: Shell) -> None:
    _open(shell)
    shell.do(*AWARD, "--occurred-at", "2025-03-02 19:45", "body=Wrong")
    id_ = _facts(shell)[0]["id"]

    shell.do("correct", STORY, "2", "--note", "It was Moonlight.", "film=Moonlight", "body=", "--expect", "2")
    shell.do("correct", STORY, id_, "--kind", "minor", "--occurred-at", "2025-03-02 19:46", "--precision", "hour")

    (fact,) = _facts(shell)
    assert fact["data"] == {"category": "Best Picture", "film": "Moonlight"}
    assert (fact["occurred_at"], fact["precision"]) == ("2025-03-03T03:46:00.000000Z", "hour")
    assert [change["kind"] for change in fact["history"]] == ["correction", "minor"]


def test_a_fact_is_retracted_by_its_version_and_by_its_id(shell: Shell) -> None:
    _open(shell)
    shell.do(*AWARD)
    shell.do(*AWARD)

    shell.do("retract", STORY, "2", "--note", "The wrong envelope.")
    shell.do("retract", STORY, _facts(shell)[1]["id"], "--note", "The wrong envelope.", "--expect", "4")

    assert [fact["status"] for fact in _facts(shell)] == ["retracted"] * 2


@pytest.mark.parametrize("command", ["correct", "retract"])
def test_what_is_no_fact_can_be_neither_corrected_nor_retracted(desk_shell: Shell, command: str) -> None:
    _open(desk_shell)
    desk_shell.do(*AWARD)

    for fact in ("1", "0", "3", "9" * 9, "9" * 5000, "x", "٢٢", "²", str(uuid4()), "\udcff"):
        assert "has no fact" in desk_shell.refused(command, STORY, fact, "--note", "N.", *_fix(command))


@pytest.mark.parametrize("command", ["correct", "retract"])
def test_a_reader_is_owed_a_note(desk_shell: Shell, command: str) -> None:
    _open(desk_shell)
    desk_shell.do(*AWARD)

    assert "needs a note that stands alone" in desk_shell.refused(command, STORY, "2", *_fix(command))


def _fix(command: str) -> tuple[str, ...]:
    return ("film=Moonlight",) if command == "correct" else ()
