"""The desk's pages: where people sign in, report, correct and retract."""

from typing import Final

from timeline.web.desk import door, home

BLUEPRINTS: Final = (door.blueprint, home.blueprint)
"""All pages of the desk; every one of them is behind `timeline.web.desk.guard`."""
