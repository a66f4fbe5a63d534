"""Figures: what was measured, beside what it is measured against, as JSON and as a table for people."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

from benchmarks.contest import Score

Unit = Literal["×", "ms", "s", "/s", "MiB", "KiB"]

START: Final = "<!-- The figures of the last `make bench`. -->"
END: Final = "<!-- The end of the figures. -->"
"""Between these the README quotes the last run."""

_LITTLE: Final = 0.02
"""A part that was met less often is not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two that are compared: how often a second, and how many milliseconds; None where it has no sense.

    `processor` are the milliseconds that all of the machine's processors together worked for one.
    """

    name: str
    per_second: float | None = None
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    processor: float | None = None

    def __str__(self) -> str:
        often = [] if self.per_second is None else [f"{_short(self.per_second)}/s"]
        times = [f"{_short(value)}" for value in (self.p50, self.p95, self.p99) if value is not None]
        return f"{self.name}: " + ", ".join(often + ([f"{' / '.join(times)} ms"] if times else []))

    @property
    def takes(self) -> float | None:
        """Return how many milliseconds pass for each one, however many are done at the same time."""
        return 1000 / self.per_second if self.per_second else self.p50


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure, and what it has to be; `required` is None for what only helps to read the others.

    `value` is a ratio where the `unit` is ×, otherwise what we were measured at.
    """

    what: str
    database: str
    ours: Side
    other: Side | None = None
    value: float
    unit: Unit = "×"
    required: float | None = None
    at_most: bool = False

    @property
    def reached(self) -> bool | None:
        if self.required is None:
            return None
        return self.value <= self.required if self.at_most else self.value >= self.required


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """In which parts of the program something of ours was met while it was measured, as shares of all looks at it."""

    what: str
    database: str
    shares: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What a run says: what it depends on, the figures, and where the time went."""

    run: dict[str, str]
    figures: Sequence[Figure]
    profiles: Sequence[Profile]


def side(score: Score) -> Side:
    """Return what a contestant did."""
    p50, p95, p99 = (score.milliseconds(share) for share in (0.5, 0.95, 0.99))
    processor = score.processor_milliseconds
    return Side(name=score.about["name"], per_second=score.per_second, p50=p50, p95=p95, p99=p99, processor=processor)


def versus(what: str, database: str, ours: Score, theirs: Score, required: float | None = None) -> Figure:
    """Return how many times as much we did as they, which should be at least what is required."""
    value = ours.times(theirs)
    return Figure(what=what, database=database, ours=side(ours), other=side(theirs), value=value, required=required)


def as_json(results: Results) -> str:
    """Return a run as a JSON file."""
    figures = [asdict(figure) | {"reached": figure.reached} for figure in results.figures]
    return json.dumps(asdict(results) | {"figures": figures}, ensure_ascii=False, indent=1) + "\n"


def from_json(text: str) -> Results:
    """Return the run that a JSON file tells."""
    value = json.loads(text)
    figures = [_figure(told) for told in value["figures"]]
    return Results(run=value["run"], figures=figures, profiles=[Profile(**told) for told in value["profiles"]])


def page(results: Results) -> str:
    """Return a run as a page of Markdown."""
    said = "\n".join(f"- {name}: {value}" for name, value in results.run.items())
    return (
        "# Figures\n\nWritten by `make bench`. Ours and what it is held against take turns, in one run on one"
        f" machine; times are p50 / p95 / p99.\n\n{said}\n\n{table(results.figures)}\n\n"
        "## What was not reached\n\nHow many milliseconds pass for each one, how many may, and how many all"
        " processors together work meanwhile, servers and system included: what remains is waiting, mostly for"
        f" a disk.\n\n{_wanting(results.figures)}\n\n"
        "## Where our time goes\n\nThe shares of the moments in which a part of the program was met; waiting"
        f" counts for the part that waits.\n\n{profiles(results.profiles)}\n"
    )


def profiles(found: Iterable[Profile]) -> str:
    """Return profiles as a table of Markdown."""
    return _table(("what", "database", "where the time goes"), (_profiled(each) for each in found))


def _profiled(profile: Profile) -> tuple[str, ...]:
    large = [(part, share) for part, share in profile.shares.items() if share >= _LITTLE]
    told = [f"{part} {share:.0%}" for part, share in sorted(large, key=lambda each: -each[1])]
    return profile.what, profile.database, ", ".join(told)


def _wanting(figures: Iterable[Figure]) -> str:
    head = ("what", "database", "held against", "takes", "may take", "processors work")
    return _table(head, (_bounded(each) for each in figures if each.reached is False))


def _bounded(figure: Figure) -> tuple[str, ...]:
    takes = figure.ours.takes
    assert figure.required, figure
    assert takes, figure
    against = figure.other.name if figure.other else "–"
    share = figure.required / figure.value if figure.at_most else figure.value / figure.required
    times = (takes, takes * share, figure.ours.processor)
    return figure.what, figure.database, against, *(f"{_short(each)} ms" if each else "–" for each in times)


def table(figures: Iterable[Figure]) -> str:
    """Return figures as a table of Markdown."""
    return _table(("what", "database", "ours", "held against", "result", "required", ""), map(_row, figures))


def quote(readme: Path, figures: Sequence[Figure]) -> None:
    """Put the table where a README quotes it, if it does."""
    text = readme.read_text(encoding="utf-8")
    if quoted(text) is not None:
        before, _, rest = text.partition(START)
        readme.write_text(f"{before}{START}\n{summary(figures)}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


def quoted(text: str) -> str | None:
    """Return the table that a README quotes; None if it quotes none."""
    return text.partition(START)[2].partition(END)[0].strip() if START in text and END in text else None


def summary(figures: Iterable[Figure]) -> str:
    """Return the figures of which something is required, as a table without what they come from."""
    asked = (figure for figure in figures if figure.required is not None)
    return _table(("what", "database", "held against", "measured", "required"), map(_short_row, asked))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))


def _row(figure: Figure) -> tuple[str, ...]:
    verdict = {True: "yes", False: "**no**", None: ""}[figure.reached]
    other = str(figure.other) if figure.other else "–"
    return figure.what, figure.database, str(figure.ours), other, _result(figure), _required(figure), verdict


def _short_row(figure: Figure) -> tuple[str, ...]:
    against = figure.other.name if figure.other and figure.unit == "×" else "–"
    return figure.what, figure.database, against, _result(figure), _required(figure)


def _result(figure: Figure) -> str:
    return f"{_short(figure.value)} {figure.unit}"


def _required(figure: Figure) -> str:
    if figure.required is None:
        return ""
    return f"{'≤' if figure.at_most else '≥'} {_short(figure.required)} {figure.unit}"


def _short(value: float) -> str:
    """Return a number as short as a person wants it."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _figure(told: dict[str, Any]) -> Figure:
    del told["reached"]
    sides = {name: told[name] and Side(**told[name]) for name in ("ours", "other")}
    return Figure(**told | sides)
