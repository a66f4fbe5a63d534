"""The desk's pages: where people sign in, report, correct and retract."""

from typing import Final

from timeline.web.desk import account, amend, composer, door, home, opening, people, proof, sso, takedowns, trail

BLUEPRINTS: Final = (
    door.blueprint,
    home.blueprint,
    account.blueprint,
    amend.blueprint,
    composer.blueprint,
    opening.blueprint,
    people.blueprint,
    proof.blueprint,
    sso.blueprint,
    takedowns.blueprint,
    trail.blueprint,
)
"""All pages of the desk; every one of them is behind `timeline.web.desk.guard`."""
