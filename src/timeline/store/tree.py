"""The hash tree of a record: commitments and leaves as DESIGN fixes them, over an RFC 6962 Merkle tree.

A leaf commits to an event's data by SHA-256(salt ‖ canonical data), so erasing data and salt breaks no hash.
"""

from collections.abc import Iterable
from hashlib import sha256

from timeline.domain.event import Recorded
from timeline.domain.ijson import canonical


def commit(salt: bytes, text: str) -> bytes:
    """Return the commitment (32 bytes) to the canonical text of an event's data under a 16-byte salt."""
    return sha256(salt + text.encode("utf-8")).digest()


def leaf(recorded: Recorded) -> bytes:
    """Return the leaf hash (32 bytes): SHA-256(0x00 ‖ canonical envelope with the commitment for the data)."""
    document = recorded.envelope() | {"commitment": recorded.commitment.hex()}
    return sha256(b"\x00" + canonical(document).encode("utf-8")).digest()


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
