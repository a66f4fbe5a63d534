"""A board is the same however its facts are divided: what the parts come to is joined."""

import json
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinds import football
from newsroom import evening, event, mark, on_record, opening, retraction
from timeline.domain.event import Draft
from timeline.domain.fact import Fact, resolve
from timeline.domain.vantage import on_the_story_clock
from timeline.kinds import ceremony, general
from timeline.kinds.ceremony_desk import boundary
from timeline.kinds.kind import Kind

moments = st.integers(0, 50).map(lambda minute: evening(f"00:{minute:02}"))
categories, headlines = st.sampled_from(["Sound", "Directing"]), st.sampled_from(["It rains", "It pours"])
films, teams = st.sampled_from(["Anora", "Conclave", "Dune"]), st.sampled_from(["Ghana", "Togo"])
people = st.lists(st.sampled_from(["Sean Baker", "李安"]), max_size=2, unique=True)
entries = st.fixed_dictionaries({"category": categories, "film": films, "people": people})
goals = st.fixed_dictionaries({"team": teams, "scorer": st.just("Muntari")})
kick_off = st.just({"home": "Ghana", "away": "Togo"})


def told_as(data: st.SearchStrategy[Any], *types: str) -> st.SearchStrategy[Draft]:
    return st.builds(event, st.sampled_from(types), data, moments)


updates = told_as(st.fixed_dictionaries({"headline": headlines}), "update.reported")
FACTS: dict[str, tuple[Kind, st.SearchStrategy[Draft]]] = {
    "ceremony": (
        ceremony.KIND,
        told_as(entries, "nomination.announced", "award.announced")
        | told_as(st.just({}), "ceremony.began", "ceremony.ended")
        | updates,
    ),
    "general": (general.KIND, updates),
    "football": (
        football.KIND,
        told_as(kick_off, "match.kicked_off") | told_as(goals, "goal.scored") | updates,
    ),
}


@pytest.mark.parametrize(("kind", "reports"), FACTS.values(), ids=FACTS)
@given(data=st.data())
def test_a_board_is_the_same_however_its_facts_are_divided(
    kind: Kind, reports: st.SearchStrategy[Draft], data: st.DataObject
) -> None:
    told = data.draw(st.lists(reports, max_size=20), "told")
    keys = [mark(each, "marked_key") for each in told if data.draw(st.booleans(), "is key")]
    gone = [retraction(each) for each in told if data.draw(st.integers(0, 5), "is retracted") == 0]
    facts = on_the_story_clock(resolve(on_record(opening(), *told, *keys, *gone)))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(facts)), max_size=5), "cuts"))

    whole = kind.add_up(facts)
    parts = [_kept(kind.add_up(facts[first:end])) for first, end in pairwise([0, *cuts, len(facts)])]
    coarser = [_kept(kind.join_all(some)) for some in (parts[:2], parts[2:])]
    total = kind.join_all(coarser)

    assert total == whole
    assert kind.board(total) == kind.board(whole)
    assert total is None or list(kind.cites(total)) == list(kind.cites(whole))


@given(data=st.data())
def test_a_ceremony_comes_to_what_its_facts_say_one_after_the_other_however_they_are_divided(
    data: st.DataObject,
) -> None:
    told = data.draw(st.lists(FACTS["ceremony"][1], max_size=20), "told")
    gone = [retraction(each) for each in told if data.draw(st.integers(0, 5), "is retracted") == 0]
    facts = on_the_story_clock(resolve(on_record(opening(), *told, *gone)))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(facts)), max_size=5), "cuts"))

    parts = [_kept(ceremony.KIND.add_up(facts[first:end])) for first, end in pairwise([0, *cuts, len(facts)])]
    total: Any = ceremony.KIND.join_all(parts)

    standing = [fact for fact in facts if fact.status == "standing"]
    began, ended = ([fact for fact in standing if fact.type == f"ceremony.{what}"] for what in ("began", "ended"))
    board = ceremony.KIND.board(total)
    assert {name: board[name] for name in ("phase", "categories", "tally")} == _one_after_the_other(standing)
    assert (total or {}).get("began") == (boundary(began[0]) if began else None)
    assert (total or {}).get("ended") == (boundary(ended[-1]) if ended else None)


def _one_after_the_other(facts: Iterable[Fact]) -> dict[str, Any]:
    """Return phase, categories and tally, told with neither parts nor joins."""
    phases = {"ceremony.began": "under_way", "ceremony.ended": "over"}
    places = {"nomination.announced": ("nominees", "nominations"), "award.announced": ("winners", "wins")}
    phase, categories, tally = "", dict[str, Any](), dict[str, Any]()
    for fact in facts:
        phase = phases.get(fact.type, phase)
        if fact.type in places and fact.data:
            place, count = places[fact.type]
            name, film, people = (fact.data[each] for each in ("category", "film", "people"))
            category = categories.setdefault(name, {"name": name, "nominees": [], "winners": []})
            category[place].append({"film": film, "people": people})
            tally.setdefault(film, {"film": film, "nominations": 0, "wins": 0})[count] += 1
    is_nominated = any(category["nominees"] for category in categories.values())
    rows = sorted(tally.values(), key=lambda row: (-row["wins"], -row["nominations"], row["film"]))
    phase = phase or ("nominated" if is_nominated else "upcoming")
    return {"phase": phase, "categories": [*categories.values()], "tally": rows}


def _kept(total: object) -> object:
    """Return a sum as it is read again: a digest has it as JSON."""
    return json.loads(json.dumps(total))
