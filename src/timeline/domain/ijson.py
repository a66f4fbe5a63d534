"""I-JSON: what may enter a record (RFC 7493), its one canonical form (RFC 8785) and its merge patch (RFC 7396)."""

import json
import re
from collections import Counter
from json.encoder import encode_basestring
from typing import Any, Final, Never

import rfc8785

from timeline.domain.errors import MalformedJson

JsonObject = dict[str, Any]

MAX_DEPTH = 32
MAX_INTEGER = 2**53 - 1


def parse(text: str | bytes) -> Any:
    """Return the value of a JSON text.

    Raises MalformedJson for what RFC 7493 excludes, since it would be lost or changed on its way through other
    programs: duplicate names, lone surrogates, NaN and infinities, numbers beyond 2^53 - 1; and for NUL
    characters (PostgreSQL cannot hold them) and nesting beyond MAX_DEPTH.
    """
    try:
        decoded = text.decode("utf-8") if isinstance(text, bytes) else text
        value = _DECODER.decode(decoded)
    except UnicodeDecodeError as error:
        raise MalformedJson(f"the text is not UTF-8: byte {error.start}") from None
    except RecursionError:
        raise MalformedJson(f"the text is nested deeper than {MAX_DEPTH} levels") from None
    except ValueError as error:
        why = "it begins with a byte order mark" if decoded.startswith("\ufeff") else error
        raise MalformedJson(f"the text is not JSON: {why}") from None
    # Only an escape can hide a NUL, or half a pair in UTF-8, and only so many brackets can nest too deep.
    if (
        "\\u" in decoded
        or decoded.count("[") + decoded.count("{") > MAX_DEPTH
        or (decoded is text and _SURROGATE.search(decoded))
    ):
        _check(value, depth=1)
    return value


def canonical(value: Any) -> str:
    """Return the canonical text of a JSON value (RFC 8785).

    Without floats, and with names that sort alike in any encoding, it is what Python's own encoder writes when it
    sorts and leaves letters as they are; whatever else there is, or cannot be written, goes to the library.
    """
    if _is_plain(value):
        text: str = _PLAIN(value)
        if text.isascii() or not _SURROGATE.search(text):
            return text
    return rfc8785.dumps(value).decode("utf-8")


def quoted(text: str) -> str:
    """Return the canonical text of a text without halves of surrogate pairs, in a fraction of `canonical`'s time."""
    return encode_basestring(text)


def merge(target: Any, patch: Any) -> Any:
    """Return a target with a merge patch applied (RFC 7396 §2); neither is changed."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged


def patch(before: JsonObject, after: JsonObject) -> JsonObject:
    """Return the merge patch (RFC 7396) that makes `after` of `before`; it is empty where nothing differs.

    Values differ if their canonical texts do: true and 1 do, 1 and 1.0 do not. No merge patch can write a null, so
    a null of `after` that `before` does not have is lost.
    """
    gone = {name: None for name in before if name not in after}
    changed = {
        name: _replacement(before.get(name), value)
        for name, value in after.items()
        if name not in before or canonical(before[name]) != canonical(value)
    }
    return gone | changed


def _replacement(before: Any, after: Any) -> Any:
    return patch(before, after) if isinstance(before, dict) and isinstance(after, dict) else after


_PLAIN: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def _is_plain(value: Any) -> bool:
    """Whether a value holds nothing of which Python's encoder might write another text than RFC 8785."""
    kind = type(value)
    if kind is dict:
        for name, each in value.items():
            if type(name) is not str or not name.isascii() or not (type(each) is str or _is_plain(each)):
                return False
        return True
    if kind is list:
        return all(map(_is_plain, value))
    if kind is int:
        return bool(-MAX_INTEGER <= value <= MAX_INTEGER)
    return kind is str or kind is bool or value is None


def _object(pairs: list[tuple[str, Any]]) -> JsonObject:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise MalformedJson(f"the name {twice[:80]!r} stands twice in one object")
    return found


def _not_finite(name: str) -> Never:
    raise MalformedJson(f"{name} is not a JSON number")


def _integer(text: str) -> int:
    number = int(text)
    if not -MAX_INTEGER <= number <= MAX_INTEGER:
        raise MalformedJson("a number beyond 2^53 - 1 would be changed on its way")
    return number


def _float(text: str) -> float:
    number = float(text)
    if number - number != 0:
        raise MalformedJson("a number is too large")
    if abs(number) > MAX_INTEGER:  # 1e20 too: its canonical form is an integer's.
        raise MalformedJson("a number beyond 2^53 - 1 would be changed on its way")
    return number


def _check(value: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise MalformedJson(f"the text is nested deeper than {MAX_DEPTH} levels")
    match value:
        case str():
            _check_text(value)
        case list():
            for item in value:
                _check(item, depth + 1)
        case dict():
            for name, item in value.items():
                _check_text(name)
                _check(item, depth + 1)


def _check_text(text: str) -> None:
    if "\0" in text:
        raise MalformedJson("a text holds a NUL character")
    if not text.isascii() and _SURROGATE.search(text):
        raise MalformedJson("a text holds half of a surrogate pair")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_not_finite, parse_int=_integer, parse_float=_float
)
