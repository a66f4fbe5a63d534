"""What is audited of the desk: every page of it, and by whom it is met, in a story where everything is going on."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener
from uuid import UUID, uuid4

from audited import CORRECTED, EVENING, KEY, LEAGUE, RETRACTED, TAKEN_DOWN
from desk_pages import OURS
from newsroom import opened
from sites import Site
from timeline.desk import Desk, utc_now
from timeline.store import takedowns
from timeline.store.database import Database
from timeline.store.drafts import save_draft
from timeline.store.invitations import invite
from timeline.store.people import ANY, Person, Role, create_person, disable, grant
from timeline.store.sessions import begin_session
from timeline.web.desk.guard import COOKIE

GALA: Final = "/stories/a-gala"
ADMIN: Final = "Ana"
STANDARDS: Final = "Cleo"
CONTRIBUTOR: Final = "Ben"
WITHOUT_A_ROLE: Final = "Dora"
NOBODY: Final = ""

REPORT: Final = "0195b000-0000-7000-8000-000000000001"
WAITS: Final = "0195b000-0000-7000-8000-000000000002"
WINNER: Final = "0195b000-0000-7000-8000-000000000003"
DECLINED: Final = "0195b000-0000-7000-8000-000000000004"
GONE: Final = "0195b000-0000-7000-8000-000000000005"
PICTURE: Final = "Best Picture"
LONG: Final = "A headline of the night that says so much that no column is wide enough for it " * 2

_NOTED: Final = {"kind": "correction", "note": "We had this wrong.\nIn fact it was *so*."}
_SAID: Final = {"source.name": "A wire", "source.url": "https://example.org/wire", "when": "now"}
_NO_SOURCE: Final = {"source.name": "", "when": "exact", "data.media.0.url": "here"}
_GUESSED: Final = {"present": "guessed", "password": "a sentence that nobody guesses"}
_SECOND: Final = {"type": "award.announced", "data.category": PICTURE, "data.film": "Nobody’s"}
_AMEND: Final = {"type": "fact.corrected", "fact": REPORT, "seen": "{head}", "data.headline": "My words for it"}
_RETRACT: Final = {"type": "fact.retracted", "fact": REPORT, "seen": "{head}"}


@dataclass(frozen=True, slots=True)
class DeskPage:
    """How a page of the desk is met: its address, the form that is sent there, who comes, and what is answered."""

    path: str
    form: Mapping[str, str] | None = None
    by: str = ADMIN
    status: int = 200


def _proof(story: str, form: Mapping[str, str], status: int = 200) -> DeskPage:
    """Return the page that shows what a form would publish."""
    return DeskPage(f"{story}/preview", {**_SAID, **form}, status=status)


def _deed(do: str, story: str = GALA, fact: str = REPORT) -> DeskPage:
    return DeskPage(f"{story}/facts/{fact}?do=fact.{do}&new")


DESK_PAGES: Final[Mapping[str, DeskPage]] = {
    "signing in": DeskPage("/login", by=NOBODY),
    "a wrong password": DeskPage("/login", {"name": "Somebody", "password": "guessed"}, NOBODY, 403),
    "an invitation": DeskPage("/invitations/{invitation}", by=NOBODY),
    "a password that is too short": DeskPage("/invitations/{invitation}", {"password": "short"}, NOBODY, 422),
    "an invitation that is worth nothing": DeskPage("/invitations/nothing", by=NOBODY, status=404),
    "somebody whom no other site has sent": DeskPage("/sso/return", by=NOBODY, status=404),
    "signed out while writing": DeskPage(f"{GALA}/preview", {"type": "update.reported"}, NOBODY, 401),
    "the stories": DeskPage(""),
    "no story at all": DeskPage("", by=WITHOUT_A_ROLE),
    "a story to be opened": DeskPage("/open"),
    "a story that cannot be opened": DeskPage("/open", {"slug": "A b", "data.kind": "general"}, status=422),
    "the desk of a night with a draft": DeskPage(GALA),
    "the desk of a night": DeskPage(f"{GALA}?new&type=award.announced"),
    "the desk of a night for a contributor": DeskPage(GALA, by=CONTRIBUTOR),
    "the desk of a general story": DeskPage(f"{EVENING}?new"),
    "the desk of somebody else’s kind": DeskPage(f"{LEAGUE}?new"),
    "the title": DeskPage(f"{GALA}?type=story.described&new"),
    "a report with faults": _proof(GALA, {"type": "update.reported", **_NO_SOURCE}, 422),
    "a proof": _proof(GALA, {"type": "update.reported", "data.headline": LONG, "data.body": "It is *so*."}),
    "a surprising proof": _proof(GALA, _SECOND),
    "a proof of the title": _proof(GALA, {"type": "story.described", "data.title": "Another title"}),
    "a proof of the end of coverage": _proof(EVENING, {"type": "coverage.ended"}),
    "a correction": _deed("corrected"),
    "a correction with a draft": DeskPage(f"{GALA}/facts/{REPORT}?do=fact.corrected"),
    "a correction of an award": _deed("corrected", fact=WINNER),
    "a retraction": _deed("retracted"),
    "a reinstatement": _deed("reinstated", EVENING, RETRACTED),
    "a pin": _deed("pinned"),
    "a pin taken off": _deed("unpinned", EVENING, CORRECTED),
    "a key moment": _deed("marked_key"),
    "a key moment no more": _deed("unmarked_key", EVENING, KEY),
    "an entry that was taken down": DeskPage(f"{EVENING}/facts/{TAKEN_DOWN}"),
    "an entry for a contributor": DeskPage(f"{GALA}/facts/{REPORT}", by=CONTRIBUTOR),
    "a correction without a note": _proof(GALA, {**_AMEND, "kind": "correction"}, 422),
    "a proof of a correction": _proof(GALA, {**_AMEND, **_NOTED}),
    "a proof of a retraction": _proof(GALA, {**_RETRACT, "note": "It is not so."}),
    "two editors at one entry": _proof(GALA, {**_AMEND, **_NOTED, "seen": "{before}"}, 409),
    "the record": DeskPage(f"{GALA}/record"),
    "the trail": DeskPage("/trail"),
    "nothing on the trail": DeskPage("/trail?person=Nobody"),
    "people": DeskPage("/people"),
    "a link for somebody": DeskPage("/people/password", {"name": CONTRIBUTOR}),
    "a name that is taken": DeskPage("/people/invite", {"name": ADMIN, "role": "editor", "story": "*"}, status=409),
    "not for a contributor": DeskPage("/people", by=CONTRIBUTOR, status=403),
    "an account": DeskPage("/account"),
    "a token, once": DeskPage("/account/tokens", {"name": "a wire", "role": "editor", "story": "*", "days": "30"}),
    "a present password that is wrong": DeskPage("/account/password", _GUESSED, STANDARDS, 403),
    "a takedown to be asked for": DeskPage(f"{GALA}/facts/{REPORT}/takedown", by=STANDARDS),
    "a takedown without a note": DeskPage(f"{GALA}/facts/{REPORT}/takedown", {"basis": "other"}, STANDARDS, 422),
    "a takedown asked for already": DeskPage(f"{GALA}/facts/{WAITS}/takedown", by=STANDARDS),
    "takedowns": DeskPage("/takedowns", by=STANDARDS),
    "a takedown for who asked": DeskPage("/takedowns/{open}", by=STANDARDS),
    "a takedown for a second person": DeskPage("/takedowns/{open}"),
    "a takedown declined": DeskPage("/takedowns/{declined}"),
    "a takedown carried out": DeskPage("/takedowns/{done}"),
    "a story that is not there": DeskPage("/stories/no-such-story", status=404),
}
"""Every page of the desk, by what it is; `{…}` are names that only the database knows."""


@dataclass(frozen=True, slots=True)
class Met:
    """A page of the desk as it was answered."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


def meet(site: Site) -> dict[str, Met]:
    """Let everything go on in a story that an editor may meet at the desk, and return every page of the desk."""
    site.post("/api/stories", {"slug": "a-gala", "title": "A gala", "kind": "ceremony", "timezone": "Asia/Tokyo"})
    recorded = site.post(f"/api{GALA}/record", _record())["events"]
    with opened(site.shell.url) as database:
        staff = _staff(database)
        names = _asked(database) | {"head": recorded[-1]["version"], "before": recorded[-2]["version"]}
        names["invitation"] = invite(database, "Eve", ANY, Role.EDITOR, by=ADMIN, now=utc_now())
        _begun(database, staff[ADMIN])
        secrets = {name: begin_session(database, person.id, utc_now()) for name, person in staff.items()}
    return {kind: _fetch(site, page, names, secrets.get(page.by)) for kind, page in DESK_PAGES.items()}


def _record() -> list[dict[str, Any]]:
    nominees = [("Anora", "Sean Baker"), ("Émilia Pérez", "Zoë Saldaña"), ("The Brutalist", "")]
    told = [
        _event("nomination.announced", number, category=category, film=film, people=[person] if person else [])
        for number, category in enumerate((PICTURE, "Best Actress in a Leading Role"))
        for film, person in nominees
    ]
    reports = [
        _event("update.reported", 10 + number, id_, headline=f"{LONG}{number}", body="It *is* so.")
        for number, id_ in enumerate((REPORT, WAITS, DECLINED, GONE))
    ]
    amended = {"set": {"data": {"headline": "So"}}}
    correction = {"fact": REPORT, **_NOTED, **amended}
    return [
        *told,
        *reports,
        _event("award.announced", 20, WINNER, category=PICTURE, film="Anora", people=["Sean Baker"]),
        {"type": "fact.corrected", "data": correction},
    ]


def _event(type_: str, minute: int, id_: str = "", **data: Any) -> dict[str, Any]:
    said = {"type": type_, "occurred_at": f"2025-03-02T18:{minute:02}:00Z", "data": data}
    return said | ({"id": id_} if id_ else {})


def _staff(database: Database) -> dict[str, Person]:
    """Make somebody of every role, and somebody who is let in no more."""
    now, slug = utc_now(), GALA.rpartition("/")[2]
    roles = {
        ADMIN: (ANY, Role.ADMIN),
        STANDARDS: (ANY, Role.STANDARDS),
        CONTRIBUTOR: (slug, Role.CONTRIBUTOR),
        WITHOUT_A_ROLE: (slug, Role.EDITOR),
        "Finn": (slug, Role.EDITOR),
    }
    found = {name: create_person(database, name, *role, by=ADMIN, now=now) for name, role in roles.items()}
    grant(database, found[WITHOUT_A_ROLE].id, slug, None, by=ADMIN, now=now)
    disable(database, found["Finn"].id, by=ADMIN, now=now)
    return found


def _asked(database: Database) -> dict[str, object]:
    """Ask for takedowns, decline one and carry one out; return their ids."""
    slug, now = GALA.rpartition("/")[2], utc_now()
    facts = {"open": WAITS, "declined": DECLINED, "done": GONE}
    asked = {
        name: takedowns.ask(database, slug, UUID(fact), "court order", "A court ordered it.", by=STANDARDS, now=now)
        for name, fact in facts.items()
    }
    takedowns.decline(database, asked["declined"], by=ADMIN, now=now)
    append = partial(Desk(database).append, actor=ADMIN)
    takedowns.approve(database, asked["done"], by=ADMIN, now=now, append=append)
    return dict(asked)


def _begun(database: Database, person: Person) -> None:
    """Keep a report and a correction that somebody has not finished."""
    story = Desk(database).head(GALA.rpartition("/")[2]).id
    report = {"type": "update.reported", "data.headline": "Begun", "source.name": "A wire"}
    for fact, form in ((None, report), (UUID(REPORT), {**_AMEND, **_NOTED})):
        id_ = uuid4()
        save_draft(database, person.id, story, id_, fact, form | {"id": str(id_)}, utc_now())


class _Stay(HTTPRedirectHandler):
    """A page that leads elsewhere is none."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _fetch(site: Site, page: DeskPage, names: Mapping[str, object], secret: str | None) -> Met:
    url = f"{site.url}/desk{page.path.format_map(names)}"
    fields = {name: text.format_map(names) for name, text in (page.form or {}).items()}
    form = None if page.form is None else urlencode(fields).encode()
    headers = OURS | ({"Cookie": f"{COOKIE}={secret}"} if secret else {})
    try:
        with build_opener(_Stay).open(Request(url, form, headers)) as answer:
            return Met(url, answer.status, dict(answer.headers), answer.read())
    except HTTPError as refusal:
        with refusal:
            return Met(url, refusal.code, dict(refusal.headers), refusal.read())
