"""The terminal: stories, views and changes set as text, a pleasure to read; control characters never pass."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markdown import Markdown
from rich.markup import escape
from rich.padding import Padding
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from timeline import clockwords
from timeline.desk import Changes
from timeline.domain.fact import Content, Fact
from timeline.domain.ijson import JsonObject
from timeline.domain.story import Story
from timeline.entries import Alteration, Entry, Notice, alter, counted, entry_of, in_words, label, moves
from timeline.kinds.ceremony import PHASES
from timeline.kinds.ceremony_words import named
from timeline.kinds.kind import Kind
from timeline.store.rows import Head
from timeline.views import View
from timeline.web.prose import parse_prose

_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Terminal:
    """Standard output, or standard error for what is not the answer itself."""

    def __init__(self, *, stderr: bool = False) -> None:
        self._console = Console(stderr=stderr, highlight=False, emoji=False, soft_wrap=False)

    @contextmanager
    def progress(self, title: str, size: int) -> Iterator[Callable[[int, int], None]]:
        """Show how many of a file's bytes are read, and how fast its events go by; nothing where nobody looks."""
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), _Rate())
        quiet = not self._console.is_terminal
        with Progress(
            *columns, TimeRemainingColumn(), console=self._console, transient=True, disable=quiet
        ) as progress:
            task = progress.add_task(_safe(title), total=size, events=0)
            yield lambda read, events: progress.update(task, completed=read, events=events)

    def stories(self, stories: Sequence[tuple[Story, Head]]) -> None:
        """Show the list of stories."""
        table = Table(box=None, pad_edge=False)
        table.add_column("Story", no_wrap=True)
        for title in ("Title", "Status", "Version", "Last published"):
            table.add_column(title, justify="right" if title == "Version" else "left")
        for story, head in stories:
            moment = _plain(clockwords.full(head.recorded_at, ZoneInfo(story.timezone)))
            table.add_row(story.slug, _safe(story.title), story.status, str(story.version), moment)
        self._console.print(table)

    def view(self, view: View) -> None:
        """Show a view: heading, board, timeline."""
        zone = ZoneInfo(view.story.timezone)
        self._heading(view, zone)
        if view.kind.name == "ceremony":
            self._ceremony(view.board)
        else:
            self._board(view.board)
        self._timeline([entry_of(fact, view.kind) for fact in view.facts], zone)

    def changes(self, changes: Changes) -> None:
        """Show what changed between two views, fact by fact."""
        before, after = changes.before, changes.after
        zone = ZoneInfo(after.story.timezone)
        count = f"{counted(len(changes.facts), 'fact')} changed"
        self._print(
            f"[bold]{_safe(after.story.title)}[/]  version {before.story.version} → {after.story.version}: {count}"
        )
        for each in changes.facts:
            if each.after is None:
                self._print(f"[red]−[/] {_safe(before.kind.headline_of(each.before) if each.before else '')}")
            else:
                self._changed(each.before, each.after, after.kind, zone)

    def _changed(self, before: Fact | None, after: Fact, kind: Kind, zone: ZoneInfo) -> None:
        self._print()
        self._entry(entry_of(after, kind), zone, since=before.last_version if before else 0)
        if before is None:
            self._indented("[green]new[/]")
            return
        self._undone(before, after, kind, zone)
        for name in ("key", "pinned"):
            if getattr(before, name) != getattr(after, name):
                self._indented(f"{'now' if getattr(after, name) else 'no longer'} {name}")

    def _undone(self, before: Fact, after: Fact, kind: Kind, zone: ZoneInfo) -> None:
        """Show to whoever goes back what is not on record then, and what the entry says without it."""
        undone = [each for each in entry_of(before, kind).notices if each.change.version > after.last_version]
        for notice in undone:
            self._indented(f"[yellow]│ Not yet on record: {_headed(notice, zone)}")
        if undone:
            was, now = before.content, after.content
            self._altered(moves(was, now), alter(was.data or {}, now.data or {}), zone)

    def _heading(self, view: View, zone: ZoneInfo) -> None:
        story = view.story
        status = {"live": "[bold white on red] LIVE [/]", "ended": "ended", "open": "open"}[story.status]
        self._print(f"[bold]{_safe(story.title)}[/]  {status}")
        place = "before its first event" if view.recorded_at is None else f"version {story.version}"
        moments = [place, f"times in {story.timezone}"]
        if view.vantage.as_of is not None and view.recorded_at is not None:
            moments.insert(0, f"as published by {_plain(clockwords.full(view.recorded_at, zone))}")
        if view.vantage.at is not None:
            moments.insert(0, f"what had happened by {_plain(clockwords.full(view.vantage.at, zone))}")
        self._print(f"[dim]{' · '.join(moments)}[/]")
        if view.imported_at:
            imported = _plain(clockwords.full(view.imported_at, zone))
            here, until = (" and told on here since", " until then") if view.is_told_on else ("", "")
            self._print(f"[dim]imported at {imported}{here}; its publication times{until} are the file's own[/]")

    def _ceremony(self, board: JsonObject) -> None:
        self._rule(PHASES.get(board["phase"]))
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        for category in board["categories"]:
            winners = [f"[bold yellow]★ {_safe(named(each))}[/]" for each in category["winners"]]
            open_ = f"[dim]{counted(len(category['nominees']), 'nominee')}[/]"
            table.add_row(_safe(category["name"]), "\n".join(winners) or open_)
        self._console.print(table)
        self._print()
        tally = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        tally.add_column("Film")
        tally.add_column("Won", justify="right")
        tally.add_column("Nominated", justify="right")
        for row in board["tally"]:
            tally.add_row(_safe(row["film"]), str(row["wins"]), str(row["nominations"]))
        self._console.print(tally)
        for each in board["contradictions"]:
            self._print(f"[yellow]! {_safe(each['message'])}[/]")

    def _board(self, board: JsonObject) -> None:
        for name, value in board.items():
            self._rule(label(name))
            for line in value if isinstance(value, list) else [value]:
                self._print(_safe(in_words(line)))

    def _timeline(self, entries: Sequence[Entry], zone: ZoneInfo) -> None:
        heading = None
        for entry in entries:
            day = _plain(clockwords.heading(entry.content, zone))
            if day != heading:
                self._rule(day)
                heading = day
            self._entry(entry, zone)

    def _entry(self, entry: Entry, zone: ZoneInfo, since: int = 0) -> None:
        """Show an entry, with the changes that came after a version."""
        fact = entry.fact
        marks = "".join(mark for mark, on in (("★ ", fact.key), ("⚑ ", fact.pinned)) if on)
        style = {"retracted": "strike dim", "taken_down": "dim"}.get(fact.status, "bold" if fact.key else "default")
        headline = f"{marks}[{style}]{_safe(entry.headline or 'This entry was taken down')}[/]"
        moment = _plain(clockwords.happened(entry.content, zone))
        if entry.is_late:
            headline += (
                f"  [dim]published {_plain(clockwords.published(fact.recorded_at, zone, fact.occurred_at))}[/]"
            )
        table = Table.grid(padding=(0, 1))
        table.add_column(width=17, no_wrap=True)
        table.add_column(ratio=1)
        table.add_column(justify="right", style="dim", no_wrap=True)
        table.add_row(moment, headline, f"#{fact.version}")
        self._console.print(table)
        if entry.quotation:
            self._indented(f"[italic]“{_safe(' '.join(entry.quotation.paragraphs))}”[/]")
            self._indented(f"— {_safe(' · '.join(filter(None, (entry.quotation.speaker, entry.quotation.where))))}")
        if entry.body:
            self._console.print(Padding(_set_prose(entry.body), (0, 0, 0, 18)))
        for notice in entry.notices:
            if notice.change.version > since:
                self._notice(notice, zone)

    def _notice(self, notice: Notice, zone: ZoneInfo) -> None:
        self._indented(f"[yellow]│ {_headed(notice, zone)}")
        self._altered(notice.moved, notice.alterations, zone)

    def _altered(
        self, moved: tuple[Content, Content] | None, alterations: Sequence[Alteration], zone: ZoneInfo
    ) -> None:
        for each in alterations:
            was, now = (_safe(detail.text if detail else "–") for detail in (each.was, each.now))
            self._indented(f"[yellow]│[/] {_safe(each.field)} was: [red]{was}[/]")
            self._indented(f"[yellow]│[/] {' ' * len(each.field)} now: [green]{now}[/]")
        if moved:
            was, now = (_plain(clockwords.happened_in_full(each, zone)) for each in moved)
            self._indented(f"[yellow]│[/] moved from {was} to {now}")

    def _indented(self, text: str) -> None:
        self._console.print(Padding(text, (0, 0, 0, 18)))

    def _rule(self, title: str | None) -> None:
        self._print()
        self._console.print(Rule(f"[bold]{_safe(title)}[/]", align="left", style="dim"))

    def _print(self, text: str = "") -> None:
        self._console.print(text)


class _Rate(ProgressColumn):
    """How many events of a task went by in a second."""

    def render(self, task: Task) -> Text:
        rate = task.fields["events"] / task.elapsed if task.elapsed else 0
        return Text(f"{rate:,.0f} events/s", style="progress.data.speed")


def _headed(notice: Notice, zone: ZoneInfo) -> str:
    """Return what a change is called, when it came and why, behind a yellow mark that ends with its time."""
    change = notice.change
    when = _plain(clockwords.clock(change.recorded_at, zone))
    reason = " — ".join(_safe(text) for text in (change.basis, change.note) if text)
    return f"{notice.label} at {when}[/] [dim]#{change.version}[/]  {reason}"


def _set_prose(text: str) -> Markdown:
    """Return Markdown as the terminal shows it: by the same reading as the page's."""
    prose = Markdown("")
    prose.parsed = parse_prose(printable(text))
    return prose


def _plain(words: Any) -> str:
    """Return words made for a page without their element."""
    return str(words.striptags())


def _safe(text: str | None) -> str:
    """Return a text that can neither style nor steer the terminal."""
    return escape(printable(text or ""))


def printable(text: str) -> str:
    """Return a text without what would steer a terminal."""
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)


def harmless_json(value: Any, indent: int | None = None) -> str:
    """Return JSON in which whatever would steer a terminal stands as its number."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
