"""The command line: words in, lines out. No SQL here, and no rule of the record."""

import signal
from typing import Final

INTERRUPTED: Final = 128 + signal.SIGINT
"""The status of a command that somebody has interrupted, as shells have it."""
