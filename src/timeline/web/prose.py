"""Prose: an entry's Markdown as HTML that cannot run, load or frame anything, or as the words that it comes to."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

_TAGS: Final = {"a", "blockquote", "br", "code", "em", "hr", "li", "ol", "p", "pre", "strong", "ul"}
_ATTRIBUTES: Final = {"a": {"href"}, "ol": {"start"}}
_SCHEMES: Final = {"http", "https", "mailto"}


class Span(NamedTuple):
    """Words of Markdown, and to where they lead if they are a link."""

    words: str
    address: str = ""


def set_prose(text: str) -> Markup:
    """Return Markdown as safe HTML: an allow-list of tags; headings become crossheads, pictures their words."""
    return Markup(  # noqa: S704 - nh3 has just made it safe.
        nh3.clean(
            _MARKDOWN.render(text),
            tags=_TAGS,
            attributes=_ATTRIBUTES,
            allowed_classes={"p": {"crosshead"}},
            url_schemes=_SCHEMES,
            link_rel="nofollow noopener",
        )
    )


def read_prose(text: str) -> list[list[Span]]:
    """Return what is read of Markdown, block by block, without its marks."""
    blocks = [_block(token) for token in parse_prose(text)]
    return [block for block in blocks if any(span.words for span in block)]


def parse_prose(text: str) -> list[Token]:
    """Return the tokens of Markdown, for whoever sets it otherwise: HTML is no more than its letters there, too."""
    return _MARKDOWN.parse(text)


def _block(token: Token) -> list[Span]:
    if token.type == "inline":
        return list(_spans(token.children or ()))
    return [Span(token.content.strip("\n"))]  # Code, or nothing.


def _spans(tokens: Sequence[Token]) -> Iterator[Span]:
    words = address = ""
    for token in tokens:
        match token.type:
            case "link_open":
                yield Span(words)
                # What is written as an address says it already.
                words, address = "", "" if token.info == "auto" else str(token.attrGet("href"))
            case "link_close":
                yield Span(words, address)
                words = address = ""
            case "softbreak" | "hardbreak":
                words += "\n"
            case _:
                words += token.content
    yield Span(words)


def _words_of_picture(_: RendererHTML, tokens: Sequence[Token], place: int, *__: OptionsDict | EnvType) -> str:
    return escapeHtml(tokens[place].content)


def _crosshead(renderer: RendererHTML, tokens: Sequence[Token], place: int, options: OptionsDict, _: EnvType) -> str:
    """Set a heading as a paragraph: the page's own headings are those of its entries."""
    tokens[place].tag = "p"
    tokens[place].attrSet("class", "crosshead")
    return renderer.renderToken(tokens, place, options, {})


def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False})
    markdown.add_render_rule("image", _words_of_picture)
    markdown.add_render_rule("heading_open", _crosshead)
    markdown.add_render_rule("heading_close", _crosshead)
    return markdown


_MARKDOWN: Final = _markdown()
