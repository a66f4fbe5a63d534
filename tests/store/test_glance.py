"""A glance at where records end: cheap, shared by all who wait for it, and never behind what was acknowledged."""

from concurrent.futures import ThreadPoolExecutor

from newsroom import STORY, Newsroom, opening, report
from timeline.store.glance import Glance


def test_a_glance_tells_kind_and_version_and_leaves_out_what_is_unknown(newsroom: Newsroom) -> None:
    newsroom.desk.open("another", opening("general", "Another"), actor="desk")
    newsroom.publish(report("Anora leads"))
    glance = Glance(newsroom.database)

    assert glance([STORY]) == {STORY: ("ceremony", 2)}
    assert glance([STORY, "another", "no-such-story"]) == {STORY: ("ceremony", 2), "another": ("general", 1)}
    assert glance(["no-such-story"]) == {}


def test_whoever_glances_while_others_do_sees_what_was_acknowledged_before(newsroom: Newsroom) -> None:
    glance = Glance(newsroom.database)
    acknowledged, last = [1], 30

    def watch(_: int) -> list[tuple[int, int]]:
        seen: list[tuple[int, int]] = []
        while not seen or seen[-1][1] < last:
            before = acknowledged[-1]
            seen.append((before, glance([STORY])[STORY][1]))
        return seen

    with ThreadPoolExecutor(6) as watchers:
        watching = watchers.map(watch, range(6))
        while acknowledged[-1] < last:
            acknowledged.append(newsroom.publish(report("News"))[-1].version)
        seen = [each for found in watching for each in found]

    assert all(before <= version for before, version in seen)
