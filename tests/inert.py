"""Whether a page can run, load or frame anything that somebody wrote into it."""

import re
from typing import Final
from urllib.parse import urlsplit

from lxml import etree, html
from lxml.html import HtmlElement
from werkzeug.test import TestResponse

_ADDRESSES: Final = ("href", "src", "action", "formaction", "srcset", "poster", "data", "cite", "background")


def expect_inert(response: TestResponse, *, known: frozenset[str] = frozenset()) -> None:
    """Hold a page to what our templates write; `known` are the hosts that its links may lead to."""
    assert response.status_code < 500, response.text[:500]
    _expect_whole_headers(response)
    if response.mimetype != "text/html" or not response.data:
        return
    page = html.document_fromstring(response.text.replace("\0", "�"))
    for element in page.iter(etree.Element):
        _expect_inert_element(element, known)


def _expect_whole_headers(response: TestResponse) -> None:
    for name, value in response.headers:
        assert not re.search(r"[\r\n\0]", f"{name}{value}"), (name, value)


def _expect_inert_element(element: HtmlElement, known: frozenset[str]) -> None:
    where = html.tostring(element, encoding="unicode")[:300]
    assert element.tag not in ("iframe", "object", "embed", "base", "style", "applet"), where
    assert not [name for name in element.attrib if name.startswith("on") or name in ("style", "srcdoc")], where
    if element.tag == "script":
        assert element.get("src") or element.get("type") == "application/ld+json", where
    for name in _ADDRESSES:
        if address := element.get(name):
            _expect_harmless(element, address, known, where)


def _expect_harmless(element: HtmlElement, address: str, known: frozenset[str], where: str) -> None:
    parts = urlsplit(re.sub(r"[\x00-\x20]", "", address))
    assert parts.scheme in ("", "http", "https", "mailto"), where
    is_ours = parts.hostname in (None, "localhost")
    assert is_ours or (element.tag == "a" and parts.hostname in known), where
