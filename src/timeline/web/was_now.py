"""Was and now: what an alteration did to the words of a field.

They are set as two texts, the removed words marked in the one, the added words in the other.
"""

from collections.abc import Iterable

from markupsafe import Markup, escape

from timeline.entries import Alteration
from timeline.web.prose import addresses, read_prose
from timeline.worddiff import Fate, Run, compare

_MARK = Markup('<{0}><span class="unseen">[{1}: </span>{2}<span class="unseen">]</span></{0}>')


def runs_of(alteration: Alteration) -> tuple[Run, ...]:
    """Return the words that a field has lost, gained and kept; of Markdown those that a reader reads.

    The address of a link is told where the other text has none such. Where both texts read the same, as when a word
    becomes bold, they stand as they were written.
    """
    details = alteration.was, alteration.now
    written = tuple(detail.text if detail else "" for detail in details)
    if any(detail and detail.is_prose for detail in details):
        shared = frozenset.intersection(*map(addresses, written))
        was, now = (read_prose(text, untold=shared) for text in written)
        if was != now:
            return compare(was, now)
    return compare(*written)


def set_was(runs: Iterable[Run]) -> Markup:
    """Return the old text; what it has lost is said to be removed, also to those who see no marks."""
    return _set(runs, Fate.REMOVED, "del")


def set_now(runs: Iterable[Run]) -> Markup:
    """Return the new text; what it has gained is said to be added."""
    return _set(runs, Fate.ADDED, "ins")


def _set(runs: Iterable[Run], fate: Fate, element: str) -> Markup:
    shown = (run for run in runs if run.fate in (Fate.KEPT, fate))
    return Markup().join(escape(run.text) if run.fate is Fate.KEPT else _marked(run, element) for run in shown)


def _marked(run: Run, element: str) -> Markup:
    """Return marked words; the spaces around them are left outside, where a mark would show."""
    words = run.text.strip()
    start, _, end = run.text.partition(words) if words else (run.text, "", "")
    return escape(start) + (_MARK.format(element, run.fate.value, words) if words else Markup()) + escape(end)
