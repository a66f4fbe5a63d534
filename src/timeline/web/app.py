"""The WSGI application: `create_app` joins a desk with the pages and the API."""

from typing import TYPE_CHECKING, Any, Final

from flask import Flask, request
from flask.json.provider import DefaultJSONProvider
from flask_compress import Compress
from werkzeug.middleware.proxy_fix import ProxyFix

from timeline.desk import Desk
from timeline.settings import Settings, read_settings
from timeline.store.database import connect
from timeline.store.schema import prepare
from timeline.web import api, corrections, live, pages, problems, security
from timeline.web.crowd import Crowd
from timeline.web.description import routes as description
from timeline.web.desk import BLUEPRINTS as DESK
from timeline.web.desk import sso
from timeline.web.hatch import Hatch
from timeline.web.machines import routes as machines
from timeline.web.shelf import Shelf

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from timeline.web.desk.provider import Provider

MAX_BODY: Final = 1_048_576
"""The largest request body that is read, in bytes."""


class ReadableJson(DefaultJSONProvider):
    """JSON as the shapes are written: the names in their order, letters as themselves."""

    ensure_ascii = False
    sort_keys = False
    compact = True


class _Site(Flask):
    """The application. Its log names the route that failed, not the address, which may hold a secret."""

    def log_exception(self, exc_info: Any) -> None:
        self.logger.error("%s %s failed", request.method, request.url_rule, exc_info=exc_info)


def create_app(
    desk: Desk | None = None, provider: "Provider | None" = None, *, proxies: int = 0, streams: int = 1_000
) -> Flask:
    """Return the application over a desk; without one, over what the settings name.

    With a `provider` people may sign in by the accounts that they have there. So many `proxies` in front are believed
    when they say who asks, and for which host. At most so many `streams` are open at once.
    Raises BadSettings, SchemaMismatch and StoreUnavailable.
    """
    app = _Site(__name__)
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = MAX_BODY
    if desk is None:
        settings = read_settings()
        desk, provider = _desk_of(settings), sso.provider_of(settings)
        proxies, streams = settings.proxies, settings.streams
    shelf = Shelf(desk.database)
    app.extensions |= {"desk": desk, "provider": provider, "shelf": shelf, "crowd": Crowd(streams)}
    app.json = ReadableJson(app)
    Compress(app)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    security.guard(app)
    problems.answer(app)
    live.watch(app, desk, shelf)
    app.wsgi_app = _front(app, proxies)  # type: ignore[method-assign, assignment] # Flask's own way.
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(corrections.blueprint)
    app.register_blueprint(live.blueprint)
    app.register_blueprint(machines.blueprint)
    app.register_blueprint(api.blueprint, url_prefix="/api")
    app.register_blueprint(description.blueprint)
    for blueprint in DESK:
        app.register_blueprint(blueprint, url_prefix="/desk")
    return app


def _front(app: Flask, proxies: int) -> "WSGIApplication":
    """Return what a request meets before the application: the proxies' word for who asks, then the shelf."""
    hatch = app.extensions["hatch"] = Hatch(app.wsgi_app, app.extensions["shelf"], app.config["COMPRESS_ALGORITHM"])
    return ProxyFix(hatch, x_for=proxies, x_proto=proxies, x_host=proxies) if proxies else hatch


def _desk_of(settings: Settings) -> Desk:
    database = connect(settings.database_url)
    prepare(database)
    return Desk(database)
