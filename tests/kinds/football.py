"""A kind that is no part of the package: a football match."""

from timeline.domain.event import Line
from timeline.domain.fact import Fact, Sum
from timeline.kinds.kind import FactData, Kind


class KickedOff(FactData):
    home: Line
    away: Line


class GoalScored(FactData):
    team: Line
    scorer: Line
    own_goal: bool = False


def part(fact: Fact) -> Sum | None:
    """Return the goals of a fact, by team."""
    match KIND.read(fact):
        case KickedOff(home=home, away=away):
            return {home: 0, away: 0}
        case GoalScored(team=team):
            return {team: 1}
        case _:
            return None


def join(earlier: Sum, later: Sum) -> Sum:
    """Return the goals of two parts of a match."""
    return earlier | {team: earlier.get(team, 0) + goals for team, goals in later.items()}


def headline(data: FactData) -> str:
    """Write the headline of a fact that brings none."""
    match data:
        case KickedOff(home=home, away=away):
            return f"{home} against {away} is under way"
        case GoalScored(team=team, scorer=scorer, own_goal=own_goal):
            return f"{scorer} scores for {team}" + (" (own goal)" if own_goal else "")
        case _:
            return data.headline


KIND = Kind(
    name="football",
    revision=1,
    models={"match.kicked_off": KickedOff, "goal.scored": GoalScored},
    part=part,
    join=join,
    board=lambda total: {"score": total or {}},
    headline=headline,
)
