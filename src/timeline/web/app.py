"""The WSGI application: `create_app` joins a desk with the pages and the API."""

from typing import Final

from flask import Flask
from flask.json.provider import DefaultJSONProvider
from flask_compress import Compress

from timeline.desk import Desk
from timeline.settings import read_settings
from timeline.store.database import connect
from timeline.store.schema import prepare
from timeline.web import api, corrections, live, pages, problems, security
from timeline.web.desk import BLUEPRINTS as DESK
from timeline.web.machines import routes as machines

MAX_BODY: Final = 1_048_576
"""The largest request body that is read, in bytes."""


class ReadableJson(DefaultJSONProvider):
    """JSON as the shapes are written: the names in their order, letters as themselves."""

    ensure_ascii = False
    sort_keys = False
    compact = True


def create_app(desk: Desk | None = None) -> Flask:
    """Return the application over a desk; without one, over the database that the settings name.

    Raises BadSettings, SchemaMismatch and StoreUnavailable.
    """
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    desk = desk or _desk_of_settings()
    app.extensions["desk"] = desk
    app.json = ReadableJson(app)
    Compress(app)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    security.guard(app)
    problems.answer(app)
    live.watch(app, desk)
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(corrections.blueprint)
    app.register_blueprint(live.blueprint)
    app.register_blueprint(machines.blueprint)
    app.register_blueprint(api.blueprint, url_prefix="/api")
    for blueprint in DESK:
        app.register_blueprint(blueprint, url_prefix="/desk")
    return app


def _desk_of_settings() -> Desk:
    database = connect(read_settings().database_url)
    prepare(database)
    return Desk(database)
