"""The way into `timeline`, light enough to be there before anything else is imported."""

import os
import signal
import sys

from timeline.cli import INTERRUPTED


def main() -> None:
    """Run the command line."""
    is_heard = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_heard:  # An exception would show what is being imported, or be taken for a fault of it.
        signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    from timeline.cli.commands import timeline  # noqa: PLC0415 — it takes half a second, in which one may interrupt.

    for stream in (sys.stdout, sys.stderr):  # The texts are UTF-8, whatever the terminal's locale says.
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(encoding="utf-8", errors="replace")
    if is_heard:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    timeline()
