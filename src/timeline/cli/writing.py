"""The commands that append: import, append, correct, retract, rehearse."""

import getpass
import json
import math
import os
import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import click

from timeline.cli import INTERRUPTED
from timeline.cli.newsroom import open_desk, zone_of
from timeline.cli.terminal import Terminal, printable
from timeline.desk import Desk, Foresight, utc_now
from timeline.domain.errors import Fault, InvalidEvent, UnknownFact, UnknownStory
from timeline.domain.event import EDITORIAL, Draft, read_draft
from timeline.domain.ijson import JsonObject, parse
from timeline.domain.moments import Precision, format_moment, parse_local
from timeline.domain.vantage import NOTHING
from timeline.rehearsal import Rehearsal
from timeline.story_files import import_file, slug_of


def _who() -> str:
    """Return the user's name; where the machine knows none, as in some containers, the number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


_ACTOR = click.option(
    "--actor", envvar="TIMELINE_ACTOR", default=_who, show_default="who you are", help="Who says so."
)
_EXPECT = click.option("--expect", type=click.IntRange(0), help="Only if the story is at this version.")
_DRY_RUN = click.option("--dry-run", is_flag=True, help="Say what would happen, append nothing.")
_NOTE = click.option("--note", default="", help="What was wrong and what is right, for a reader who sees only this.")
_OCCURRED_AT = click.option("--occurred-at", help="When it happened: a time of the story's zone, or RFC 3339.")
_PRECISION = click.option("--precision", type=click.Choice([str(each) for each in Precision]))
_FIELDS = click.argument("fields", nargs=-1, metavar="[NAME=VALUE]…")


class _Pace(click.FloatRange):
    """A range that not-a-number is not in."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = float(super().convert(value, param, ctx))
        if math.isnan(number):
            self.fail("nan is not a number", param, ctx)
        return number


class _Interrupted(click.ClickException):
    exit_code = INTERRUPTED


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_(files: tuple[Path, ...]) -> None:
    """Import story files, each as a whole new story named like its file, all or nothing."""
    desk = open_desk()
    try:
        for path in files:
            _import(desk, path)
    except KeyboardInterrupt:
        told = ["interrupted; a file is imported as a whole, or not at all:", *_standing(desk, files)]
        raise _Interrupted(printable("\n  ".join(told))) from None


@click.command()
@click.argument("slug")
@click.option("--type", "type_", help="The event's type; without it, events are read as JSON from standard input.")
@_OCCURRED_AT
@_PRECISION
@click.option("--source", help="Who reported it.")
@click.option("--source-url", help="Where.")
@click.option("--id", "id_", help="The event's UUID, its idempotency key: who repeats it gives --occurred-at, too.")
@_ACTOR
@_EXPECT
@_DRY_RUN
@_FIELDS
def append(slug: str, type_: str | None, actor: str, expect: int | None, dry_run: bool, **options: Any) -> None:
    """Append an event, from NAME=VALUE fields, or events from standard input (an object, a list, or JSON lines).

    A value that starts with [ or { is read as JSON: people='["Mikey Madison"]'; any other after := as in count:=3.
    """
    desk = open_desk()
    values = _read_events() if type_ is None else [_event(desk, slug, type_, **options)]
    _publish(desk, slug, values, actor, expect, dry_run)


@click.command()
@click.argument("slug")
@click.argument("fact")
@click.option(
    "--kind",
    type=click.Choice(["correction", "clarification", "update", "minor"]),
    default="correction",
    show_default=True,
)
@_NOTE
@_OCCURRED_AT
@_PRECISION
@_ACTOR
@_EXPECT
@_DRY_RUN
@_FIELDS
def correct(
    slug: str,
    fact: str,
    kind: str,
    note: str,
    occurred_at: str | None,
    precision: str | None,
    actor: str,
    expect: int | None,
    dry_run: bool,
    fields: tuple[str, ...],
) -> None:
    """Correct a fact, named by its id or its version, with NAME=VALUE for what is right (NAME= removes a field)."""
    desk = open_desk()
    patch: JsonObject = {}
    if occurred_at:
        patch["occurred_at"] = format_moment(parse_local(occurred_at, zone_of(desk, slug)))
    if precision:
        patch["precision"] = precision
    if fields:
        patch["data"] = {name: None if value == "" else value for name, value in _fields(fields).items()}
    data = {"fact": str(_fact(desk, slug, fact)), "kind": kind, "note": note, "set": patch}
    _publish(desk, slug, [{"type": "fact.corrected", "data": data}], actor, expect, dry_run)


@click.command()
@click.argument("slug")
@click.argument("fact")
@_NOTE
@_ACTOR
@_EXPECT
@_DRY_RUN
def retract(slug: str, fact: str, note: str, actor: str, expect: int | None, dry_run: bool) -> None:
    """Retract a fact, named by its id or its version: it stays in sight, struck, with the note."""
    desk = open_desk()
    data = {"fact": str(_fact(desk, slug, fact)), "note": note}
    _publish(desk, slug, [{"type": "fact.retracted", "data": data}], actor, expect, dry_run)


@click.command()
@click.argument("slug")
@click.option("--speed", type=_Pace(min=0, min_open=True), default=60.0, show_default=True)
@click.option("--into", help="The new story's name; the story's own with “-rehearsal” where it is not given.")
@click.option("--longest-pause", type=_Pace(0, 86_400), default=10.0, show_default=True, help="In seconds.")
@_ACTOR
def rehearse(slug: str, speed: float, into: str | None, longest_pause: float, actor: str) -> None:
    """Play a story again, SPEED times as fast as it went, into a new story."""
    desk = open_desk()
    target = into or f"{slug}-rehearsal"
    play = Rehearsal(desk, slug, target, actor, speed, timedelta(seconds=longest_pause)).play()
    for recorded in play:
        click.echo(f"{target} version {recorded.version}: {recorded.type}")


def _import(desk: Desk, path: Path) -> None:
    with Terminal(stderr=True).progress(path.name, path.stat().st_size) as advance:
        head = import_file(desk, path, advance)
    desk.view(head.slug, window=NOTHING)  # The digests are made with it, not for the first reader.
    click.echo(f"{head.slug} is imported, at version {head.version}.")


def _standing(desk: Desk, files: Sequence[Path]) -> Iterator[str]:
    """Yield of each file whether its story is on record; only the record knows, if a commit was interrupted."""
    for path in files:
        slug = slug_of(path)
        try:
            yield f"{slug} is on record, at version {desk.head(slug).version}"
        except UnknownStory:
            yield f"nothing of {path} is on record: import it again"


def _publish(desk: Desk, slug: str, values: Sequence[Any], actor: str, expect: int | None, dry_run: bool) -> None:
    """Append events, or only look ahead, and say what is surprising about them: nothing is refused for that."""
    drafts = [_draft(value) for value in values]
    foreseen = desk.foresee(slug, drafts, actor=actor, expected=expect)
    if dry_run:
        _tell_what_would_be(slug, foreseen)
    else:
        for each in desk.append(slug, drafts, actor=actor, expected=expect):
            click.echo(f"{slug} version {each.version}: {each.type} {each.id}")
    for surprise in foreseen.surprises:
        click.echo(f"{'Surprising' if dry_run else 'Surprising, but on record'}: {printable(surprise)}")


def _tell_what_would_be(slug: str, foreseen: Foresight) -> None:
    for each in foreseen.recorded:
        click.echo(f"{slug} version {each.version} would be: {each.type}")
    for fact in foreseen.facts:
        headline = foreseen.kind.headline_of(fact) or "–"
        click.echo(f"It would be {fact.status.replace('_', ' ')}: {printable(headline)}")


def _event(
    desk: Desk,
    slug: str,
    type_: str,
    occurred_at: str | None,
    precision: str | None,
    source: str | None,
    source_url: str | None,
    id_: str | None,
    fields: tuple[str, ...],
) -> JsonObject:
    event: JsonObject = {"type": type_, "data": _fields(fields)}
    if occurred_at:
        event["occurred_at"] = format_moment(parse_local(occurred_at, zone_of(desk, slug)))
    elif type_ not in EDITORIAL:  # What the store gives of itself must not make a repetition another event.
        event["occurred_at"] = format_moment(utc_now())
    if precision:
        event["precision"] = precision
    if id_:
        event["id"] = id_
    if source or source_url:
        event["source"] = {"name": source or source_url} | ({"url": source_url} if source_url else {})
    return event


def _draft(value: Any) -> Draft:
    """Return a draft of what was typed, which passes the same gate as what is sent."""
    return read_draft(parse(json.dumps(value)))


def _read_events() -> list[Any]:
    """Return the events on standard input: one JSON value, or one a line."""
    if sys.stdin.isatty():
        raise click.UsageError("give --type, or send events as JSON to standard input")
    text = sys.stdin.buffer.read()
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise InvalidEvent("nothing was appended", [Fault("", "standard input is empty, and no --type is given")])
    whole = len(lines) == 1 or not _is_json(lines[0])
    values = parse(text) if whole else [parse(line) for line in lines]
    return values if isinstance(values, list) else [values]


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _fields(fields: tuple[str, ...]) -> JsonObject:
    found: JsonObject = {}
    for field in fields:
        name, equals, value = field.partition("=")
        if not name or not equals:
            raise click.UsageError(f"“{field}” is not NAME=VALUE")
        if name.removesuffix(":") in found:
            raise click.UsageError(f"{name} is given twice")
        if name.endswith(":"):
            found[name[:-1]] = parse(value)
        else:
            found[name] = parse(value) if value.startswith(("[", "{")) else value
    return found


def _fact(desk: Desk, slug: str, text: str) -> UUID:
    """Return the id of a fact that is named by it or by its version."""
    if text.isdecimal() and len(text) < 10:
        events = desk.record(slug, int(text) - 1, 1)[1] if int(text) else []
        if not events or events[0].type in EDITORIAL:
            raise UnknownFact(f"at version {text}", slug)
        return events[0].id
    try:
        return UUID(text)
    except ValueError:
        raise UnknownFact(text[:80], slug) from None


COMMANDS: Final = (import_, append, correct, retract, rehearse)
