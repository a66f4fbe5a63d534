"""What a process keeps of what it has answered, and waiting for it to go."""

import time
from collections.abc import Callable

from flask import Flask

from timeline.web.shelf import Shelf


def shelf_of(app: Flask) -> Shelf:
    """Return the shelf of an application."""
    shelf: Shelf = app.extensions["shelf"]
    return shelf


def comes_true(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Wait until a condition holds; return whether it did within so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
