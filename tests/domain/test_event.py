"""Events: an envelope is read strictly, and every fault of it is told at once."""

from typing import Annotated, Any

import pytest
from pydantic import StringConstraints, TypeAdapter, ValidationError

from newsroom import EVENING, report
from timeline.domain.errors import Fault, InvalidData, InvalidEvent, InvalidSlug, NaiveMoment
from timeline.domain.event import (
    EDITORIAL,
    Draft,
    Erased,
    FactCorrected,
    FactReported,
    Line,
    Source,
    StoryOpened,
    check_slug,
    decode,
    read_draft,
    refusal,
)
from timeline.domain.ijson import canonical
from timeline.domain.moments import Precision

GOOD: dict[str, Any] = {
    "id": "00000000-0000-4000-8000-000000000001",
    "type": "update.reported",
    "schema": 1,
    "occurred_at": "2025-03-02T17:00:00-08:00",
    "precision": "minute",
    "actor": "desk",
    "source": {"name": "AP", "url": "https://apnews.com/a"},
    "data": {"headline": "It rains"},
}
OPENED = {"title": "The night", "kind": "ceremony", "timezone": "UTC"}


def test_an_envelope_is_read_with_its_moment_in_utc() -> None:
    draft = read_draft(GOOD)

    assert draft.occurred_at == EVENING
    assert (draft.precision, draft.source) == (Precision.MINUTE, Source("AP", "https://apnews.com/a"))


def test_a_writer_may_leave_to_the_store_what_the_store_can_give() -> None:
    draft = read_draft({"type": "coverage.started", "data": {}})

    assert (draft.id, draft.occurred_at, draft.actor, draft.source) == (None, None, None, None)
    assert (draft.schema, draft.precision) == (1, Precision.SECOND)


def test_every_fault_of_an_envelope_is_told_at_once_with_its_path() -> None:
    bad = {"id": "x", "type": "Goal!", "schema": 2, "precision": "week", "source": {"url": "ftp://x"}, "colour": 1}

    assert _faults(bad) == [
        "colour", "data", "id", "precision", "schema", "source.name", "source.url", "type",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (GOOD | {"type": "Goal!"}, "“Goal!” is no type of an event, such as update.reported"),
        (GOOD | {"type": "!" * 90}, f"“{'!' * 80}” is no type of an event, such as update.reported"),
    ],
)
def test_nobody_is_told_a_regular_expression(value: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidEvent) as refused:
        read_draft(value)

    assert [fault.message for fault in refused.value.faults] == [told]


def test_what_a_language_looks_like_is_told_by_examples() -> None:
    data = OPENED | {"language": "!!"}

    with pytest.raises(InvalidData) as refused:
        decode("story.opened", canonical(data), data)

    assert refused.value.faults == (Fault("language", "“!!” is no language tag, such as en or pt-BR"),)


@pytest.mark.parametrize("blank", [" ", "\t\r\n", "\x1c\x1f", "\x85\xa0", "\u2003\u3000"])
def test_a_text_in_which_nothing_can_be_seen_is_called_blank(blank: str) -> None:
    data = OPENED | {"title": blank}

    with pytest.raises(InvalidData) as refused:
        decode("story.opened", canonical(data), data)

    assert refused.value.faults == (Fault("title", f"“{blank}” is blank"),)


def test_a_character_is_blank_if_python_strips_it() -> None:
    line = TypeAdapter[str](Line)

    def is_taken(character: str) -> bool:
        try:
            return bool(line.validate_python(character))
        except ValidationError:
            return False

    assert [number for number in range(0x3100) if is_taken(chr(number)) != bool(chr(number).strip())] == []


def test_a_kind_s_own_pattern_is_told_without_its_characters() -> None:
    shirt = TypeAdapter(Annotated[str, StringConstraints(pattern="^[0-9]+$")])

    with pytest.raises(ValidationError) as refused:
        shirt.validate_json('"ten"')

    told = refusal(InvalidData, "it refuses its data", refused.value)
    assert isinstance(told, InvalidData)
    assert told.faults == (Fault("", "“ten” does not have the form that is asked for here"),)


@pytest.mark.parametrize("value", [None, [], "text", 7, {}])
def test_what_is_no_envelope_at_all_is_refused(value: object) -> None:
    assert _faults(value)


@pytest.mark.parametrize("name", ["story", "version", "recorded_at", "commitment", "salt", "leaf", "Type"])
def test_a_key_that_the_writer_has_no_say_in_is_refused(name: str) -> None:
    assert _faults(GOOD | {name: 1}) == [name]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("type", "reported"),
        ("type", "update.Reported"),
        ("type", "update..reported"),
        ("type", "update.reported\n"),
        ("type", "a." * 60 + "b"),
        ("schema", "1"),
        ("data", []),
        ("data", None),
        ("actor", " "),
        ("actor", "x" * 501),
        ("occurred_at", 1740963600),
        ("occurred_at", "0000-01-01T00:00:00Z"),
        ("occurred_at", "99999-01-01T00:00:00Z"),
        ("source", "AP"),
    ],
)
def test_a_bad_value_is_named_by_its_path(name: str, value: object) -> None:
    assert _faults(GOOD | {name: value}) == [name]


@pytest.mark.parametrize(
    "url",
    [
        "apnews.com",
        "javascript:alert(1)",
        "http://",
        "https:///path",
        "http://[",
        "https://a b",
        "https://a\\b",
        "ftp://a",
    ],
)
def test_a_source_s_address_is_one_of_the_web(url: str) -> None:
    assert _faults(GOOD | {"source": {"name": "AP", "url": url}}) == ["source.url"]


def test_a_moment_without_a_zone_is_refused_by_name() -> None:
    with pytest.raises(NaiveMoment):
        read_draft(GOOD | {"occurred_at": "2025-03-02T17:00:00"})


def test_a_draft_can_be_copied_with_its_moment() -> None:
    draft = report("It rains")

    assert Draft(type=draft.type, data=draft.data, occurred_at=draft.occurred_at, actor="desk").occurred_at == EVENING


def test_every_fault_of_editorial_data_is_told_at_once_with_its_path() -> None:
    data = {"fact": "x", "kind": "typo", "set": {"precision": "week", "colour": "red"}, "note": 1}

    with pytest.raises(InvalidData) as caught:
        decode("fact.corrected", canonical(data), data)

    assert sorted(fault.path for fault in caught.value.faults) == [
        "fact",
        "kind",
        "note",
        "set.colour",
        "set.precision",
    ]


@pytest.mark.parametrize("type_", EDITORIAL)
def test_no_editorial_event_takes_a_key_that_it_does_not_know(type_: str) -> None:
    with pytest.raises(InvalidData) as caught:
        decode(type_, '{"colour":"red"}', {"colour": "red"})

    assert "colour" in [fault.path for fault in caught.value.faults]


def test_data_says_what_its_type_makes_of_it() -> None:
    fact = GOOD["id"]
    correction = {"fact": fact, "kind": "minor", "set": {"occurred_at": "2025-03-02T17:00:00-08:00"}}
    corrected = decode("fact.corrected", canonical(correction), correction)

    assert isinstance(corrected, FactCorrected)
    assert corrected.set.occurred_at == EVENING
    assert decode("story.opened", canonical(OPENED), OPENED) == StoryOpened("The night", "ceremony", "UTC")
    assert decode("goal.scored", "{}", {}) == FactReported({})


def test_of_erased_data_only_what_it_was_about_is_known() -> None:
    assert decode("goal.scored", None, None) == FactReported(None)
    assert decode("fact.corrected", None, None) == Erased()


@pytest.mark.parametrize("slug", ["a", "97th-academy-awards", "a" * 80, "2025"])
def test_a_slug_is_lower_case_words_and_numbers_with_single_hyphens(slug: str) -> None:
    assert check_slug(slug) == slug


@pytest.mark.parametrize(
    "slug", ["", "-a", "a-", "a--b", "A", "ä", "a b", "a/b", "a.b", "a\n", "a" * 81, "\u0663", "a\0"]
)
def test_anything_else_is_no_slug(slug: str) -> None:
    with pytest.raises(InvalidSlug):
        check_slug(slug)


def _faults(value: object) -> list[str]:
    """Return the paths of the faults for which an envelope is refused."""
    with pytest.raises(InvalidEvent) as caught:
        read_draft(value)
    return sorted(fault.path for fault in caught.value.faults) or ["none"]
