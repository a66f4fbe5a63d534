"""Pictures of cards: 1200 × 630 pixels as PNG, because the services that show them take nothing else."""

from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from timeline.web.machines.cards import Card
from timeline.web.machines.items import PUBLISHER

SIZE: Final = (1200, 630)
PAPER, INK, SOFT, ACCENT = "#fcfaf5", "#1b1a17", "#5c574d", "#9c1430"
MARGIN: Final = 72
WIDTH: Final = SIZE[0] - 2 * MARGIN
LINES: Final = 4
"""So many lines a headline may have."""


def can_draw(card: Card) -> bool:
    """Whether the face has every letter of a card: boxes in place of a name would be worse than no picture."""
    return all(_has(character) for character in card.kicker + card.title + card.line if not character.isspace())


def draw(card: Card) -> bytes:
    """Return the picture of a card."""
    picture = Image.new("RGB", SIZE, PAPER)
    pen = ImageDraw.Draw(picture)
    pen.text((MARGIN, 48), PUBLISHER, INK, _face("Bold", 34))
    pen.line([(MARGIN, 104), (SIZE[0] - MARGIN, 104)], INK, 4)
    pen.line([(MARGIN, 111), (SIZE[0] - MARGIN, 111)], INK, 1)
    pen.text((MARGIN, 134), _fitting(card.kicker, _face("Semibold", 32)), ACCENT, _face("Semibold", 32))
    lines, face = _set_title(card.title)
    top = 196
    for line in lines:
        pen.text((MARGIN, top), line, INK, face)
        top += round(face.size * 1.14)
    pen.text((MARGIN, SIZE[1] - 84), _fitting(card.line, _face("Regular", 32)), SOFT, _face("Regular", 32))
    stream = BytesIO()
    picture.quantize(48, method=Image.Quantize.FASTOCTREE).save(stream, "PNG")
    return stream.getvalue()


def _set_title(title: str) -> tuple[list[str], ImageFont.FreeTypeFont]:
    """Return the lines of a headline in the largest size in which it fits; the last one is cut if none does."""
    for size in (84, 72, 62, 54):
        face = _face("Bold", size)
        lines = _lines(title, face)
        if len(lines) <= LINES and len(lines) * size * 1.14 < SIZE[1] - 196 - 100:
            return lines, face
    return [*lines[: LINES - 1], _fitting(" ".join(lines[LINES - 1 :]), face)], face


def _lines(text: str, face: ImageFont.FreeTypeFont) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and face.getlength(longer) <= WIDTH:
            lines[-1] = longer
        else:
            lines.append(_fitting(word, face))
    return lines


def _fitting(text: str, face: ImageFont.FreeTypeFont) -> str:
    """Return as much of a line as there is room for."""
    if face.getlength(text) <= WIDTH:
        return text
    length = next(length for length in range(len(text), -1, -1) if face.getlength(f"{text[:length]}…") <= WIDTH)
    return f"{text[:length].rstrip()}…"


@cache
def _face(weight: str, size: int) -> ImageFont.FreeTypeFont:
    folder = files("font_source_serif_pro").joinpath("files")
    return ImageFont.truetype(BytesIO(folder.joinpath(f"SourceSerifPro-{weight}.ttf").read_bytes()), size)


@cache
def _has(character: str) -> bool:
    return _shape(character) != _shape("\U0010fffd")


def _shape(character: str) -> bytes:
    return bytes(_face("Regular", 32).getmask(character))
