"""I-JSON: what may enter a record, its one canonical form, and the merge patch of corrections."""

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

import naive_fold
from timeline.domain.errors import MalformedJson
from timeline.domain.ijson import MAX_DEPTH, JsonObject, canonical, merge, parse, patch, quoted

TEXTS = st.text(st.characters() | st.sampled_from("\0\x1f\x7f\u2028\ud800\ue000\uffff\U00010000"), max_size=8)
ANYTHING: st.SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=5),
    max_leaves=12,
)
"""JSON, and what only looks like it: halves of pairs, numbers of any size, names that sort otherwise in UTF-16."""

PATCHES: list[tuple[Any, Any, Any]] = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]
"""RFC 7396, appendix A."""
DIFFERENCES: list[tuple[JsonObject, JsonObject, JsonObject]] = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b", "b": "c"}, {"b": "c"}, {"a": None}),
    ({}, {"a": {"b": 1}}, {"a": {"b": 1}}),
    ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3, "d": 4}}, {"a": {"c": 3, "d": 4}}),
    ({"a": {"b": 1, "c": 2}}, {"a": {"c": 2}}, {"a": {"b": None}}),
    ({"a": {"b": 1}}, {"a": {}}, {"a": {"b": None}}),
    ({"a": {"b": 1}}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": ["b"]}, {"a": {"b": 1}}, {"a": {"b": 1}}),
    ({"a": [{"b": 1, "c": 2}]}, {"a": [{"b": 1}]}, {"a": [{"b": 1}]}),
    ({"a": True}, {"a": 1}, {"a": 1}),
    ({"a": [0]}, {"a": [False]}, {"a": [False]}),
    ({"a": 1}, {"a": 1.0}, {}),
    ({"a": None}, {"a": None}, {}),
    ({"a": None}, {}, {"a": None}),
]
"""Two objects and the patch from one to the other."""

values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)
without_nulls = st.recursive(
    st.booleans() | st.integers(-1, 2) | st.sampled_from([1.0, 0.5, "", "a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)
objects = st.dictionaries(st.sampled_from("abc"), without_nulls)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ('{"a": 1} x', "not JSON"),
        ("\ufeff{}", "not JSON: it begins with a byte order mark"),
        ("NaN", "NaN"),
        ('{"a": [NaN]}', "NaN"),
        ("Infinity", "Infinity"),
        ("-Infinity", "Infinity"),
        ("1e999", "too large"),
        ("-1e999", "too large"),
        (str(2**53), "2^53"),
        (str(-(2**53)), "2^53"),
        ('{"a": [9007199254740993]}', "2^53"),
        ("9" * 5000, "not JSON"),
        ("9007199254740993.0", "2^53"),
        ("1e20", "2^53"),
        ('"\\ud800"', "surrogate"),
        ('{"\\udfff": 1}', "surrogate"),
        ('"\\u0000"', "NUL"),
        ('{"a\\u0000": 1}', "NUL"),
        ('"a\nb"', "not JSON"),
        ('{"a": 1, "a": 1}', "twice"),
        ('[{"b": {"a": 1, "a": 2}}]', "twice"),
        ("[" * 33 + "]" * 33, "32"),
        ("[" * 100_000, "32"),
        ('{"a":' * 100_000, "32"),
        (b'"\xff"', "UTF-8"),
        (b"\xff\xfe{\x00}\x00", "UTF-8"),
    ],
    ids=range(28),
)
def test_what_would_be_lost_or_changed_on_its_way_is_refused(text: str | bytes, why: str) -> None:
    with pytest.raises(MalformedJson, match=why.replace("^", r"\^")):
        parse(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("9007199254740991", 2**53 - 1),
        ("-9007199254740991", 1 - 2**53),
        ('"\\ud83d\\ude00"', "😀"),
        ('"李安"'.encode(), "李安"),
        ("[" * 32 + "]" * 32, json.loads("[" * MAX_DEPTH + "]" * MAX_DEPTH)),
        ("true", True),
        ("-0.5e-3", -0.0005),
    ],
    ids=range(7),
)
def test_everything_else_is_read(text: str | bytes, value: object) -> None:
    assert parse(text) == value


def test_a_name_that_stands_twice_among_very_many_is_found_at_once() -> None:
    names = ",".join(f'"{number}":1' for number in range(100_000))

    with pytest.raises(MalformedJson, match="'last'"):
        parse(f'{{{names},"last":1,"last":2}}')


def test_a_message_does_not_repeat_a_long_name() -> None:
    with pytest.raises(MalformedJson) as caught:
        parse(f'{{"{"x" * 10_000}": 1, "{"x" * 10_000}": 2}}')

    assert len(str(caught.value)) < 300


def test_the_canonical_form_is_that_of_rfc_8785() -> None:
    text = '{"\\u20ac": "Euro", "\\r": 1.0, "1": [1e3, 0.000001, 1e-7], "ö": "\\u000f\\n\\"\\\\/", "😀": null}'

    assert canonical(parse(text)) == r'{"\r":1,"1":[1000,0.000001,1e-7],"ö":"\u000f\n\"\\/","€":"Euro","😀":null}'


@given(values)
def test_the_canonical_form_can_be_read_again_and_stays_the_same(value: object) -> None:
    assert parse(canonical(value)) == value
    assert canonical(parse(canonical(value))) == canonical(value)


@given(ANYTHING)
def test_the_canonical_form_is_the_library_s_for_whatever_python_holds(value: object) -> None:
    try:
        expected = rfc8785.dumps(value).decode()  # type: ignore[arg-type]
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        with pytest.raises(type(error)):
            canonical(value)
    else:
        assert canonical(value) == expected


@given(TEXTS)
def test_a_quoted_text_is_its_canonical_form(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    assert quoted(text) == rfc8785.dumps(text).decode()


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_that_is_let_in_comes_back_from_its_canonical_form(number: float) -> None:
    try:
        value = parse(repr(number))
    except MalformedJson:
        return
    assert parse(canonical(value)) == number


@pytest.mark.parametrize(("target", "patch", "result"), PATCHES, ids=range(15))
def test_a_merge_patch_does_as_the_examples_of_its_standard(target: Any, patch: Any, result: Any) -> None:
    assert merge(target, patch) == result


@given(values, values)
def test_a_merge_patch_does_as_another_implementation_and_changes_nothing(target: Any, patch: Any) -> None:
    before = canonical([target, patch])

    assert merge(target, patch) == naive_fold.merge(target, patch)
    assert canonical([target, patch]) == before


@pytest.mark.parametrize(("before", "after", "expected"), DIFFERENCES, ids=range(14))
def test_a_patch_says_what_differs_and_nothing_else(
    before: JsonObject, after: JsonObject, expected: JsonObject
) -> None:
    assert canonical(patch(before, after)) == canonical(expected)


@given(objects, objects)
def test_merging_the_patch_between_two_objects_makes_the_one_of_the_other(
    before: JsonObject, after: JsonObject
) -> None:
    made = patch(before, after)

    assert merge(before, made) == after
    # Python calls true and 1 equal; the record does not.
    assert canonical(merge(before, made)) == canonical(after)
    assert (made == {}) == (canonical(before) == canonical(after))


@given(st.dictionaries(st.sampled_from("abc"), values))
def test_between_an_object_and_itself_there_is_nothing_to_patch(value: JsonObject) -> None:
    assert patch(value, value) == {}
