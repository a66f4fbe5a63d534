"""The commands about people: who may sign in at the desk, and the tokens that the API asks for."""

import sys
from datetime import timedelta
from typing import Any, Final

import click

from timeline.cli.newsroom import open_desk
from timeline.cli.terminal import printable
from timeline.desk import utc_now
from timeline.domain.event import check_slug
from timeline.store.acts import COMMAND_LINE
from timeline.store.passwords import hash_password
from timeline.store.people import (
    ANY,
    Role,
    create_person,
    disable,
    enable,
    grant,
    people,
    person_called,
    role_of,
    set_password,
)
from timeline.store.tokens import create_token, revoke_token, tokens


class _Story(click.ParamType[str]):
    """A story's slug, or `*` for all; the story need not be there yet."""

    name = "slug"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return ANY if value == ANY else check_slug(value)


_ROLES = click.Choice([str(each) for each in Role])
_ROLE = click.option("--role", type=_ROLES, default="contributor", show_default=True)
_STORY = click.option("--story", type=_Story(), default=ANY, help="In this story only; in all where it is not given.")


@click.group()
def user() -> None:
    """Let people in at the desk, give them roles, show them out."""


@user.command()
@click.argument("name")
@_ROLE
@_STORY
def create(name: str, role: str, story: str) -> None:
    """Let NAME in, who is the actor of what they append; the password is asked for, or read from standard input."""
    kept = hash_password(_password())
    create_person(open_desk().database, name, story, role_of(role), by=COMMAND_LINE, now=utc_now(), password=kept)
    click.echo(f"{printable(name)} may sign in at /desk.")


@user.command("list")
def list_people() -> None:
    """List the people, with their roles."""
    found = people(open_desk().database)
    if not found:
        click.echo("Nobody was let in yet: let somebody in with `timeline user create`.", err=True)
    for each in found:
        roles = ", ".join(f"{role} in {story}" for story, role in each.roles.items()).replace(ANY, "all stories")
        click.echo(f"{printable(each.name)}  {roles or 'no role'}{'  let in no more' if each.disabled_at else ''}")


@user.command("grant")
@click.argument("name")
@click.argument("role", type=click.Choice([*map(str, Role), "none"]))
@_STORY
def grant_role(name: str, role: str, story: str) -> None:
    """Give NAME another role, in one story or in all; `none` takes it away."""
    database = open_desk().database
    given = None if role == "none" else role_of(role)
    grant(database, person_called(database, name).id, story, given, by=COMMAND_LINE, now=utc_now())


@user.command()
@click.argument("name")
def password(name: str) -> None:
    """Give NAME another password; they are signed out everywhere."""
    database = open_desk().database
    person = person_called(database, name)
    set_password(database, person.id, hash_password(_password()), by=COMMAND_LINE, now=utc_now())


@user.command("disable")
@click.argument("name")
def disable_person(name: str) -> None:
    """Let NAME in no more; their sessions end, their tokens are worthless. What they appended stays."""
    database = open_desk().database
    disable(database, person_called(database, name).id, by=COMMAND_LINE, now=utc_now())


@user.command("enable")
@click.argument("name")
def enable_person(name: str) -> None:
    """Let NAME in again who was shown out, with the roles and tokens that they have."""
    database = open_desk().database
    enable(database, person_called(database, name).id, by=COMMAND_LINE, now=utc_now())


@click.group()
def token() -> None:
    """Make, list and revoke the tokens that the API asks for."""


@token.command("create")
@click.argument("name")
@_ROLE
@_STORY
@click.option("--days", type=click.IntRange(1, 3_650), help="For so long; for good where it is not given.")
def create_(name: str, role: str, story: str, days: int | None) -> None:
    """Make a token for NAME, who will be the actor of what it appends; its text is shown this once."""
    now = utc_now()
    expires_at = now + timedelta(days=days) if days else None
    click.echo(create_token(open_desk().database, name, role_of(role), now, story=story, expires_at=expires_at))


@token.command("list")
def list_tokens() -> None:
    """List the tokens, without their secrets."""
    now, found = utc_now(), tokens(open_desk().database)
    if not found:
        click.echo("There is no token yet: make one with `timeline token create`.", err=True)
    for each in found:
        end = "in force" if each.is_in_force(now) else "worthless"
        end = f"revoked {each.revoked_at:%Y-%m-%d %H:%M} UTC" if each.revoked_at else end
        end += f" until {each.expires_at:%Y-%m-%d %H:%M} UTC" if each.expires_at and not each.revoked_at else ""
        scope = str(each.role) if each.story == ANY else f"{each.role} in {each.story}"
        made = f"{each.created_at:%Y-%m-%d %H:%M} UTC"
        click.echo(f"{each.id}  {printable(each.name)}  {scope}  {made}  {end}")


@token.command()
@click.argument("id_", metavar="ID", type=click.IntRange(1, 2**31 - 1))
def revoke(id_: int) -> None:
    """Make a token worthless, by the number that stands in its list."""
    if not revoke_token(open_desk().database, id_, utc_now()):
        raise click.ClickException(f"there is no token {id_} in force")
    click.echo(f"Token {id_} is revoked.")


def _password() -> str:
    """Return a password: asked for twice at a terminal, else the first line of standard input."""
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


COMMANDS: Final = (user, token)
