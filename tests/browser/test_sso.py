"""Single sign-on in a real browser, whose rules about forms, redirects and cookies no test client has."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from commands import Shell
from provider import Directory, directory
from sites import Site, serving
from timeline.desk import utc_now

pytestmark = pytest.mark.long


@pytest.fixture
def idp() -> Iterator[Directory]:
    with directory(utc_now) as idp:
        yield idp


@pytest.fixture
def site(idp: Directory, sqlite_url: str) -> Iterator[Site]:
    """Run a server whose people have their accounts at the provider."""
    with serving(Shell(sqlite_url), **idp.settings()) as site:
        yield site


def test_the_first_of_all_comes_in_by_the_provider_and_again_after_signing_out(
    site: Site, idp: Directory, page: Page
) -> None:
    page.goto(site.invitation)
    page.get_by_role("button", name="Continue with localhost").click()
    expect(page).to_have_url(f"{site.url}/desk")
    expect(page.get_by_role("navigation", name="Desk")).to_contain_text("Ana")
    kept = {each.get("name"): each for each in page.context.cookies()}
    assert set(kept) == {"__Host-desk"}
    assert page.evaluate("document.cookie") == ""

    page.get_by_role("button", name="Sign out", exact=True).click()
    page.goto(f"{site.url}/desk/account")
    page.get_by_role("button", name="Sign in with localhost").click()
    expect(page).to_have_url(f"{site.url}/desk/account")


def test_no_script_of_ours_or_theirs_sees_what_is_kept_meanwhile(site: Site, idp: Directory, page: Page) -> None:
    idp.broken = {"/authorize": "{}"}
    page.goto(f"{site.url}/desk/login")

    page.get_by_role("button", name="Sign in with localhost").click()

    expect(page).to_have_url(re.compile("/realm/authorize"))
    (kept,) = page.context.cookies()
    assert (kept.get("name"), kept.get("httpOnly"), kept.get("secure")) == ("__Host-sso", True, True)
    assert kept.get("sameSite") == "Lax"
    assert page.evaluate("document.cookie") == ""
    assert page.evaluate("document.referrer") == ""
    page.go_back()
    expect(page).to_have_url(f"{site.url}/desk/login")


def test_an_account_that_nobody_has_is_told_so(site: Site, chromium: Browser) -> None:
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto(f"{site.url}/desk/login")

        with page.expect_response(lambda answer: "/desk/sso/return" in answer.url) as came:
            page.get_by_role("button", name="Sign in with localhost").click()

        assert came.value.status == 403
        expect(page.locator("main")).to_contain_text("ask for an invitation")
        assert context.cookies() == []
