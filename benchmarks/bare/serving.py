"""A bound: a server of the same class as ours that answers everything with the bytes of one answer of ours.

`python -m benchmarks.bare.serving flask|wsgi ANSWER`: through a bare Flask route, or a bare WSGI function. The answer
is a file of JSON: its headers as pairs, and its body in base64.
"""

import json
import sys
from base64 import b64decode
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from flask import Flask, Response

from timeline.cli.server import Server
from timeline.settings import read_settings


class _Bare(Server):
    application: Any = None

    def load(self) -> Any:
        return self.application


def main(how: str, answer: str) -> None:
    """Serve until told to end."""
    kept = json.loads(Path(answer).read_text(encoding="utf-8"))
    headers = [(name, value) for name, value in kept["headers"]]
    server = _Bare(read_settings())
    server.application = {"flask": _flask, "wsgi": _wsgi}[how](b64decode(kept["body"]), headers)
    server.run()


def _flask(body: bytes, headers: list[tuple[str, str]]) -> Flask:
    app = Flask(__name__)

    @app.get("/stories/<slug>")
    def story(slug: str) -> Response:
        return Response(body, headers=headers)

    return app


def _wsgi(body: bytes, headers: list[tuple[str, str]]) -> Callable[[Any, Any], Iterable[bytes]]:
    def application(environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", headers)
        return (body,)

    return application


if __name__ == "__main__":
    main(*sys.argv[1:])
