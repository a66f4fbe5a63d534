"""The sitemap and robots.txt: what search engines are told."""

from flask.testing import FlaskClient
from lxml import etree

from documents import NIGHTS
from timeline.clockwords import canonical
from timeline.desk import Desk
from timeline.web.machines.sitemap import SITEMAP


def test_the_sitemap_names_every_story_with_its_last_change(archive: Desk, reader: FlaskClient) -> None:
    response = reader.get("/sitemap.xml")
    urls = {
        url.findtext("{*}loc"): url.findtext("{*}lastmod")
        for url in etree.fromstring(response.data).findall("{*}url")
    }

    assert response.mimetype == "application/xml"
    assert etree.QName(etree.fromstring(response.data)).namespace == SITEMAP
    assert urls == {"http://localhost/": None} | {
        f"http://localhost/stories/{slug}": canonical(archive.head(slug).recorded_at) for slug in NIGHTS
    }
    assert all(reader.get(url).status_code == 200 for url in urls)


def test_robots_may_read_everything_and_are_led_to_the_sitemap(reader: FlaskClient) -> None:
    lines = reader.get("/robots.txt").text.splitlines()

    assert "Sitemap: http://localhost/sitemap.xml" in lines
    assert not [line for line in lines if line.startswith("Disallow")]
