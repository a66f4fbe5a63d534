"""`timeline`: the group of commands, and how refusals and interruptions end them."""

from typing import Any, Final

import click
from click.exceptions import Exit

from timeline.cli import INTERRUPTED, operating, people, reading, writing
from timeline.cli.terminal import printable
from timeline.domain.errors import Faulty, Refusal

COMMANDS: Final = (*reading.COMMANDS, *writing.COMMANDS, *operating.COMMANDS, *people.COMMANDS)


class _Timeline(click.Group):
    """A group that tells a refusal in its own words and ends with 1; wrong usage ends with 2, an interruption 130."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [str(command.name) for command in COMMANDS]

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Refusal as refusal:
            raise click.ClickException(printable(_told(refusal))) from refusal
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise
            raise click.ClickException(str(error)) from error
        except (KeyboardInterrupt, click.Abort):  # The latter while something is asked for.
            raise Exit(INTERRUPTED) from None


@click.group(cls=_Timeline)
@click.version_option(package_name="timeline")
def timeline() -> None:
    """Keep a news story as an append-only record, and show it as it was at any moment.

    Settings come from the environment: TIMELINE_DATABASE_URL, TIMELINE_HOST, TIMELINE_PORT, TIMELINE_THREADS,
    TIMELINE_WORKERS, TIMELINE_WORKER, TIMELINE_PROXIES, TIMELINE_ACTOR, TIMELINE_OIDC_ISSUER,
    TIMELINE_OIDC_CLIENT_ID, TIMELINE_OIDC_CLIENT_SECRET.

    Exit codes: 0 done, 1 refused (nothing was written), 2 usage, 130 interrupted.
    """


for _command in COMMANDS:
    timeline.add_command(_command)


def _told(refusal: Refusal) -> str:
    if isinstance(refusal, Faulty) and len(refusal.faults) > 1:
        head = str(refusal).partition(": ")[0]
        return "\n  ".join([f"{head}:", *map(str, refusal.faults)])
    return str(refusal)
