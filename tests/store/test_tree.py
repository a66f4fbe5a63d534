"""The hash tree of a record: recomputed by hand, held against another's tree, and unbroken by an erasure."""

import json
from hashlib import sha256

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree  # type: ignore[import-untyped]  # It brings no types.
from sqlalchemy import select

from newsroom import Newsroom, correction, event, report, takedown
from timeline.domain.event import Erased, Recorded, Source, source_json, source_text
from timeline.domain.ijson import MAX_INTEGER, canonical
from timeline.domain.moments import Precision
from timeline.store import record, tree
from timeline.store.tables import event as events

# RFC 6962 §2.1 defines them by words; the values are those of certificate-transparency's own tests.
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    EMPTY,
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


TEXTS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('\0\x1f\x7f"\\/\u2028\ue000\U00010000'))
LINES = TEXTS.filter(str.strip).map(lambda text: text[:500]).filter(str.strip)
MOMENTS = st.datetimes(timezones=st.timezones()).filter(lambda moment: 1 < moment.year < 9999)
SOURCES = st.builds(Source, LINES, st.none() | st.just("https://apnews.com/“ü”?&😀"))
ENVELOPES = st.builds(
    Recorded,
    id=st.uuids(),
    story=TEXTS,
    version=st.integers(1, MAX_INTEGER),
    type=TEXTS,
    schema=st.integers(1, MAX_INTEGER),
    occurred_at=MOMENTS,
    precision=st.sampled_from(Precision),
    recorded_at=MOMENTS,
    actor=TEXTS,
    source=st.none() | SOURCES,
    text=st.none(),
    data=st.none(),
    salt=st.none(),
    commitment=st.binary(min_size=32, max_size=32),
    event=st.just(Erased()),
)
"""Whatever an envelope can hold, and more: letters that JSON escapes, that sort otherwise in UTF-16, or end lines."""


@pytest.mark.parametrize("size", range(len(ROOTS)))
def test_the_root_is_that_of_certificate_transparency(size: int) -> None:
    leaves = [sha256(b"\x00" + bytes.fromhex(entry)).digest() for entry in LEAVES[:size]]

    assert tree.root(leaves).hex() == ROOTS[size]


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=130))
def test_the_root_is_that_of_another_implementation(entries: list[bytes]) -> None:
    other = InmemoryTree(algorithm="sha256")
    for entry in entries:
        other.append_entry(entry)

    assert tree.root(sha256(b"\x00" + entry).digest() for entry in entries) == other.get_root()


def test_a_leaf_can_be_recomputed_by_hand(newsroom: Newsroom) -> None:
    """Names are in ASCII and sorted, numbers are whole: then json writes what RFC 8785 asks for."""
    data = {"headline": "Zoë “Z” O’Neil wins", "body": "李安\n\t\u2028 </script> 😀"}
    source = {"name": "AP", "url": "https://apnews.com/"}
    newsroom.publish(event("update.reported", data, "2025-03-02T17:00:00.5-08:00", precision="minute", source=source))
    row = _row(newsroom, 2)

    commitment = sha256(row["salt"] + _canonical(data)).hexdigest()
    envelope = {
        "id": str(row["id"]),
        "story": newsroom.story,
        "version": 2,
        "type": "update.reported",
        "schema": 1,
        "occurred_at": "2025-03-03T01:00:00.500000Z",
        "precision": "minute",
        "recorded_at": "2025-03-03T01:00:00.000001Z",
        "actor": "desk",
        "source": source,
        "commitment": commitment,
    }

    assert len(row["salt"]) == 16
    assert row["commitment"].hex() == commitment
    assert row["leaf"] == sha256(b"\x00" + _canonical(envelope)).digest()


def test_a_missing_source_is_an_absent_key(newsroom: Newsroom) -> None:
    newsroom.publish(report("No source"))
    row = _row(newsroom, 2)
    envelope = newsroom.record()[1].envelope() | {"commitment": row["commitment"].hex()}

    assert "source" not in envelope
    assert row["leaf"] == sha256(b"\x00" + _canonical(envelope)).digest()


def test_the_same_words_twice_have_different_commitments(newsroom: Newsroom) -> None:
    newsroom.publish(report("The same"), report("The same"))

    assert _row(newsroom, 2)["commitment"] != _row(newsroom, 3)["commitment"]


def test_an_erasure_breaks_no_hash(newsroom: Newsroom) -> None:
    draft = report("A name that must not be named")
    newsroom.publish(draft, correction(draft, data={"headline": "The name, spelt right"}))
    before = _leaves(newsroom)

    newsroom.publish(takedown(draft))

    after = _leaves(newsroom)
    assert after[:3] == before
    assert [tree.leaf(each) for each in newsroom.record()] == after
    assert [each.data is None for each in newsroom.record()] == [False, True, True, False]


def test_every_leaf_of_a_record_can_be_recomputed_from_what_is_read(newsroom: Newsroom) -> None:
    newsroom.publish(*(report(f"Report {number}") for number in range(20)))

    for each, stored in zip(newsroom.record(), _leaves(newsroom), strict=True):
        assert each.salt is not None
        assert each.commitment == sha256(each.salt + _canonical(each.data)).digest()
        assert tree.leaf(each) == stored


@given(ENVELOPES)
def test_the_text_that_a_leaf_is_the_hash_of_is_the_library_s(recorded: Recorded) -> None:
    whole = recorded.envelope() | {"commitment": recorded.commitment.hex()}

    assert tree.envelope_text(recorded) == rfc8785.dumps(whole).decode()
    assert tree.leaf(recorded) == sha256(b"\x00" + rfc8785.dumps(whole)).digest()


@given(SOURCES)
def test_the_text_of_a_source_is_its_canonical_form(source: Source) -> None:
    assert source_text(source) == canonical(source_json(source))


def _canonical(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def _row(newsroom: Newsroom, version: int) -> dict[str, bytes]:
    with newsroom.database.engine.connect() as connection:
        return dict(connection.execute(select(events).where(events.c.version == version)).one()._asdict())


def _leaves(newsroom: Newsroom) -> list[bytes]:
    with newsroom.database.reading() as connection:
        return list(record.leaves(connection, newsroom.desk.head(newsroom.story)))
