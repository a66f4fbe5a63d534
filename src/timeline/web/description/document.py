"""The OpenAPI 3.1 document, made once per process of routes, models, refusals and recorded examples."""

import json
import re
import shlex
from collections.abc import Iterable, Iterator
from functools import cache
from http import HTTPStatus
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from flask import Flask
from werkzeug.routing import Rule

from timeline.domain.ijson import JsonObject
from timeline.web.description.operations import OPERATIONS, TAGS, Operation
from timeline.web.description.parameters import FACT, HEADERS, PARAMETERS, STORY
from timeline.web.description.problems import REFUSALS, code_of, http_error, problems
from timeline.web.description.schemas import ref, schemas
from timeline.web.problems import STATUSES, problem_of_http

EXAMPLES: Final = Path(__file__).with_name("examples.json")
_HERE: Final = "http://127.0.0.1:8000"
_PROBLEM: Final = "application/problem+json"
_INFO: Final = """\
A live news timeline that remembers everything it ever said: stories are append-only records of events, and every
answer can be had from any vantage, `at` (what had happened by then) and `as_of` (what was on record then).

Every refusal is a problem (RFC 9457) whose `type` is stable. An unchanged answer costs a 304. Writing needs a
token."""


def document(app: Flask) -> JsonObject:
    """Return the document of an application; it is the same for all that have the same kinds installed."""
    rules = {rule.endpoint: rule for rule in app.url_map.iter_rules() if rule.endpoint in OPERATIONS}
    recorded = examples()
    paths: JsonObject = {}
    for endpoint, operation in OPERATIONS.items():
        rule = rules[endpoint]
        said = _paragraph(app.view_functions[endpoint].__doc__)
        described = _operation(operation, rule, said, recorded.get(endpoint, {}))
        paths.setdefault(path_of(rule), {})[_method(rule)] = described
    return {
        "openapi": "3.1.0",
        "info": {"title": "Timeline", "version": version_of("timeline"), "description": _INFO},
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": description} for name, description in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "parameters": PARAMETERS,
            "headers": HEADERS,
            "examples": {code: {"summary": meaning, "value": value} for code, meaning, value in problems()},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "`timeline token create NAME --role ROLE` makes one.",
                }
            },
        },
    }


@cache
def examples() -> JsonObject:
    """Return what was sent and answered for each endpoint, on the night of the 97th Academy Awards."""
    found: JsonObject = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    return found


def path_of(rule: Rule) -> str:
    """Return a route’s path as the document writes it."""
    return re.sub(r"<(?:\w+:)?(\w+?)_?>", r"{\1}", rule.rule)


def _method(rule: Rule) -> str:
    return "post" if "POST" in (rule.methods or ()) else "get"


def _operation(operation: Operation, rule: Rule, said: str, recorded: JsonObject) -> JsonObject:
    in_path = re.findall(r"\{(\w+)\}", path_of(rule))
    asked = ["if-none-match"] if operation.is_conditional else []
    names = (*in_path, *operation.parameters, *asked)
    described: JsonObject = {
        "operationId": rule.endpoint.rpartition(".")[2],
        "tags": [operation.tag],
        "summary": said.partition(". ")[0].rstrip("."),
        "description": said,
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in names],
        "responses": dict(_responses(operation, recorded, is_one_of_many=bool(in_path))),
        "x-codeSamples": [{"lang": "sh", "source": _curl(operation, path_of(rule), recorded)}],
    }
    if operation.body is not None:
        media = {"schema": operation.body, "examples": recorded["sent"]}
        described |= {"requestBody": {"required": True, "content": {"application/json": media}}}
        described |= {"security": [{"token": []}]}
    return described


def _curl(operation: Operation, path: str, recorded: JsonObject) -> str:
    """Return the example as a command that can be copied."""
    query = f"?{urlencode(operation.asks)}" if operation.asks else ""
    address = shlex.quote(f"{_HERE}{path.format(slug=STORY, id=FACT)}{query}")
    if operation.body is None:
        return f"curl {address}"
    sent = next(iter(recorded["sent"].values()))["value"]
    headers = """-H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json'"""
    return f"curl {headers} \\\n  -d {shlex.quote(json.dumps(sent, ensure_ascii=False))} \\\n  {address}"


def _responses(
    operation: Operation, recorded: JsonObject, *, is_one_of_many: bool
) -> Iterator[tuple[str, JsonObject]]:
    example = {"example": recorded["answered"]} if "answered" in recorded else {}
    names = {"Cache-Control": operation.caching} if operation.caching else {}
    if operation.is_conditional:
        names |= {"ETag": "ETag", "Vary": "Vary"}
    if operation.tag == "Writing" and operation.body == ref("NewStory"):
        names |= {"Location": "Location"}
    yield (
        str(operation.status.value),
        {
            "description": operation.status.description or operation.status.phrase,
            "headers": _headers(names),
            "content": {operation.media: {"schema": operation.schema, **example}},
        },
    )
    if operation.media == "text/event-stream":
        yield "204", {"description": "Nothing more will be sent: the coverage has ended, and you have read it all."}
    if operation.is_conditional:
        yield "304", {"description": "You have it already.", "headers": _headers(names)}
    nowhere = (HTTPStatus.NOT_FOUND,) if is_one_of_many else ()
    yield from _problems(operation, (*operation.errors, *nowhere, HTTPStatus.METHOD_NOT_ALLOWED))


def _problems(operation: Operation, failures: Iterable[HTTPStatus]) -> Iterator[tuple[str, JsonObject]]:
    """Yield what an operation refuses, and HTTP itself: those of one status together, with their codes."""
    codes: dict[HTTPStatus, list[str]] = {}
    for refusal in REFUSALS:
        if type(refusal) in operation.refusals:
            codes.setdefault(STATUSES[type(refusal)], []).append(refusal.code)
    for status in failures:
        codes.setdefault(status, []).append(code_of(problem_of_http(http_error(status))))
    for status in sorted(codes):
        yield str(status.value), _problem(status, codes[status])


def _problem(status: HTTPStatus, codes: list[str]) -> JsonObject:
    more = {405: {"Allow": "Allow"}, 401: {"WWW-Authenticate": "WWW-Authenticate"}}.get(status, {})
    types = {"type": {"enum": [f"/problems/{code}" for code in codes]}, "status": {"const": status.value}}
    return {
        "description": f"{status.phrase}: {', '.join(f'`{code}`' for code in codes)}",
        "headers": _headers({"Cache-Control": "NotStored", **more}),
        "content": {
            _PROBLEM: {
                "schema": {"allOf": [ref("Problem"), {"properties": types}]},
                "examples": {code: {"$ref": f"#/components/examples/{code}"} for code in codes},
            }
        },
    }


def _headers(names: dict[str, str]) -> JsonObject:
    return {name: {"$ref": f"#/components/headers/{component}"} for name, component in names.items()}


def _paragraph(text: str | None) -> str:
    return " ".join((text or "").split())


def pretty(value: Any) -> str:
    """Return JSON as people read it."""
    return json.dumps(value, ensure_ascii=False, indent=2)
