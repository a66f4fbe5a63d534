"""Cards: what is shown of a page where somebody shares its address (Open Graph), and its picture."""

from dataclasses import dataclass

from timeline.clockwords import happened_in_full, zone_of
from timeline.domain.story import Story
from timeline.domain.vantage import PRESENT
from timeline.entries import Entry
from timeline.views import View
from timeline.web.machines.items import text_of, title_of
from timeline.web.scoreboard import phase


@dataclass(frozen=True, slots=True)
class Card:
    """What the picture says, from above; `description` is for the words beside it."""

    kicker: str
    title: str
    line: str
    description: str


def story_card(view: View, story: Story) -> Card:
    """Return a story's card; `story` as it was called when the view ends, so that it tells nothing later."""
    live = "Live" if view.vantage == PRESENT else "Live at the time"
    status = {"live": live, "ended": "Coverage ended"}.get(story.status, "")
    kicker = " · ".join(part for part in (status, phase(view.board)) if part and view.story.version)
    summary = (story.summary or "") if view.story.version else ""
    return Card(kicker, story.title, view.kind.summary(view.board), summary)


def fact_card(story: Story, entry: Entry) -> Card:
    """Return an entry's card: what it is called now, and when it happened."""
    when = str(happened_in_full(entry.content, zone_of(story)).striptags())
    badges = ("Key moment",) if entry.fact.key else ()
    return Card(" · ".join((*badges, *entry.badges)), title_of(entry), f"{story.title} · {when}", text_of(entry))
