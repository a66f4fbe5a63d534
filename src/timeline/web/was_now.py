"""Was and now: a word difference as two texts, the removed words marked in the one, the added words in the other."""

from collections.abc import Iterable

from markupsafe import Markup, escape

from timeline.worddiff import Fate, Run

_MARK = Markup('<{0}><span class="unseen">[{1}: </span>{2}<span class="unseen">]</span></{0}>')


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
