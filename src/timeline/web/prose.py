"""Prose: an entry's Markdown as HTML that cannot run, load or frame anything, or as the words that it comes to."""

from collections.abc import Collection, Iterator, Sequence
from typing import Final

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


def read_prose(text: str, *, untold: Collection[str]) -> str:
    """Return what is read of Markdown, without its marks; behind a link its address, but for those left untold."""
    blocks = (_block(token, untold) for token in _MARKDOWN.parse(text))
    return "\n\n".join(filter(None, blocks))


def addresses(text: str) -> frozenset[str]:
    """Return to where the links of Markdown lead."""
    inline = (child for token in _MARKDOWN.parse(text) for child in token.children or ())
    return frozenset(str(child.attrGet("href")) for child in inline if child.type == "link_open")


def _block(token: Token, untold: Collection[str]) -> str:
    if token.type == "inline":
        return "".join(_read(token.children or (), untold))
    return token.content.strip("\n")  # Code, or nothing.


def _read(tokens: Sequence[Token], untold: Collection[str]) -> Iterator[str]:
    told = ""
    for token in tokens:
        match token.type:
            case "link_open":
                address = str(token.attrGet("href"))
                # What is written as an address says it already.
                told = "" if address in untold or token.info == "auto" else f" ({address})"
            case "link_close":
                yield told
            case "softbreak" | "hardbreak":
                yield "\n"
            case _:
                yield token.content


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
