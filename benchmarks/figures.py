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


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two that are compared: how often a second, and how many milliseconds; None where it has no sense."""

    name: str
    per_second: float | None = None
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None

    def __str__(self) -> str:
        often = [] if self.per_second is None else [f"{_short(self.per_second)}/s"]
        times = [f"{_short(value)}" for value in (self.p50, self.p95, self.p99) if value is not None]
        return f"{self.name}: " + ", ".join(often + ([f"{' / '.join(times)} ms"] if times else []))


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


def side(score: Score) -> Side:
    """Return what a contestant did."""
    p50, p95, p99 = (score.milliseconds(share) for share in (0.5, 0.95, 0.99))
    return Side(name=score.about["name"], per_second=score.per_second, p50=p50, p95=p95, p99=p99)


def versus(what: str, database: str, ours: Score, theirs: Score, required: float | None = None) -> Figure:
    """Return how many times as much we did as they, which should be at least what is required."""
    value = ours.times(theirs)
    return Figure(what=what, database=database, ours=side(ours), other=side(theirs), value=value, required=required)


def as_json(run: dict[str, str], figures: Iterable[Figure]) -> str:
    """Return a run as a JSON file."""
    told = [asdict(figure) | {"reached": figure.reached} for figure in figures]
    return json.dumps({"run": run, "figures": told}, ensure_ascii=False, indent=1) + "\n"


def from_json(text: str) -> tuple[dict[str, str], list[Figure]]:
    """Return the run that a JSON file tells."""
    value = json.loads(text)
    return value["run"], [_figure(told) for told in value["figures"]]


def page(run: dict[str, str], figures: Sequence[Figure]) -> str:
    """Return a run as a page of Markdown."""
    said = "\n".join(f"- {name}: {value}" for name, value in run.items())
    return (
        "# Figures\n\nWritten by `make bench`. Ours and what it is held against take turns, in one run on one"
        f" machine; times are p50 / p95 / p99.\n\n{said}\n\n{table(figures)}\n"
    )


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
