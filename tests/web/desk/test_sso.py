"""Single sign-on: whoever the provider names comes in if they are known by that account, and nobody else does."""

import json
import logging
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from flask.testing import FlaskClient
from joserfc import jwt
from pydantic import SecretStr
from werkzeug.test import TestResponse

import provider as elsewhere
import timeline.web.desk.provider as ours
from desk_pages import PASSWORD, Visitor, with_password
from newsroom import Newsroom
from provider import CLIENT, SECRET, Directory, directory
from timeline.store.acts import acts
from timeline.store.invitations import invite, invite_back, invite_first
from timeline.store.people import ANY, Role, bind, create_person, disable, find_subject, people
from timeline.web.app import create_app
from timeline.web.desk.errand import COOKIE
from timeline.web.desk.guard import COOKIE as SESSION
from timeline.web.desk.provider import Provider

FORGED: dict[str, dict[str, Any]] = {
    "a wrong nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "made for another desk": {"aud": "another desk"},
    "made for another desk too": {"aud": [CLIENT, "another desk"]},
    "asked for by another desk": {"aud": [CLIENT, "another desk"], "azp": "another desk"},
    "made for another desk, asked for by us": {"aud": "another desk", "azp": CLIENT},
    "made for nobody": {"aud": None},
    "another issuer": {"iss": "https://login.example.org"},
    "no issuer": {"iss": None},
    "expired": {"iat": 1_700_000_000, "exp": 1_700_000_300},
    "good for ever": {"exp": None},
    "made in the future": {"iat": 4_000_000_000, "exp": 4_000_000_300},
    "never made": {"iat": None},
    "nobody": {"sub": None},
    "an empty name": {"sub": ""},
    "a name that is none": {"sub": ["ana-1"]},
    "a name that is too long": {"sub": "a" * 256},
    "a name with a NUL": {"sub": "ana-1\0"},
    "a moment that is none": {"exp": "tomorrow"},
}
FORGERS = [
    elsewhere.unsigned,
    elsewhere.signed_by_the_public_key,
    elsewhere.signed_by_another_key,
    elsewhere.changed_after_signing,
    elsewhere.carrying_its_key,
]
NONSENSE = ["", "null", "[]", "{}", '{"keys": 7}', '{"keys": [7]}', '{"error": [7]}', "[" * 9_999]
NO_TOKENS = ["", "no token at all", "e30.e30.e30", "W10.W10.W10", "é.é.é", ".....", "[" * 9_999]


@dataclass(frozen=True, slots=True)
class Traveller:
    """A browser that goes to the provider and comes back."""

    newsroom: Newsroom
    visitor: Visitor

    @property
    def client(self) -> FlaskClient:
        return self.visitor.client

    def leave(self, **form: Any) -> str:
        """Begin a sign-on, and return the address at which the provider is asked."""
        page = self.visitor.post("/sso", **form)
        assert page.status_code == 200, page.text
        (address,) = re.findall(r'http-equiv="refresh" content="0; url=([^"]+)"', page.text)
        return unescape(address)

    def back(self, address: str) -> str:
        """Let the provider answer, and return where it sends the browser."""
        answer = requests.get(address, allow_redirects=False, timeout=10)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def arrive(self, address: str, **changed: str | None) -> TestResponse:
        """Come back, perhaps with an address that somebody has changed."""
        parts = urlsplit(address)
        assert parts.path == "/desk/sso/return"
        query = {name: values[0] for name, values in parse_qs(parts.query).items()} | changed
        said = urlencode({name: value for name, value in query.items() if value is not None})
        return self.client.get(f"{parts.path}?{said}")

    def travel(self, **form: Any) -> TestResponse:
        return self.arrive(self.back(self.leave(**form)))

    def sign_out(self) -> None:
        self.visitor.post("/logout")

    @property
    def is_inside(self) -> bool:
        return self.visitor.get("").status_code == 200


@pytest.fixture
def idp(room: Newsroom) -> Iterator[Directory]:
    """Run a provider that has the newsroom's clock."""
    with directory(room.clock) as idp:
        yield idp


def outside(newsroom: Newsroom, provider: Provider) -> Traveller:
    return Traveller(newsroom, Visitor(newsroom, create_app(newsroom.desk, provider).test_client()))


@pytest.fixture
def ana(room: Newsroom, idp: Directory) -> Traveller:
    """Return the browser of somebody whose account is known at the desk, and who is not signed in."""
    person = create_person(room.database, "Ana", ANY, Role.EDITOR, by="a test", now=room.clock())
    bind(room.database, person.id, f"{idp.issuer} ana-1", room.clock())
    return outside(room, idp.client())


@pytest.fixture
def guest(room: Newsroom, idp: Directory) -> Traveller:
    """Return the browser of somebody whom nobody knows."""
    return outside(room, idp.client())


def told(answer: TestResponse, status: int, *words: str) -> str:
    """Return a page that refuses, which lets nobody in and keeps nothing."""
    assert answer.status_code == status, answer.text
    assert not any(each.startswith(f"{SESSION}=") for each in answer.headers.getlist("Set-Cookie"))
    assert answer.headers["Cache-Control"] == "no-store"
    page = unescape(answer.text)
    assert all(word in page for word in words), page
    return page


def cookie_of(answer: TestResponse, name: str = COOKIE) -> str:
    (found,) = (each for each in answer.headers.getlist("Set-Cookie") if each.startswith(f"{name}="))
    return found


def test_whoever_is_known_by_their_account_comes_in_and_goes_on_to_where_they_were(ana: Traveller) -> None:
    entered = ana.travel(next="/desk/stories/97th-academy-awards?from=1")

    assert (entered.status_code, entered.location) == (303, "/desk/stories/97th-academy-awards?from=1")
    assert "HttpOnly" in cookie_of(entered, SESSION)
    assert ana.is_inside


def test_the_pages_offer_what_is_set_up(ana: Traveller, idp: Directory, room: Newsroom) -> None:
    host = urlsplit(idp.issuer).netloc
    link = f"/invitations/{invite(room.database, 'Ben', ANY, Role.EDITOR, by='an admin', now=room.clock())}"
    without = Visitor(room, create_app(room.desk).test_client())

    assert f"Sign in with {host}" in ana.visitor.get("/login").text
    assert f"Continue with {host}" in ana.visitor.get(link).text
    assert "/desk/sso" not in without.get("/login").text + without.get(link).text
    assert without.post("/sso").status_code == 404
    assert without.get("/sso/return").status_code == 404


def test_neither_a_name_nor_an_address_makes_an_account_somebody_s(room: Newsroom, idp: Directory) -> None:
    with_password(room, "Ana")
    idp.user = {"sub": "mallory", "name": "Ana", "email": "ana@example.org", "email_verified": True}

    guest = outside(room, idp.client())

    told(guest.travel(), 403, "Nobody here is known by this account of localhost:", "ask for an invitation")
    assert [person.name for person in people(room.database)] == ["Ana"]
    assert not guest.is_inside


def test_the_same_subject_of_another_issuer_is_somebody_else(ana: Traveller, room: Newsroom) -> None:
    with directory(room.clock) as another:
        told(outside(room, another.client()).travel(), 403, "Nobody here is known")


def test_somebody_who_is_let_in_no_more_is_not_let_in_by_their_account(ana: Traveller, room: Newsroom) -> None:
    create_person(room.database, "Ben", ANY, Role.ADMIN, by="a test", now=room.clock())
    (person,) = (each for each in people(room.database) if each.name == "Ana")
    disable(room.database, person.id, by="Ben", now=room.clock())

    told(ana.travel(), 403, "Ana is let in no more")


def test_an_invitation_is_accepted_without_a_password(guest: Traveller, room: Newsroom, idp: Directory) -> None:
    secret = invite(room.database, "Ana", ANY, Role.EDITOR, by="Ben", now=room.clock())

    entered = guest.travel(invitation=secret, name="Somebody else")

    assert (entered.status_code, entered.location) == (303, "/desk")
    assert guest.is_inside
    known = find_subject(room.database, f"{idp.issuer} ana-1")
    assert known
    assert (known.name, dict(known.roles)) == ("Ana", {ANY: Role.EDITOR})
    assert "single sign-on" in acts(room.database, 1)[0].what
    guest.sign_out()
    assert guest.visitor.post("/sso", invitation=secret).status_code == 404
    assert guest.travel().status_code == 303


def test_the_way_back_in_leads_through_the_provider_too(guest: Traveller, room: Newsroom) -> None:
    person = with_password(room)
    secret = invite_back(room.database, person, by="Ben", now=room.clock())

    assert guest.travel(invitation=secret).status_code == 303
    assert guest.is_inside


@pytest.mark.parametrize(("typed", "called"), [("Ana B.", "Ana B."), ("", "Ana"), ("  ", "Ana")])
def test_the_first_of_all_is_called_as_they_wish_or_as_the_provider_calls_them(
    guest: Traveller, room: Newsroom, typed: str, called: str
) -> None:
    secret = invite_first(room.database, ANY, Role.ADMIN, room.clock())

    assert guest.travel(invitation=secret, name=typed).status_code == 303
    assert [person.name for person in people(room.database)] == [called]


@pytest.mark.parametrize("claimed", [None, "", 7, "A\0na"])
def test_without_a_name_nobody_is_the_first_and_the_link_stays_good(
    guest: Traveller, room: Newsroom, idp: Directory, claimed: object
) -> None:
    secret = invite_first(room.database, ANY, Role.ADMIN, room.clock())
    idp.claims = {"name": claimed}

    told(guest.travel(invitation=secret), 422)
    assert people(room.database) == []
    assert guest.travel(invitation=secret, name="Ana").status_code == 303


def test_a_name_that_cannot_be_one_is_refused_before_anybody_leaves(guest: Traveller, room: Newsroom) -> None:
    secret = invite_first(room.database, ANY, Role.ADMIN, room.clock())

    assert guest.visitor.post("/sso", invitation=secret, name="a" * 501).status_code == 422
    assert guest.visitor.post("/sso", invitation="never made").status_code == 404


def test_the_longest_name_and_the_longest_page_fit_into_what_a_browser_keeps(
    guest: Traveller, room: Newsroom
) -> None:
    secret = invite_first(room.database, ANY, Role.ADMIN, room.clock())
    page = guest.visitor.post("/sso", invitation=secret, name="🎬" * 500, next="/desk/" + "é" * 900)

    assert len(cookie_of(page)) < 4_000


def test_somebody_who_is_signed_in_binds_their_account(room: Newsroom, idp: Directory) -> None:
    with_password(room)
    traveller = outside(room, idp.client())
    traveller.visitor.post("/login", name="Ana", password=PASSWORD)
    assert 'name="bind"' in traveller.visitor.get("/account").text

    bound = traveller.travel(bind="yes", next="/desk/account")

    assert (bound.status_code, bound.location) == (303, "/desk/account")
    traveller.sign_out()
    assert traveller.travel().status_code == 303
    assert traveller.is_inside


def test_an_account_signs_in_one_person_alone(ana: Traveller, room: Newsroom, idp: Directory) -> None:
    with_password(room, "Ben")
    ben = outside(room, idp.client())
    ben.visitor.post("/login", name="Ben", password=PASSWORD)
    secret = invite(room.database, "Cid", ANY, Role.EDITOR, by="an admin", now=room.clock())

    told(ben.travel(bind="yes"), 409, "This account signs in somebody else here already")
    told(ben.travel(invitation=secret), 409, "This account signs in somebody else here already")
    idp.user = {"sub": "cid-1"}
    assert ben.travel(invitation=secret).status_code == 303


def test_an_account_is_bound_to_whoever_asked_and_to_nobody_who_came_after(ana: Traveller, room: Newsroom) -> None:
    with_password(room, "Ben")
    told(ana.visitor.post("/sso", bind="yes"), 401, "You are signed out")
    ana.visitor.post("/login", name="Ben", password=PASSWORD)
    address = ana.back(ana.leave(bind="yes"))
    kept = ana.client.get_cookie(COOKIE)
    assert kept

    ana.sign_out()
    assert ana.travel().status_code == 303

    ana.client.set_cookie(COOKIE, kept.value)
    told(ana.arrive(address), 401, "Somebody else is signed in by now")


def test_what_a_browser_keeps_meanwhile_is_out_of_every_script_s_reach_and_soon_gone(ana: Traveller) -> None:
    page = ana.visitor.post("/sso")
    kept = set(cookie_of(page).split("; ")[1:])

    assert {"HttpOnly", "Secure", "SameSite=Lax", "Path=/", "Max-Age=600"} <= kept
    assert not any(each.startswith("Domain") for each in kept)
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert "Max-Age=0" in cookie_of(ana.arrive("/desk/sso/return"))


@pytest.mark.parametrize("state", [None, "", "foreign", "é", "\0"])
def test_a_return_without_our_state_lets_nobody_in(ana: Traveller, state: str | None) -> None:
    told(ana.arrive(ana.back(ana.leave()), state=state), 403, "This sign-on was not begun in this browser")


def test_a_return_is_good_once(ana: Traveller) -> None:
    address = ana.back(ana.leave())
    assert ana.arrive(address).status_code == 303
    ana.sign_out()

    told(ana.arrive(address), 403, "was not begun in this browser")


def test_a_code_is_good_once_even_for_a_browser_that_kept_its_cookie(ana: Traveller) -> None:
    address = ana.back(ana.leave())
    kept = ana.client.get_cookie(COOKIE)
    assert kept
    ana.arrive(address)
    ana.sign_out()
    ana.client.set_cookie(COOKIE, kept.value)

    told(ana.arrive(address), 403, "was not begun in this browser")


def test_somebody_else_s_return_signs_nobody_in(ana: Traveller, room: Newsroom, idp: Directory) -> None:
    address = ana.back(ana.leave())
    victim = outside(room, idp.client())

    told(victim.arrive(address), 403, "was not begun in this browser")
    victim.leave()
    told(victim.arrive(address), 403, "was not begun in this browser")
    assert not victim.is_inside


def test_somebody_else_s_code_is_worth_nothing_in_a_sign_on_of_one_s_own(
    ana: Traveller, room: Newsroom, idp: Directory
) -> None:
    (stolen,) = parse_qs(urlsplit(ana.back(ana.leave())).query)["code"]
    thief = outside(room, idp.client())

    told(thief.arrive(thief.back(thief.leave()), code=stolen), 403, "was not begun in this browser")


def test_a_cookie_whose_end_is_of_no_zone_lets_nobody_in(ana: Traveller) -> None:
    address = ana.back(ana.leave())
    kept = ana.client.get_cookie(COOKIE)
    assert kept
    endless = json.loads(urlsafe_b64decode(kept.decoded_value)) | {"until": "2999-01-01T00:00:00"}
    ana.client.set_cookie(COOKIE, urlsafe_b64encode(json.dumps(endless).encode()).decode())

    told(ana.arrive(address), 403, "was not begun in this browser")


@pytest.mark.parametrize("kept", ["", "no cookie of ours", "e30=", urlsafe_b64encode(b"\xff").decode(), "é"])
def test_a_cookie_that_is_no_errand_lets_nobody_in(ana: Traveller, kept: str) -> None:
    address = ana.back(ana.leave())
    ana.client.set_cookie(COOKIE, kept)

    told(ana.arrive(address), 403, "was not begun in this browser")


def test_whoever_takes_more_than_ten_minutes_begins_again(ana: Traveller, room: Newsroom) -> None:
    address = ana.back(ana.leave())
    room.clock.turn(minutes=10)

    told(ana.arrive(address), 403, "took more than 10 minutes")


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_no_other_site_makes_a_browser_begin(ana: Traveller, site: str) -> None:
    answer = ana.visitor.post("/sso", headers={"Sec-Fetch-Site": site})

    told(answer, 403)
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("kind", FORGED)
def test_an_id_token_that_is_not_for_this_sign_on_lets_nobody_in(ana: Traveller, idp: Directory, kind: str) -> None:
    idp.claims = FORGED[kind]

    told(ana.travel(), 502, "nobody was signed in")
    assert not ana.is_inside


@pytest.mark.parametrize("forge", FORGERS)
def test_an_id_token_that_the_provider_did_not_sign_lets_nobody_in(
    ana: Traveller, idp: Directory, forge: Callable[[dict[str, Any]], str]
) -> None:
    idp.sign = forge

    told(ana.travel(), 502, "nobody was signed in")
    assert not ana.is_inside


@pytest.mark.parametrize("text", NO_TOKENS)
def test_what_is_no_id_token_lets_nobody_in(ana: Traveller, idp: Directory, text: str) -> None:
    idp.sign = lambda _: text

    told(ana.travel(), 502, "nobody was signed in")


def test_an_id_token_for_more_than_us_is_good_if_it_was_us_who_asked(ana: Traveller, idp: Directory) -> None:
    idp.claims = {"aud": [CLIENT, "another desk"], "azp": CLIENT}

    assert ana.travel().status_code == 303


def test_a_key_need_not_say_what_it_is_for(ana: Traveller, idp: Directory) -> None:
    whole = elsewhere.KEY.as_dict(private=False)
    bare = {name: value for name, value in whole.items() if name not in ("alg", "use")}
    older = elsewhere.ANOTHER_KEY.as_dict(private=False) | {"kid": "older"}

    for keys in ([bare], [older, bare]):
        idp.broken = {"/keys": json.dumps({"keys": keys})}
        assert ana.travel().status_code == 303


def test_a_token_need_not_name_the_only_key_there_is(ana: Traveller, idp: Directory) -> None:
    idp.sign = lambda claims: jwt.encode({"alg": "RS256"}, claims, elsewhere.KEY)
    idp.broken = {"/keys": json.dumps({"keys": [elsewhere.KEY.as_dict(private=False)]})}

    assert ana.travel().status_code == 303


@pytest.mark.parametrize("skew", [-50, 50])
def test_a_provider_s_clock_may_be_a_minute_wrong(ana: Traveller, idp: Directory, room: Newsroom, skew: int) -> None:
    now = int(room.clock().timestamp()) + skew
    idp.claims = {"iat": now, "exp": now + 1}

    assert ana.travel().status_code == 303


@pytest.mark.parametrize(
    "page",
    [
        "https://example.org/",
        "//example.org/desk",
        "/\\example.org",
        "/desk/\\example.org",
        "/desk/\r\nLocation: https://example.org",
        "javascript:alert(1)",
        "/deskelsewhere",
        "/",
        "",
    ],
)
def test_nobody_is_sent_to_another_site_behind_the_sign_on(ana: Traveller, page: str) -> None:
    assert ana.travel(next=page).location == "/desk"


def test_an_answer_that_names_another_issuer_is_not_believed(ana: Traveller, idp: Directory) -> None:
    idp.returned = {"iss": "https://login.example.org"}
    told(ana.travel(), 403, "was not begun in this browser")
    assert "/token" not in idp.asked

    idp.returned = {"iss": idp.issuer}
    assert ana.travel().status_code == 303


def test_a_provider_that_names_itself_in_its_answers_does_so_in_each(ana: Traveller, idp: Directory) -> None:
    idp.described = {"authorization_response_iss_parameter_supported": True}

    told(ana.travel(), 403, "was not begun in this browser")
    assert "/token" not in idp.asked


def test_a_provider_that_says_no_is_told_so(ana: Traveller, idp: Directory) -> None:
    idp.error = "access_denied"
    told(ana.travel(), 403, "did not say who you are")

    idp.error = "temporarily_unavailable"
    told(ana.travel(), 502, "nobody was signed in")

    idp.error = "<script>Call this number</script>"
    assert "Call this number" not in told(ana.travel(), 403)


@pytest.mark.parametrize("code", [None, ""])
def test_an_answer_without_a_code_is_none(ana: Traveller, code: str | None) -> None:
    told(ana.arrive(ana.back(ana.leave()), code=code), 403, "was not begun in this browser")


@pytest.mark.parametrize("code", ["\0", "é", "a" * 5_000, "%zz&grant_type=password", "a b+c"])
def test_a_code_that_is_none_opens_nothing(ana: Traveller, code: str) -> None:
    told(ana.arrive(ana.back(ana.leave()), code=code), 403, "was not begun in this browser")


@pytest.mark.parametrize("path", ["/token", "/keys"])
@pytest.mark.parametrize("breakage", [500, 404, 429, 302, *NONSENSE])
def test_a_provider_that_breaks_down_or_talks_nonsense_lets_nobody_in(
    ana: Traveller, idp: Directory, path: str, breakage: int | str
) -> None:
    idp.broken = {path: breakage}

    told(ana.travel(), 502, "localhost:", "cannot be relied on at the moment")


@pytest.mark.parametrize(
    "keys",
    [
        [],
        [{}],
        [{"kty": "RSA"}],
        [{"kty": "RSA", "kid": "signing", "n": "AQAB", "e": "AQAB"}],
        [{"kty": "RSA", "kid": "signing", "n": 7, "e": None}],
        [{"kty": "EC", "kid": "signing", "crv": "P-256", "x": "AA", "y": "AA"}],
        [{"kty": "OKP", "kid": "signing", "crv": "none", "x": "AA"}],
        [{"kty": "oct", "kid": "signing", "k": "AA"}],
        [{"kty": [], "kid": {}}],
    ],
)
def test_keys_that_are_none_let_nobody_in(ana: Traveller, idp: Directory, keys: list[Any]) -> None:
    idp.broken = {"/keys": json.dumps({"keys": keys})}

    told(ana.travel(), 502, "nobody was signed in")


@pytest.mark.parametrize("breakage", [500, "", "null", "{}", '{"issuer": "https://login.example.org"}'])
def test_without_a_description_nobody_is_sent_away(ana: Traveller, idp: Directory, breakage: int | str) -> None:
    idp.broken = {"/.well-known/openid-configuration": breakage}

    told(ana.visitor.post("/sso"), 502, "cannot be relied on at the moment")


@pytest.mark.parametrize("where", ["http://login.example.org/authorize", "javascript:alert(1)", "", "/authorize", 7])
@pytest.mark.parametrize("endpoint", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
def test_nobody_and_no_secret_is_sent_where_others_may_listen(
    ana: Traveller, idp: Directory, endpoint: str, where: object
) -> None:
    idp.described = {endpoint: where}

    told(ana.visitor.post("/sso"), 502)


def test_a_description_of_another_issuer_is_not_believed(ana: Traveller, idp: Directory) -> None:
    idp.described = {"issuer": f"{idp.issuer}/"}

    told(ana.visitor.post("/sso"), 502, "it describes another issuer")


@pytest.mark.parametrize("path", ["/token", "/keys"])
def test_nobody_waits_long_for_a_slow_provider(
    ana: Traveller, idp: Directory, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ours.PATIENCE <= 10
    monkeypatch.setattr(ours, "PATIENCE", 0.2)
    idp.broken = {path: 1.0}

    told(ana.travel(), 504, "does not answer in time")


def test_a_provider_that_is_down_is_told_as_such_and_passwords_go_on(room: Newsroom) -> None:
    with_password(room)
    with directory(room.clock) as idp:
        provider = idp.client()
    visitor = outside(room, provider).visitor

    told(visitor.post("/sso"), 502, "cannot be relied on at the moment")
    entered = visitor.post("/login", name="Ana", password=PASSWORD)
    assert entered.status_code == 303


def test_a_provider_is_asked_for_its_description_every_ten_minutes(
    ana: Traveller, idp: Directory, room: Newsroom
) -> None:
    def times_asked() -> int:
        return idp.asked.count("/.well-known/openid-configuration")

    ana.travel()
    ana.travel()
    assert times_asked() == 1

    room.clock.turn(minutes=10)
    ana.travel()
    assert times_asked() == 2


@pytest.mark.parametrize("methods", [["client_secret_post"], ["client_secret_basic", "client_secret_post"]])
def test_the_desk_shows_who_it_is_as_the_provider_wishes(ana: Traveller, idp: Directory, methods: list[str]) -> None:
    idp.described = {"token_endpoint_auth_methods_supported": methods}

    assert ana.travel().status_code == 303


def test_no_secret_is_in_any_log_or_page(
    ana: Traveller, room: Newsroom, idp: Directory, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    pages: list[str] = []
    travellers = [ana, outside(room, Provider(idp.issuer, CLIENT, SecretStr("a wrong secret")))]
    secrets = [SECRET, "a wrong secret"]
    breakages: list[dict[str, int | str | float]] = [{}, {"/token": 500}, {"/token": "[]"}, {"/keys": 500}]
    for traveller in travellers:
        for idp.broken in breakages:
            address = traveller.leave()
            back = traveller.back(address)
            kept = traveller.client.get_cookie(COOKIE)
            assert kept
            secrets += [kept.value, *parse_qs(urlsplit(back).query)["code"]]
            pages.append(traveller.arrive(back).text)

    logged = "".join(record.getMessage() for record in caplog.records if record.name != "werkzeug")
    assert "provider" in logged or "cannot be relied on" in logged
    assert [secret for secret in secrets if secret in logged + "".join(pages)] == []
    assert SECRET not in repr(vars(idp.client()))


def test_what_readers_see_knows_nothing_of_it(ana: Traveller, room: Newsroom) -> None:
    ana.travel()
    plain = create_app(room.desk).test_client()

    for path in ("/", "/corrections", "/api/stories", "/stories/none"):
        ours, theirs = ana.client.get(path), plain.get(path)
        assert ours.data == theirs.data
        assert "Set-Cookie" not in ours.headers
        assert "Cookie" not in ours.headers.get("Vary", "")
        assert ours.headers["Content-Security-Policy"] == theirs.headers["Content-Security-Policy"]
