"""The examples of the API’s description: what was really answered on the night of the 97th Academy Awards.

`python tests/recorded.py` records them anew.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from commands import STORIES
from newsroom import HandClock, opened
from timeline.desk import Desk
from timeline.store.people import Role
from timeline.store.tokens import create_token
from timeline.story_files import import_file
from timeline.web.app import create_app
from timeline.web.description.document import EXAMPLES, examples, path_of, pretty
from timeline.web.description.operations import OPERATIONS
from timeline.web.description.parameters import FACT, STORY

MORNING: Final = datetime(2025, 3, 3, 8, 0, tzinfo=UTC)
"""When the examples are sent and asked for, hours after the ceremony."""
SHOWN: Final = 300
"""Markup that is longer is cut in the middle of it: what an example shows is where it stands."""


@contextmanager
def night() -> Iterator[tuple[FlaskClient, str]]:
    """Lend the API over the 97th Academy Awards in the morning, and a token for the desk."""
    with TemporaryDirectory() as folder, opened(f"sqlite:///{folder}/timeline.sqlite") as database:
        desk = Desk(database, HandClock(MORNING))
        import_file(desk, STORIES / f"{STORY}.jsonl")
        yield create_app(desk).test_client(), create_token(database, "Ana", Role.ADMIN, MORNING)


def answers(client: FlaskClient, token: str) -> Iterator[tuple[str, Any]]:
    """Yield each endpoint whose answer is text, with its answer: first what is asked, then what is sent."""
    rules = {rule.endpoint: rule for rule in client.application.url_map.iter_rules()}
    reads_first = sorted(OPERATIONS.items(), key=lambda item: item[1].body is not None)
    for endpoint, operation in reads_first:
        path = path_of(rules[endpoint]).format(slug=STORY, id=FACT)
        if operation.body is None:
            answer = client.get(path, query_string=dict(operation.asks))
        else:
            sent = next(iter(examples()[endpoint]["sent"].values()))["value"]
            answer = client.post(path, json=sent, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == operation.status, f"{endpoint}: {answer.text}"
        if operation.media != "image/png" and not endpoint.startswith("description."):
            yield endpoint, _shown(answer)


def unsalted(value: Any) -> Any:
    """Return JSON without what is drawn by lot when a story is imported or an event is written."""
    match value:
        case dict():
            return {name: unsalted(each) for name, each in value.items() if name not in ("salt", "commitment")}
        case list():
            return [unsalted(each) for each in value]
        case _:
            return value


def _shown(answer: TestResponse) -> Any:
    if answer.is_json or answer.mimetype == "application/feed+json":
        return _cut(json.loads(answer.text))
    if answer.mimetype == "text/event-stream":
        return re.sub(r"(?m)^data: (.*)$", lambda data: f"data: {_line(_cut(json.loads(data[1])))}", answer.text)
    return re.sub(r"\?v=[0-9a-f]+", "", answer.text)  # The fingerprints of static files change with them.


def _cut(value: Any) -> Any:
    match value:
        case Mapping():
            return {name: _cut(each) for name, each in value.items()}
        case list():
            return [_cut(each) for each in value]
        case str() if len(value) > SHOWN and value.lstrip().startswith("<"):
            return f"{value[:SHOWN]}…"
        case _:
            return value


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _record() -> None:
    with night() as (client, token):
        found = examples()
        for endpoint, answer in answers(client, token):
            found.setdefault(endpoint, {})["answered"] = answer
        Path(EXAMPLES).write_text(f"{pretty(dict(sorted(found.items())))}\n", encoding="utf-8")


if __name__ == "__main__":
    _record()
