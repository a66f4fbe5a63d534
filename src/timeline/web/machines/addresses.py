"""Absolute addresses: most formats demand them, and a page's own are relative."""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from flask import request


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a story and all that belongs to it is found, on the host that was asked for it.

    `root` ends without a slash. It comes from the request, so it is good for links to ourselves and for nothing else:
    identifiers are made from the ids on record.
    """

    root: str
    slug: str

    @property
    def story(self) -> str:
        return f"{self.root}/stories/{self.slug}"

    def seen(self, **vantage: str | int | None) -> str:
        """Return the story's address from a vantage, given by `at` and `as_of`."""
        return with_query(self.story, **vantage)

    def fact(self, id_: UUID) -> str:
        return f"{self.story}/facts/{id_}"

    def of(self, name: str, **query: str | int | None) -> str:
        """Return the address of what belongs to the story under a name, such as `feed.atom`."""
        return with_query(f"{self.story}/{name}", **query)

    def oembed(self, url: str) -> str:
        """Return where the way to embed a page is told."""
        return with_query(f"{self.root}/oembed", url=url, format="json")


def with_query(address: str, **query: str | int | None) -> str:
    """Return an address with those arguments that have a value."""
    given = urlencode({name: value for name, value in query.items() if value is not None}, safe=":")
    return f"{address}?{given}" if given else address


def site() -> str:
    """Return the host that this request asked for, with its scheme and without a final slash."""
    return request.url_root.rstrip("/")


def addresses(slug: str) -> Addresses:
    """Return the addresses of a story on the host that this request asked for."""
    return Addresses(site(), slug)
