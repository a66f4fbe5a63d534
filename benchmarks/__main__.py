"""`make bench`: every figure of which something is required, in one run on one machine, as a table and as JSON.

`ARGS="--quick"` takes small sizes and some minutes; `ARGS="appends views"` takes these parts alone. Only a complete
run is kept: in benchmarks/results.json, in benchmarks/RESULTS.md, and where the README quotes it.
"""

import argparse
import time
from pathlib import Path
from typing import Final

from benchmarks import appends, imports, pages_over_http, start, streams, views, writers
from benchmarks.contest import ROOT
from benchmarks.figures import Figure, Results, as_json, page, profiles, quote, table
from benchmarks.machine import describe
from benchmarks.stage import Stage, staged

HERE: Final = Path(__file__).parent
PARTS: Final = {
    "start": start.measure,
    "appends": appends.measure,
    "writers": writers.measure,
    "imports": imports.measure,
    "views": views.measure,
    "pages": pages_over_http.measure,
    "streams": streams.measure,
}


def main() -> None:
    """Measure what is asked for, say it, and keep it if it is everything."""
    asked = _asked()
    parts = asked.parts or list(PARTS)
    with staged(quick=asked.quick) as stage:
        run = describe(stage.folder) | stage.durability()
        _say(run)
        figures = [figure for part in parts for figure in _measured(part, stage)]
    _say(stage.notes)
    print(f"\n## where our time goes\n\n{profiles(stage.profiles)}", flush=True)
    if not asked.quick and set(parts) == set(PARTS):
        _keep(Results(run=run | stage.notes, figures=figures, profiles=stage.profiles))


def _keep(results: Results) -> None:
    (HERE / "results.json").write_text(as_json(results), encoding="utf-8")
    (HERE / "RESULTS.md").write_text(page(results), encoding="utf-8")
    quote(ROOT / "README.md", results.figures)
    print(f"Kept in {HERE.name}/results.json and {HERE.name}/RESULTS.md.")


def _say(run: dict[str, str]) -> None:
    print("\n".join(f"{name}: {value}" for name, value in run.items()), flush=True)


def _measured(part: str, stage: Stage) -> list[Figure]:
    began = time.perf_counter()
    figures = list(PARTS[part](stage))
    print(f"\n## {part}, {time.perf_counter() - began:.0f} s\n\n{table(figures)}", flush=True)
    return figures


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"one of {', '.join(PARTS)}; all, if none is named")
    parser.add_argument("--quick", action="store_true", help="small sizes, to see whether all is well")
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(unknown)}, only {', '.join(PARTS)}")
    return asked


if __name__ == "__main__":
    main()
