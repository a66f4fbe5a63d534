"""Was and now: what an alteration did to the words of a field.

They are set as two texts, the removed words marked in the one, the added words in the other.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence

from markupsafe import Markup, escape

from timeline.entries import Alteration
from timeline.web.prose import Span, read_prose
from timeline.worddiff import Fate, Run, compare

_MARK = Markup('<{0}><span class="unseen">[{1}: </span>{2}<span class="unseen">]</span></{0}>')


def runs_of(alteration: Alteration) -> tuple[Run, ...]:
    """Return the words that a field has lost, gained and kept; of Markdown those that a reader reads.

    The address of a link is told where the other text has no such link. Where both texts read the same, as when a
    word becomes bold, they stand as they were written.
    """
    details = alteration.was, alteration.now
    written = [detail.text if detail else "" for detail in details]
    if any(detail and detail.is_prose for detail in details):
        runs = compare(*_read(*map(read_prose, written)))
        if any(run.fate is not Fate.KEPT and run.text.strip() for run in runs):
            return runs
    return compare(*written)


def _read(*texts: Sequence[Sequence[Span]]) -> Iterator[str]:
    """Yield texts as they are read; where not all of them have a link, with its address."""
    shared = set.intersection(*({span for block in text for span in block} for text in texts))
    for text in texts:
        yield "\n\n".join("".join(_told(span, shared) for span in block) for block in text)


def _told(span: Span, shared: Collection[Span]) -> str:
    return f"{span.words} ({span.address})" if span.address and span not in shared else span.words


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
