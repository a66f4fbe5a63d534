"""Cards: what services show where the address of a page is shared."""

from io import BytesIO
from typing import Final

import pytest
from flask.testing import FlaskClient
from lxml import html
from PIL import Image

from newsroom import STORY, Newsroom, opening, report, retraction, takedown
from timeline.desk import Desk
from timeline.domain.vantage import Vantage
from timeline.web.machines import cards, picture
from timeline.web.machines.cards import Card

NIGHT: Final = "/stories/89th-academy-awards"


def meta(client: FlaskClient, address: str) -> dict[str, str]:
    page = html.fromstring(client.get(address).text)
    return {each.get("property") or each.get("name"): each.get("content") for each in page.xpath("//meta[@content]")}


@pytest.mark.parametrize(
    "path", ["", "?as_of=154", "?at=2017-02-27T05:02:00Z", "/facts/015a7df3-e3e0-7f0c-a9ef-10fe9da4272c"]
)
def test_a_page_has_a_card_with_a_picture_of_the_size_it_says(reader: FlaskClient, path: str) -> None:
    card = meta(reader, NIGHT + path)
    response = reader.get(card["og:image"])

    assert response.mimetype == "image/png"
    assert Image.open(BytesIO(response.data)).size == (int(card["og:image:width"]), int(card["og:image:height"]))
    assert card["twitter:card"] == "summary_large_image"
    assert card["og:url"].startswith(f"http://localhost{NIGHT}")
    assert card["og:image:alt"].startswith(card["og:title"])
    assert len(response.data) < 60_000


def test_the_card_of_a_replay_tells_nothing_later(reader: FlaskClient) -> None:
    card = meta(reader, f"{NIGHT}?as_of=154")

    assert "Moonlight wins" not in " ".join(card.values())
    assert "as_of=154" in card["og:image"]
    assert reader.get(card["og:image"]).data != reader.get(f"{NIGHT}/card.png").data


def test_what_was_live_at_the_time_is_not_called_live_on_its_card(archive: Desk) -> None:
    view = archive.view("89th-academy-awards", Vantage(as_of=154))

    assert cards.story_card(view, view.story).kicker == "Live at the time · The ceremony is under way"


def test_the_card_of_a_withdrawn_entry_says_so(room: Newsroom, visitor: FlaskClient) -> None:
    wrong, harmful = report("La La Land wins", body="Its seventh."), report("A name", body="The name.")
    room.publish(opening(), wrong, harmful, retraction(wrong), takedown(harmful))

    struck, taken = (meta(visitor, f"/stories/{STORY}/facts/{draft.id}") for draft in (wrong, harmful))

    assert struck["og:title"] == "Retracted: La La Land wins"
    assert "og:description" not in struck
    assert taken["og:title"] == "This entry was taken down"
    assert "name" not in " ".join(taken.values()).replace("site_name", "")


def test_an_entry_in_a_script_that_the_face_lacks_has_a_card_without_a_picture(
    room: Newsroom, visitor: FlaskClient
) -> None:
    entry = report("ドライブ・マイ・カーが受賞")
    room.publish(opening(), entry)
    address = f"/stories/{STORY}/facts/{entry.id}"

    card = meta(visitor, address)

    assert card["og:title"] == "ドライブ・マイ・カーが受賞"
    assert "og:image" not in card
    assert card["twitter:card"] == "summary"
    assert visitor.get(f"{address}/card.png").status_code == 404


@pytest.mark.parametrize("title", ["Émilia Pérez, Łódź, Ağaoğlu – “ñ”", "x" * 500, "word " * 100, ""])
def test_any_headline_of_european_letters_can_be_drawn(title: str) -> None:
    card = Card("Key moment", title, "97th Academy Awards " * 9, "")

    assert picture.can_draw(card)
    assert Image.open(BytesIO(picture.draw(card))).size == picture.SIZE
