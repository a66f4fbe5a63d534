"""Whatever is sent, the answer is a problem that says what to do, and the record stays as it was."""

import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsroom import STORY
from timeline.domain.event import EDITORIAL
from timeline.web.app import MAX_BODY
from wire import Wire, problem, sent

PATH = f"/stories/{STORY}"
MALFORMED = {
    "nothing": b"",
    "half an object": b'{"type": "update.reported"',
    "two values": b"{} {}",
    "no UTF-8": b'{"type": "\xff"}',
    "UTF-16": '{"type": "update.reported"}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "a NUL": b'{"data": {"headline": "a\\u0000b"}}',
    "a NUL in a name": b'{"a\\u0000b": 1}',
    "a lone surrogate": b'{"data": {"headline": "\\ud800"}}',
    "a lone surrogate in a name": b'{"\\udfff": 1}',
    "100,000 brackets": b"[" * 100_000,
    "100,000 objects": b'{"a":' * 100_000,
    "33 levels": b"[" * 33 + b"]" * 33,
    "2^53": b'{"data": {"count": 9007199254740992}}',
    "-2^53": b'{"data": {"count": -9007199254740992}}',
    "5,000 digits": b"1" * 5000,
    "NaN": b'{"data": {"count": NaN}}',
    "infinity": b'{"data": {"count": -Infinity}}',
    "1e400": b'{"data": {"count": 1e400}}',
    "a name twice": b'{"type": "a.b", "type": "update.reported"}',
    "a name twice, written apart": b'{"data": {"a": 1, "\\u0061": 2}}',
}
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from(sorted(EDITORIAL)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
ENVELOPES = st.fixed_dictionaries(
    {"type": st.sampled_from([*EDITORIAL, "update.reported", "award.announced"]) | JSON, "data": JSON},
    optional=dict.fromkeys(
        ("id", "schema", "occurred_at", "precision", "actor", "source", "version", "recorded_at", "salt"), JSON
    ),
)
MANY = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_what_is_not_json_as_programs_exchange_it_is_refused(held: Wire, body: bytes) -> None:
    _refused(held, body, 400, "malformed-json")


@pytest.mark.parametrize("body", [b"[]", b'""', b"7", b"null", b"true", b"{}", b"[[]]", b"[null]"], ids=bytes.decode)
def test_json_that_is_no_event_is_refused(held: Wire, body: bytes) -> None:
    _refused(held, body, 422, "invalid-event")


def test_a_list_of_1001_events_is_refused(wire: Wire) -> None:
    told = _refused(wire, [sent(wire.newsroom) for _ in range(1001)], 422, "invalid-event")

    assert "1001 events, not 1 to 1000" in told["detail"]


def test_a_body_of_50_megabytes_is_refused(wire: Wire) -> None:
    _refused(wire, b'{"data": "' + b"a" * 50_000_000 + b'"}', 413, "request-entity-too-large")


@pytest.mark.parametrize("has_length", [True, False])
def test_a_body_of_one_mebibyte_is_read_and_of_a_byte_more_refused(wire: Wire, has_length: bool) -> None:
    event = json.dumps(sent(wire.newsroom)).encode()
    body = event + b" " * (MAX_BODY - len(event))
    headers = {"Authorization": f"Bearer {wire.token}", "Content-Type": "application/json"}
    # As gunicorn hands on what comes in chunks.
    given: dict[str, Any] = {} if has_length else {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}

    told = [
        wire.client.post(f"/api{PATH}/record", data=each, headers=headers, environ_overrides=given).status_code
        for each in (body + b" ", body)
    ]

    assert told == [413, 201]


def test_a_body_that_breaks_off_is_not_taken_for_what_it_says_so_far(held: Wire) -> None:
    # As gunicorn hands it on: what comes is read to its end, however much was announced.
    broken_off = {"CONTENT_LENGTH": "100", "wsgi.input_terminated": True}
    headers = {"Authorization": f"Bearer {held.token}", "Content-Type": "application/json"}

    for body in (b'{"type":', b"[]"):
        told = held.client.post(f"/api{PATH}/record", data=body, headers=headers, environ_overrides=broken_off)

        assert told.status_code == 400
        assert f"the body ends after {len(body)} of 100 bytes" in problem(told, 400, "malformed-json")["detail"]


@pytest.mark.parametrize("host", ['a b<script>"', "a/b", "", "[::1", "host:port"])
def test_a_host_that_is_none_is_refused_before_any_address_is_made_of_it(held: Wire, host: str) -> None:
    for address in (f"/api{PATH}", PATH):
        assert held.client.get(address, environ_overrides={"HTTP_HOST": host}).status_code == 400
    assert held.client.get(PATH, environ_overrides={"HTTP_HOST": "[::1]:8080"}).status_code == 200


WRONG: dict[str, list[Any]] = {
    "type": [None, 7, [], {}, "", "award", "Award.announced", "a." + "b" * 100, "a.b\n"],
    "data": [None, 7, "text", [], True],
    "id": [7, "", "not-a-uuid", [], {}, True],
    "schema": [2, 0, "1", None, 1.5],
    "occurred_at": [
        *(7, [], {}, True, "", "now", "2025-03-03", "2025-02-30T01:00:00Z", "-001-01-01T00:00:00Z"),
        *("0000-01-01T00:00:00Z", "99999-01-01T00:00:00Z", "\uff12\uff10\uff12\uff15-01-01T00:00:00Z"),
        *("9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "2025-03-03T01:00:61Z"),
        *("2025-03-03T01:00:00.1234567Z", "2025-03-03T01:00:00+99:00", "2025-03-03T01:00:00Z\n"),
    ],
    "precision": [None, 7, "", "century", "SECOND", []],
    "actor": [7, "", " ", "a" * 501, [], {}],
    "source": [
        *(7, "BBC", [], {}, {"name": ""}, {"name": "BBC", "by": "me"}),
        *({"name": "BBC", "url": url} for url in (7, "", "javascript:alert(1)", "//bbc.co.uk", "http://a b")),
    ],
    **{name: [1] for name in ("story", "version", "recorded_at", "salt", "commitment", "Type", "")},
}


@pytest.mark.parametrize("field", WRONG)
def test_an_envelope_that_is_wrong_in_any_field_is_refused(held: Wire, field: str) -> None:
    for wrong in WRONG[field]:
        told = _refused(held, sent(held.newsroom) | {field: wrong}, 422, "invalid-event")
        assert all(set(fault) == {"path", "message"} for fault in told["errors"])
        assert any(fault["path"].startswith(field) for fault in told["errors"]), wrong


def test_every_fault_is_told_at_once(wire: Wire) -> None:
    wrong = {"type": 7, "data": [], "precision": "age", "actor": ""}

    told = _refused(wire, sent(wire.newsroom) | wrong, 422, "invalid-event")

    assert {fault["path"] for fault in told["errors"]} == set(wrong)


def test_a_moment_without_a_zone_is_refused(wire: Wire) -> None:
    told = _refused(wire, sent(wire.newsroom, occurred_at="2025-03-03T01:00:00"), 400, "naive-moment")

    assert "end it with Z or an offset" in told["detail"]


def test_a_fact_without_its_moment_is_refused(wire: Wire) -> None:
    body = sent(wire.newsroom)
    del body["occurred_at"]

    _refused(wire, body, 422, "invalid-event")


def test_a_fact_that_is_yet_to_happen_is_refused(wire: Wire) -> None:
    _refused(wire, sent(wire.newsroom, occurred_at="9999-12-31T23:59:59Z"), 422, "future-fact")


@pytest.mark.parametrize(
    "query",
    [
        *({"limit": limit} for limit in ("0", "-1", "1001", "ten", "", "1.5", "9" * 50, "\u0661", " 1")),
        *({"order": order} for order in ("", "ASC", "up", "asc\0")),
    ],
    ids=str,
)
def test_a_page_that_cannot_be_is_refused(held: Wire, query: dict[str, str]) -> None:
    ((name, text),) = query.items()

    assert f"{name} is “{text}”; it is " in problem(held.get(PATH, **query), 400, "malformed-parameter")["detail"]


@pytest.mark.parametrize("cursor", ["x", "\0", "AAAA"])
def test_a_cursor_of_no_vantage_is_refused(held: Wire, cursor: str) -> None:
    problem(held.get(PATH, cursor=cursor), 400, "malformed-vantage")


@pytest.mark.parametrize(
    "moment", ["now", "-1", "1.5", "1e3", "٣", "2025-03", "0000-01-01T00:00:00Z", "\0", "9" * 30]
)
@pytest.mark.parametrize("clock", ["at", "as_of"])
def test_a_vantage_that_is_no_moment_is_refused(held: Wire, clock: str, moment: str) -> None:
    problem(held.get(PATH, **{clock: moment}), 400, "malformed-moment")


def test_a_vantage_without_a_zone_is_refused(wire: Wire) -> None:
    for clock in ("at", "as_of"):
        problem(wire.get(PATH, **{clock: "2025-03-03T01:00"}), 400, "naive-moment")


@pytest.mark.parametrize("query", [{"after": "-1"}, {"after": "x"}, {"after": "9" * 10}, {"limit": "0"}], ids=str)
def test_a_page_of_a_record_that_cannot_be_is_refused(held: Wire, query: dict[str, str]) -> None:
    problem(held.get(f"{PATH}/record", **query), 400, "malformed-parameter")


def test_line_ends_in_what_is_asked_never_become_headers(wire: Wire) -> None:
    for query in ({"at": "1\r\nX-Evil: 1"}, {"cursor": "\r\nX-Evil: 1"}, {"order": "\r\nX-Evil: 1"}):
        assert "X-Evil" not in wire.get(PATH, **query).headers
    answer = wire.append(sent(wire.newsroom, source={"name": "a\r\nX-Evil: 1"}))
    assert "X-Evil" not in answer.headers


@MANY
@given(body=ENVELOPES | st.lists(ENVELOPES, max_size=3) | JSON)
def test_no_json_value_breaks_the_server_or_writes_by_halves(wire: Wire, body: Any) -> None:
    _survived(wire, body)


@MANY
@given(body=st.binary(max_size=200) | st.text().map(str.encode) | st.binary().map(b'{"data": '.__add__))
def test_no_bytes_break_the_server(wire: Wire, body: bytes) -> None:
    _survived(wire, body)


@MANY
@given(
    path=st.text(max_size=20), query=st.dictionaries(st.sampled_from(["at", "as_of", "limit", "cursor"]), st.text())
)
def test_no_question_breaks_the_server(wire: Wire, path: str, query: dict[str, str]) -> None:
    assert wire.get(f"/{path}", **query).status_code < 500
    assert wire.get(PATH, **query).status_code < 500


def _refused(wire: Wire, body: Any, status: int, code: str) -> dict[str, Any]:
    before = wire.newsroom.trace()
    told = problem(wire.append(body), status, code)
    assert wire.newsroom.trace() == before
    return told


def _survived(wire: Wire, body: Any) -> None:
    """Post a body: either all of it is on record and answered so, or nothing is."""
    before = wire.newsroom.trace()
    answer = wire.append(body)
    if answer.status_code == 201:
        assert answer.json is not None
        assert all(UUID(each["id"]) for each in answer.json["events"])
    else:
        assert 400 <= answer.status_code < 500, answer.text
        assert answer.mimetype == "application/problem+json"
        assert wire.newsroom.trace() == before


def test_an_item_of_a_batch_that_is_no_event_is_named_by_its_place(wire: Wire) -> None:
    told = problem(wire.append([[]]), 422, "invalid-event")

    assert [fault["path"] for fault in told["errors"]] == ["0"]
