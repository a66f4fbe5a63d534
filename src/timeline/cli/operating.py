"""The commands of whoever runs the service: serve, migrate, doctor, token."""

from typing import Final

import click

from timeline.cli.newsroom import open_database, open_desk
from timeline.cli.reading import Unsound
from timeline.cli.terminal import printable
from timeline.desk import Desk, utc_now
from timeline.places import STORIES
from timeline.settings import read_settings
from timeline.store import record, schema
from timeline.store.audit import audit, hidden
from timeline.store.tokens import Role, create_token, revoke_token, tokens
from timeline.story_files import import_file

_ROLES = click.Choice([role.name.lower() for role in Role])


@click.command()
def serve() -> None:
    """Serve the pages and the API; a new database gets the tables, the stories of the package, and a token."""
    from timeline.cli.server import Server, refuse_taken  # noqa: PLC0415 — no other command should wait for a web server.

    settings = read_settings()
    refuse_taken(settings)
    database = open_database()
    schema.prepare(database)
    if not any(tokens(database)):
        _furnish(Desk(database))
    database.engine.dispose()
    Server(settings).run()


def _furnish(desk: Desk) -> None:
    """Give a new database the stories of the package and, last of all, its first token.

    A first start that was cut short is finished by the next one; where other stories are, ours are not wanted.
    """
    present = {story.slug for story, _ in desk.stories()}
    ours = {path.stem: path for path in sorted(STORIES.glob("*.jsonl"))}
    for slug in ours if present <= set(ours) else ():
        if slug not in present:
            click.echo(f"Imported {import_file(desk, ours[slug]).slug}.")
    click.echo(f"Desk token, shown this once: {create_token(desk.database, 'desk', Role.ADMIN, utc_now())}")


@click.command()
def migrate() -> None:
    """Bring the database to the form that this code needs."""
    changed = schema.migrate(open_database())
    click.echo("The database is migrated." if changed else "The database needs no migration.")


@click.command()
def doctor() -> None:
    """Look whether the database is whole: its form, its guards, and every event of every record."""
    desk = open_desk()
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
    if faults:
        raise Unsound(
            "\n  ".join(
                [f"{len(faults)} fault{'s' if len(faults) > 1 else ''} in {desk.database.engine.url!r}:", *faults]
            )
        )
    events = sum(head.version for head in heads)
    click.echo(f"All is well: {len(heads)} stories, {events} events, {desk.database.engine.url!r}.")


@click.group()
def token() -> None:
    """Make, list and revoke the tokens that the API asks for."""


@token.command()
@click.argument("name")
@click.option("--role", type=_ROLES, default="contributor", show_default=True)
def create(name: str, role: str) -> None:
    """Make a token for NAME, who will be the actor of what it appends; its text is shown this once."""
    click.echo(create_token(open_desk().database, name, Role[role.upper()], utc_now()))


@token.command("list")
def list_() -> None:
    """List the tokens, without their secrets."""
    for each in tokens(open_desk().database):
        end = f"revoked {each.revoked_at:%Y-%m-%d %H:%M} UTC" if each.revoked_at else "in force"
        made = f"{each.created_at:%Y-%m-%d %H:%M} UTC"
        click.echo(f"{each.id}  {printable(each.name)}  {each.role.name.lower()}  {made}  {end}")


@token.command()
@click.argument("id_", metavar="ID", type=click.IntRange(1, 2**31 - 1))
def revoke(id_: int) -> None:
    """Make a token worthless, by the number that stands in its list."""
    if not revoke_token(open_desk().database, id_, utc_now()):
        raise click.ClickException(f"there is no token {id_} in force")
    click.echo(f"Token {id_} is revoked.")


COMMANDS: Final = (serve, migrate, doctor, token)
