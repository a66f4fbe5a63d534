"""oEmbed (oembed.com): how another site shows a story in a frame."""

from typing import Final

from markupsafe import Markup

from timeline.domain.ijson import JsonObject
from timeline.web.machines.items import PUBLISHER

WIDTH: Final = 600
HEIGHT: Final = 480
CACHE_SECONDS: Final = 300


def oembed(title: str, frame: str, root: str, width: int | None, height: int | None) -> JsonObject:
    """Return the way to embed; `frame` is the address to show, `width` and `height` the room that the site has."""
    size = min(width or WIDTH, WIDTH), min(height or HEIGHT, HEIGHT)
    return {
        "type": "rich",
        "version": "1.0",
        "title": title,
        "provider_name": PUBLISHER,
        "provider_url": f"{root}/",
        "cache_age": CACHE_SECONDS,
        "width": size[0],
        "height": size[1],
        "html": str(_FRAME.format(frame, *size, title)),
    }


_FRAME: Final = Markup(
    '<iframe src="{}" width="{}" height="{}" title="{}" loading="lazy"'
    ' sandbox="allow-popups allow-popups-to-escape-sandbox" style="border:0;max-width:100%"></iframe>'
)
