"""The commands of whoever runs the service: serve, migrate, doctor."""

from typing import Final

import click

from timeline.cli.newsroom import open_database, open_desk
from timeline.cli.reading import Unsound
from timeline.cli.terminal import Terminal
from timeline.desk import Desk, utc_now
from timeline.domain.errors import Fault
from timeline.domain.vantage import NOTHING
from timeline.entries import counted
from timeline.places import STORIES
from timeline.settings import BadSettings, read_settings
from timeline.store import rebuilding, record, schema
from timeline.store.audit import audit, hidden
from timeline.store.invitations import invite_first
from timeline.store.people import ANY, Role, people
from timeline.store.shredding import is_left_to_others
from timeline.story_files import import_file


@click.command()
def serve() -> None:
    """Serve the pages and the API; a new database gets the tables and the stories of the package.

    While nobody can sign in, it prints a link with which the first of all lets themselves in.
    """
    settings = read_settings()
    if settings.worker == "gevent":
        _go_green()
    from timeline.cli.server import Server, refuse_unfit  # noqa: PLC0415 — no other command should wait for a web server.

    refuse_unfit(settings)
    database = open_database()
    schema.prepare(database)
    secret = None
    if not people(database):
        _furnish(Desk(database))
        secret = invite_first(database, ANY, Role.ADMIN, utc_now())
    database.engine.dispose()
    Server(settings, secret).run()


def _go_green() -> None:
    """Let whatever waits in this process hold up itself alone; whoever waits must be imported after that."""
    try:
        from gevent import monkey  # noqa: PLC0415 — an optional extra.
    except ModuleNotFoundError:
        missing = Fault("TIMELINE_WORKER", 'gevent is not installed: pip install "timeline[gevent]"')
        raise BadSettings("the settings cannot be used", [missing]) from None
    monkey.patch_all()


def _furnish(desk: Desk) -> None:
    """Give a new database the stories of the package; where other stories are, ours are not wanted.

    A first start that was cut short is finished by the next one.
    """
    present = {head.slug for head in desk.heads()}
    ours = {path.stem: path for path in sorted(STORIES.glob("*.jsonl"))}
    for slug in ours if present <= set(ours) else ():
        if slug not in present:
            click.echo(f"Imported {import_file(desk, ours[slug]).slug}.")


@click.command()
def migrate() -> None:
    """Bring the database to the form that this code needs."""
    changed = schema.migrate(open_database())
    click.echo("The database is migrated." if changed else "The database needs no migration.")


@click.command()
@click.argument("slugs", nargs=-1)
def rebuild(slugs: tuple[str, ...]) -> None:
    """Make the index of the stories named, or of all, anew from their records, beside the one that is in use.

    The two are compared, and the new one takes the place of an old one that differs. Readers notice nothing.
    """
    desk = open_desk()
    heads = [desk.head(slug) for slug in slugs] if slugs else desk.heads()
    for head in heads:
        with Terminal(stderr=True).progress(head.slug, head.version) as advance:
            rebuilt = rebuilding.rebuild(desk.database, head.slug, lambda done: advance(done, done))
        desk.view(head.slug, window=NOTHING)  # The digests are made with it, not for the first reader.
        click.echo(f"{head.slug}: {counted(rebuilt.rows, 'fact version')}; {_found(rebuilt.differing)}.")


def _found(differing: int) -> str:
    if differing == 1:
        return "1 row differed, and is replaced"
    return f"{differing:,} rows differed, and are replaced" if differing else "none differed"


@click.command()
@click.option("--shred", is_flag=True, help="First remove what takedowns have left in the files.")
def doctor(shred: bool) -> None:
    """Look whether the database is whole: its form, its guards, and every event of every record.

    It changes nothing. With --shred it first empties or rewrites the files in which text that was taken down may be
    left, if the server's log says so; PostgreSQL's tables cannot be read meanwhile.
    """
    desk = open_desk()
    if shred:
        desk.database.shred()
    gates = schema.open_gates(desk.database)
    with desk.database.reading() as connection:
        missing = schema.missing_triggers(connection)
        faults = [f"the trigger {name} is missing: the database does not guard the record" for name in missing]
        faults += [f"the database does not refuse `{change}`" for change in gates]
        faults += hidden(connection)
        heads = record.heads(connection)
        for head in heads:
            faults += audit(connection, head)
        is_left = is_left_to_others(connection)
    if faults:
        raise Unsound("\n  ".join([f"{counted(len(faults), 'fault')} in {desk.database.engine.url!r}:", *faults]))
    stories = counted(len(heads), "story", "stories")
    events = counted(sum(head.version for head in heads), "event")
    click.echo(f"All is well: {stories}, {events}, {desk.database.engine.url!r}.")
    if is_left:
        click.echo("What was taken down may still be in files: `VACUUM FULL draft, digest, event`, in a quiet hour.")


COMMANDS: Final = (serve, migrate, rebuild, doctor)
