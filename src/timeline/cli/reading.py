"""The commands that read: stories, show, changes, export, verify."""

from pathlib import Path
from typing import Any, Final

import click

from timeline.cli.newsroom import open_desk, vantage_of
from timeline.cli.terminal import Terminal, harmless_json
from timeline.domain.errors import Refusal
from timeline.shapes import changes_json, recorded_json, stories_json, view_json
from timeline.store import record, tree
from timeline.store.audit import audit
from timeline.story_files import export_lines

_FORMAT = click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)


class Unsound(Refusal):
    """A record is not what it was."""

    code = "unsound"


@click.command()
@_FORMAT
def stories(format_: str) -> None:
    """List the stories, the last touched first."""
    desk = open_desk()
    found = desk.stories()
    if format_ == "json":
        _print_json(stories_json(found))
    elif found:
        Terminal().stories(found)
    else:
        click.echo(f"There is no story in {desk.database.engine.url} yet: import one, or serve.", err=True)


@click.command()
@click.argument("slug")
@click.option("--at", help="What had happened by then: a time of the story's zone, or RFC 3339.")
@click.option("--as-of", help="What was on record then: such a time, or a version.")
@_FORMAT
def show(slug: str, at: str | None, as_of: str | None, format_: str) -> None:
    """Show a story's board and timeline, as known today or from any vantage."""
    desk = open_desk()
    view = desk.view(slug, vantage_of(desk, slug, at, as_of))
    if format_ == "json":
        _print_json(view_json(view))
    else:
        Terminal().view(view)


@click.command()
@click.argument("slug")
@click.option("--from", "from_", type=click.IntRange(0), default=0, show_default=True, help="A version.")
@click.option("--to", type=click.IntRange(0), help="A version; the present one where it is not given.")
@click.option("--follow", is_flag=True, help="Go on with every event that is recorded, one JSON object a line.")
@_FORMAT
def changes(slug: str, from_: int, to: int | None, follow: bool, format_: str) -> None:
    """Show what changed between two versions."""
    desk = open_desk()
    found = desk.changes(slug, from_, to)
    if format_ == "json":
        _print_json(changes_json(found))
    else:
        Terminal().changes(found)
    if follow:
        for recorded in desk.follow(slug, found.after.story.version):
            click.echo(harmless_json(recorded_json(recorded)))


@click.command()
@click.argument("slug")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="A file instead of standard output.")
def export(slug: str, output: Path | None) -> None:
    """Write a story's record as a story file: one event a line, with the salts of its hashes."""
    if output and not output.parent.is_dir():
        raise click.BadParameter(f"there is no folder {output.parent}", param_hint="--output")
    lines = export_lines(open_desk(), slug)
    first = next(lines)  # An unknown story is refused before a file is made.
    with click.open_file(str(output or "-"), "w", encoding="utf-8", atomic=output is not None) as file:
        file.write(f"{first}\n")
        file.writelines(f"{line}\n" for line in lines)


@click.command()
@click.argument("slugs", nargs=-1)
def verify(slugs: tuple[str, ...]) -> None:
    """Check every hash of the stories named, or of all, and print the root of each one's tree (RFC 6962)."""
    desk = open_desk()
    faults: list[str] = []
    with desk.database.reading() as connection:
        heads = [record.find_head(connection, slug) for slug in slugs] if slugs else record.heads(connection)
        for head in heads:
            found = list(audit(connection, head))
            faults += found
            root = tree.root(record.leaves(connection, head)).hex()
            click.echo(f"{head.slug}  version {head.version}  {'FAULTY' if found else 'sound'}  {root}")
    if not heads:
        raise Unsound(f"there is no story in {desk.database.engine.url!r}: nothing was verified")
    if faults:
        raise Unsound("\n  ".join(["the record is not what it was:", *faults]))


def _print_json(value: Any) -> None:
    click.echo(harmless_json(value, indent=2))


COMMANDS: Final = (stories, show, changes, export, verify)
