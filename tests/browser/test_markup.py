"""What a browser is sent: markup without an error, little of it, and nothing from elsewhere."""

import gzip
import re
import subprocess
from email.message import Message
from pathlib import Path
from typing import Final
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from lxml import html
from playwright.sync_api import Browser

from audited import NIGHT, PAGES, auditor
from audited_desk import DESK_PAGES, Met
from commands import CHECKOUT
from newsroom import opened
from sites import Site
from timeline.desk import Desk
from timeline.web.app import create_app

pytestmark = pytest.mark.long

STATIC: Final = CHECKOUT / "src" / "timeline" / "web" / "static"
KB: Final = 1024


def read(site: Site, path: str) -> tuple[Message, bytes]:
    """Return a page, be it a refusal, with its headers."""
    try:
        with urlopen(site.url + path) as answer:
            return answer.headers, answer.read()
    except HTTPError as refusal:
        with refusal:
            return refusal.headers, refusal.read()


def gzipped(pattern: str) -> int:
    """Return the size of a reader’s files, or of the desk’s where the pattern begins with its name."""
    paths = (path for path in STATIC.glob(pattern) if path.stem != "desk" or pattern.startswith("desk"))
    return sum(len(gzip.compress(path.read_bytes(), 6)) for path in paths)


def test_the_w3c_checker_finds_no_error(audited: Site, met: dict[str, Met], tmp_path: Path) -> None:
    checker = auditor("java", "vnu-jar", "build", "dist", "vnu.jar")
    for kind, path in PAGES.items():
        (tmp_path / f"{kind}.html").write_bytes(read(audited, path)[1])
    for kind, found in met.items():
        (tmp_path / f"desk, {kind}.html").write_bytes(found.body)
    sheets = [*STATIC.glob("*.css"), *STATIC.glob("*.svg")]

    options = ["--errors-only", "--also-check-css", "--also-check-svg", "--format", "gnu"]
    checked = subprocess.run(
        [*checker, *options, *sheets, *tmp_path.iterdir()], capture_output=True, check=False, text=True
    )

    assert (checked.returncode, checked.stderr) == (0, ""), checked.stderr


def test_all_the_scripts_are_at_most_15_kb() -> None:
    assert gzipped("*.js") <= 15 * KB


def test_all_the_style_sheets_are_at_most_12_kb() -> None:
    assert gzipped("*.css") <= 12 * KB


def test_the_desk_adds_at_most_8_kb_of_script_and_5_kb_of_style() -> None:
    assert gzipped("desk.js") <= 8 * KB
    assert gzipped("desk.css") <= 5 * KB


def test_a_page_with_50_entries_is_at_most_60_kb_with_all_that_it_loads(chromium: Browser, audited: Site) -> None:
    sizes: dict[str, int] = {}
    with chromium.new_context() as context:
        page = context.new_page()
        page.on("requestfinished", lambda asked: sizes.update({asked.url: asked.sizes()["responseBodySize"]}))
        page.goto(audited.url + NIGHT, wait_until="networkidle")

        assert page.locator("article[id^=fact-]").count() >= 50
    assert len(sizes) >= 3
    assert sum(sizes.values()) <= 60 * KB, sizes


def test_no_page_asks_another_host(chromium: Browser, audited: Site) -> None:
    asked: list[str] = []
    with chromium.new_context() as context:
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        for path in PAGES.values():
            page.goto(audited.url + path)
        page.wait_for_timeout(300)

    assert len(asked) > len(PAGES)
    assert [url for url in asked if not url.startswith(f"{audited.url}/")] == []


@pytest.mark.parametrize("kind", PAGES)
def test_no_script_or_style_stands_in_a_page_and_its_policy_allows_none(audited: Site, kind: str) -> None:
    headers, body = read(audited, PAGES[kind])
    (policy,) = headers.get_all("Content-Security-Policy") or []

    check_policy(policy, body)


@pytest.mark.parametrize("kind", DESK_PAGES)
def test_at_the_desk_every_page_is_as_strict_and_answers_as_it_should(met: dict[str, Met], kind: str) -> None:
    found = met[kind]

    assert found.status == DESK_PAGES[kind].status
    check_policy(found.headers["Content-Security-Policy"], found.body)


def test_every_page_of_the_desk_is_audited(met: dict[str, Met], sqlite_url: str) -> None:
    with opened(sqlite_url) as database:
        app = create_app(Desk(database))
    find = app.url_map.bind("localhost")
    shown = (
        rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/desk") and "GET" in (rule.methods or ())
    )
    there = {rule.endpoint for rule in shown}

    audited = {find.match(urlsplit(found.url).path)[0] for kind, found in met.items() if not DESK_PAGES[kind].form}

    assert there
    assert there - audited == set()


def check_policy(policy: str, body: bytes) -> None:
    page = html.document_fromstring(body)
    assert policy.startswith("default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; ")
    assert not re.search("unsafe|https?:|data:", policy)
    assert page.xpath("//script[not(@src) and not(@type='application/ld+json')] | //style | //base") == []
    assert page.xpath("//@*[name()='style' or starts-with(name(), 'on') or starts-with(., 'javascript:')]") == []
