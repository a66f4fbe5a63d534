"""The head: what the reader's pages carry for other programs. To be called in a request's context."""

from datetime import datetime

from markupsafe import Markup

from timeline.clockwords import canonical
from timeline.domain.story import Story
from timeline.views import View
from timeline.web.machines import picture
from timeline.web.machines.addresses import addresses
from timeline.web.machines.cards import Card
from timeline.web.machines.linked_data import live_blog
from timeline.web.pieces import Setting


def linked_data(view: View, story: Story, setting: Setting) -> Markup:
    """Return the JSON-LD of a story's page."""
    return live_blog(view, story, addresses(view.story.slug), setting)


def card_meta(card: Card, address: str, image: str, published: datetime | None, modified: datetime | None) -> Markup:
    """Return the meta elements of a card; without its picture where the face lacks a letter of it."""
    shown = {
        "og:site_name": "Timeline",
        "og:type": "article",
        "og:title": card.title,
        "og:description": card.description[:300],
        "og:url": address,
        "article:published_time": canonical(published) if published else "",
        "article:modified_time": canonical(modified) if modified else "",
    }
    has_picture = picture.can_draw(card)
    if has_picture:
        width, height = map(str, picture.SIZE)
        shown |= {"og:image": image, "og:image:type": "image/png", "og:image:width": width}
        shown |= {"og:image:height": height, "og:image:alt": " – ".join(filter(None, (card.title, card.line)))}
    element = Markup('<meta property="{}" content="{}">\n')
    twitter = Markup('<meta name="twitter:card" content="{}">\n')
    tags = [element.format(name, value) for name, value in shown.items() if value]
    return Markup("").join([*tags, twitter.format("summary_large_image" if has_picture else "summary")])
