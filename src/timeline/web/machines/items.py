"""Items: what every format tells of a fact, in one wording."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from lxml import html

from timeline.domain.fact import Fact
from timeline.entries import Entry, Notice
from timeline.web.prose import set_prose

PUBLISHER: Final = "Timeline"
LENGTH: Final = 100
"""So many items make a page of a feed."""


@dataclass(frozen=True, slots=True)
class Remark:
    """A change that the reader must know of, with the trade's word for it and its reason."""

    label: str
    text: str
    recorded_at: datetime
    version: int


def urn(id_: UUID) -> str:
    """Return the identifier of whatever has this id: the same whatever host is asked."""
    return f"urn:uuid:{id_}"


def title_of(entry: Entry) -> str:
    """Return the headline; that of a retracted fact is marked, and a taken-down one has none."""
    match entry.fact.status:
        case "taken_down":
            return "This entry was taken down"
        case "retracted":
            return f"Retracted: {entry.headline}"
        case _:
            return entry.headline or ""


def text_of(entry: Entry) -> str:
    """Return what an entry says beyond its headline, as plain text; nothing once it is withdrawn."""
    if not entry.fact.stands:
        return ""
    quotation = entry.quotation
    said = [f"“{chr(10).join(quotation.paragraphs)}”", quotation.speaker] if quotation else []
    return "\n\n".join(part for part in (*said, *plain(entry.body)) if part)


def plain(markdown: str) -> list[str]:
    """Return the paragraphs of a Markdown text without their markup."""
    if not markdown.strip():
        return []
    blocks = html.fragment_fromstring(set_prose(markdown), create_parent="div")
    return [words for block in blocks if (words := " ".join(block.text_content().split()))]


def remarks_on(entry: Entry) -> tuple[Remark, ...]:
    """Return the changes of a fact but for minor edits, in the order of the record."""
    return tuple(_remark(notice) for notice in entry.notices if not notice.is_minor)


def modified_at(fact: Fact) -> datetime:
    """Return when the fact was last changed, by the record clock."""
    return fact.history[-1].recorded_at if fact.history else fact.recorded_at


def _remark(notice: Notice) -> Remark:
    change = notice.change
    reasons = (f"Basis: {change.basis}." if change.basis else "", change.note)
    text = " ".join(reason for reason in reasons if reason) or f"{notice.label}."
    return Remark(notice.label, text, change.recorded_at, change.version)
