"""The hash tree of a record: commitments and leaves as DESIGN fixes them, over an RFC 6962 Merkle tree.

A leaf commits to an event's data by SHA-256(salt ‖ canonical data), so erasing data and salt breaks no hash.
"""

from collections.abc import Iterable
from hashlib import sha256

from timeline.domain.event import Recorded, source_text
from timeline.domain.ijson import quoted
from timeline.domain.moments import format_moment


def commit(salt: bytes, text: str) -> bytes:
    """Return the commitment (32 bytes) to the canonical text of an event's data under a 16-byte salt."""
    return sha256(salt + text.encode("utf-8")).digest()


def leaf(recorded: Recorded) -> bytes:
    """Return the leaf hash (32 bytes): SHA-256(0x00 ‖ canonical envelope with the commitment for the data)."""
    return sha256(b"\x00" + envelope_text(recorded).encode("utf-8")).digest()


def envelope_text(recorded: Recorded) -> str:
    """Return the canonical text of the envelope in which the commitment stands for the data.

    It is written name by name, in the order of RFC 8785: an import does this for every event.
    """
    source = "" if recorded.source is None else f'"source":{source_text(recorded.source)},'
    return (
        f'{{"actor":{quoted(recorded.actor)},"commitment":"{recorded.commitment.hex()}","id":"{recorded.id}",'
        f'"occurred_at":"{format_moment(recorded.occurred_at)}","precision":"{recorded.precision}",'
        f'"recorded_at":"{format_moment(recorded.recorded_at)}","schema":{recorded.schema},{source}'
        f'"story":{quoted(recorded.story)},"type":{quoted(recorded.type)},"version":{recorded.version}}}'
    )


def root(leaves: Iterable[bytes]) -> bytes:
    """Return the Merkle tree hash of leaf hashes in order of version (RFC 6962 §2.1), in O(log n) memory."""
    peaks: list[tuple[int, bytes]] = []
    for leaf_hash in leaves:
        hash_, size = leaf_hash, 1
        while peaks and peaks[-1][0] == size:
            _, left = peaks.pop()
            hash_, size = _node(left, hash_), size * 2
        peaks.append((size, hash_))
    if not peaks:
        return sha256().digest()
    result = peaks.pop()[1]
    while peaks:
        result = _node(peaks.pop()[1], result)
    return result


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()
