"""The sitemap (sitemaps.org) and robots.txt: which pages there are for a search engine."""

from collections.abc import Iterable
from typing import Final

from lxml import etree

from timeline.clockwords import canonical
from timeline.store.rows import Head
from timeline.web.machines.addresses import Addresses
from timeline.web.machines.xml import add, document

SITEMAP: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"
MOST: Final = 50_000
"""More addresses than this may not stand in one sitemap."""


def sitemap(heads: Iterable[Head], root: str) -> bytes:
    """Return the stories as they are now, the last touched first; their entries are found from there."""
    urls = etree.Element(f"{{{SITEMAP}}}urlset", nsmap={None: SITEMAP})
    add(add(urls, "url"), "loc", f"{root}/")
    for head in list(heads)[: MOST - 1]:
        url = add(urls, "url")
        add(url, "loc", Addresses(root, head.slug).story)
        add(url, "lastmod", canonical(head.recorded_at))
    return document(urls)


def robots(root: str) -> str:
    """Return robots.txt. Replays are not forbidden: who may not fetch them cannot read that they say noindex."""
    return f"User-agent: *\nAllow: /\n\nSitemap: {root}/sitemap.xml\n"
