"""A kind that is no part of the package: a football match."""

from collections.abc import Sequence

from timeline.domain.event import Line
from timeline.domain.fact import Fact
from timeline.domain.ijson import JsonObject
from timeline.kinds.kind import FactData, Kind


class KickedOff(FactData):
    home: Line
    away: Line


class GoalScored(FactData):
    team: Line
    scorer: Line
    own_goal: bool = False


def board(facts: Sequence[Fact]) -> JsonObject:
    """Return the score that the standing facts add up to."""
    score: dict[str, int] = {}
    for fact in facts:
        match KIND.read(fact):
            case KickedOff(home=home, away=away):
                score = {home: 0, away: 0} | score
            case GoalScored(team=team):
                score[team] = score.get(team, 0) + 1
    return {"score": score}


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
    board=board,
    headline=headline,
)
