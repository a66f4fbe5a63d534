"""Merging: what becomes of a form whose writer another one overtook; not a word of either is lost."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from timeline.entries import label
from timeline.web.desk.forms import Values
from timeline.worddiff import Run, compare

Fields = Mapping[str, Values]
"""The texts of a form by what they belong to: the rows of a list are one thing, for one row means little alone."""


@dataclass(frozen=True, slots=True)
class Clash:
    """One field that both changed: what the other says now, and how this editor's words differ from it."""

    label: str
    theirs: str
    mine: str

    @property
    def runs(self) -> tuple[Run, ...]:
        return compare(self.theirs, self.mine)


def merge(was: Values, theirs: Values, mine: Values) -> dict[str, str]:
    """Return what only one of them touched from that one; of what both touched, mine."""
    own = {name: text for name, text in mine.items() if name not in was}
    merged = own | dict(theirs)
    there, here = _by_field(theirs), _by_field(mine)
    for field in _touched(_by_field(was), here):
        merged |= dict.fromkeys(there.get(field, {}), "") | dict(here[field])
    return merged


def clashes(was: Values, theirs: Values, mine: Values) -> list[Clash]:
    """Return the fields that both touched, and not alike."""
    before, there, here = map(_by_field, (was, theirs, mine))
    both = [field for field in _touched(before, there) if field in _touched(before, here)]
    return [
        Clash(label(field.rpartition(".")[2]), _words(there, field), _words(here, field))
        for field in both
        if _said(there, field) != _said(here, field)
    ]


def _by_field(values: Values) -> Fields:
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for name, text in values.items():
        found[re.split(r"\.[0-9]+\.", name, maxsplit=1)[0]][name] = text
    return found


def _touched(before: Fields, after: Fields) -> list[str]:
    return [field for field in after if _said(before, field) != _said(after, field)]


def _said(fields: Fields, field: str) -> Values:
    return {name: text for name, text in fields.get(field, {}).items() if text.strip()}


def _words(fields: Fields, field: str) -> str:
    return "\n".join(_said(fields, field).values())
