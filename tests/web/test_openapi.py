"""The description of the API: whole, valid, true of what is answered, and the same for programs and people."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import validate
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from recorded import answers, night, unsalted
from timeline.domain import errors
from timeline.domain.event import EDITORIAL
from timeline.kinds.kind import find_kind, kind_names
from timeline.web.description.document import examples, path_of
from timeline.web.description.operations import OPERATIONS
from timeline.web.description.problems import HTTP, REFUSALS
from timeline.web.problems import STATUSES, CrossSite

Document = dict[str, Any]
MACHINES = ("api", "live", "machines")
ONLY_AT_THE_DESK = {
    *(CrossSite, errors.FactChanged, errors.NameTaken, errors.WeakPassword, errors.WrongPassword),
    *(errors.TooManyAttempts, errors.InvitationWorthless, errors.UnknownPerson, errors.LastAdmin),
    *(errors.UnknownTakedown, errors.TakedownOpen, errors.TakedownDecided, errors.SecondPersonNeeded),
    *(errors.SubjectTaken, errors.UnknownSubject, errors.SignOnLost, errors.SignOnDenied),
    *(errors.ProviderFailed, errors.ProviderSlow),
}
"""Refusals that only the pages of the desk give: they are for people, and not described."""


@pytest.fixture(scope="module")
def document(reader: FlaskClient) -> Document:
    found: Document = reader.get("/openapi.json").get_json()
    return found


def test_every_route_for_programs_is_described_and_no_other(reader: FlaskClient) -> None:
    served = {
        rule.endpoint
        for rule in reader.application.url_map.iter_rules()
        if rule.endpoint.startswith(MACHINES) or rule.rule.endswith("openapi.json")
    }

    assert set(OPERATIONS) == served


def test_every_path_of_the_document_is_a_route(reader: FlaskClient, document: Document) -> None:
    rules = reader.application.url_map.iter_rules()
    served = {
        (path_of(rule), method)
        for rule in rules
        if rule.endpoint in OPERATIONS
        for method in ("get", "post")
        if method.upper() in (rule.methods or ())
    }

    assert served == {(path, method) for path, operations in document["paths"].items() for method in operations}


def test_it_is_a_valid_document_of_openapi_3_1(document: Document) -> None:
    assert document["openapi"].startswith("3.1.")
    validate(document)


def test_the_schemas_of_the_document_are_schemas(document: Document) -> None:
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_type_of_event_can_be_sent(document: Document) -> None:
    types = set(EDITORIAL).union(*(find_kind(name).types for name in kind_names()))

    assert set(document["components"]["schemas"]["Draft"]["discriminator"]["mapping"]) == types


def test_every_refusal_of_the_api_is_described_and_no_other() -> None:
    assert {type(refusal) for refusal in REFUSALS} == set(STATUSES) - ONLY_AT_THE_DESK


def test_every_problem_that_an_operation_gives_is_one_that_is_described(document: Document) -> None:
    given = {code for operation in OPERATIONS.values() for code in operation.refusals}

    assert given == {type(refusal) for refusal in REFUSALS}
    assert len(document["components"]["examples"]) == len(REFUSALS) + len(HTTP)


def test_every_example_keeps_to_its_schema(document: Document) -> None:
    checked = 0
    for operation in _operations(document):
        for media in _media(operation):
            for example in _examples(media, document):
                _expect(document, media["schema"], example)
                checked += 1
        for parameter in _parameters(operation, document):
            if "example" in parameter:
                _expect(document, parameter["schema"], parameter["example"])

    assert checked > 100


def test_the_examples_are_what_is_answered() -> None:
    with night() as (client, token):
        found = dict(answers(client, token))

    recorded = {endpoint: each["answered"] for endpoint, each in examples().items()}
    assert unsalted(found) == unsalted(recorded), "python tests/recorded.py records them anew"


def test_every_answer_about_a_night_keeps_to_its_schema(reader: FlaskClient, document: Document) -> None:
    for slug in ("89th-academy-awards", "97th-academy-awards"):
        base = f"/api/stories/{slug}"
        for path, name in (
            *(("/api/stories", "Stories"), (f"{base}?limit=1000", "View"), (f"{base}?as_of=0", "View")),
            *((f"{base}?as_of=60&limit=5", "View"), (f"{base}/record?limit=1000", "Record")),
            *((f"{base}/changes", "Changes"), (f"{base}/changes?from=60", "Changes")),
            *((f"/stories/{slug}/updates?after=50", "Updates"), ("/api/stories/none", "Problem")),
        ):
            _expect(document, {"$ref": f"#/components/schemas/{name}"}, reader.get(path).get_json())
        facts = reader.get(f"{base}?limit=1000").get_json()["facts"]
        for fact in facts:
            answer = reader.get(f"{base}/facts/{fact['id']}").get_json()
            _expect(document, {"$ref": "#/components/schemas/Fact"}, answer)


def test_it_stands_at_two_addresses_and_costs_a_304_the_second_time(reader: FlaskClient) -> None:
    first, second = reader.get("/openapi.json"), reader.get("/api/openapi.json")

    assert first.mimetype == "application/json"
    assert first.data == second.data
    again = reader.get("/openapi.json", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_the_page_has_every_route_problem_and_shape_and_loads_nothing_else(
    reader: FlaskClient, document: Document
) -> None:
    page = reader.get("/api")

    assert page.mimetype == "text/html"
    for operation in _operations(document):
        assert f'id="{operation["operationId"]}"' in page.text
    for code in document["components"]["examples"]:
        assert f'<dt id="{code}">' in page.text
    for name in document["components"]["schemas"]:
        assert f'id="shape-{name}"' in page.text
    assert "<script" not in page.text
    assert set(re.findall(r'(?:href|src)="#([^"]+)"', page.text)) <= set(re.findall(r'id="([^"]+)"', page.text))
    again = reader.get("/api", headers={"If-None-Match": page.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_the_type_of_a_problem_leads_to_what_it_means(reader: FlaskClient) -> None:
    answer = reader.get("/api/stories/no-such-story")
    led = reader.get(answer.get_json()["type"])

    assert (led.status_code, led.headers["Location"]) == (303, "/api#unknown-story")
    assert 'id="unknown-story"' in reader.get("/api").text
    assert reader.get("/problems/of-nobody").status_code == 404


def test_whoever_has_anything_already_needs_nothing(reader: FlaskClient) -> None:
    for path in ("/", "/stories/97th-academy-awards", "/api/stories"):
        assert reader.get(path, headers={"If-None-Match": "*"}).status_code == 304


def test_an_if_none_match_that_is_no_tag_is_as_none(reader: FlaskClient) -> None:
    for text in ("0", "{}", 'W/"', "null,null"):
        assert reader.get("/api/stories", headers={"If-None-Match": text}).status_code == 200


@pytest.mark.parametrize(
    "path", ["/stories/a/b/feed.atom", "/stories/a/facts/no-id/ninjs.json", "/stories/a/b/updates"]
)
def test_programs_are_told_of_an_address_that_is_none_by_a_problem(reader: FlaskClient, path: str) -> None:
    for answer in (reader.get(path), reader.post("/stories/a/feed.atom"), reader.post("/openapi.json")):
        assert answer.mimetype == "application/problem+json"
        assert answer.status_code == 404 or "GET" in answer.headers["Allow"]


def test_readers_are_told_of_an_address_that_is_none_by_a_page(reader: FlaskClient) -> None:
    for path in ("/nothing", "/stories/a/b", "/stories/a/facts/no-id"):
        assert reader.get(path).mimetype == "text/html"


def test_an_address_that_ends_with_a_slash_leads_to_the_one_that_was_meant(reader: FlaskClient) -> None:
    for path, query in (("/stories/97th-academy-awards", "?as_of=3"), ("/api", ""), ("/desk", "")):
        answer = reader.get(f"{path}/{query}")
        assert (answer.status_code, answer.headers["Location"]) == (308, f"{path}{query}")
    for path in ("/nothing/", "/%2fexample.org/", "/stories/a/b/", "/stories/97th-academy-awards//"):
        assert reader.get(path).status_code in (404, 308)
        assert "example.org" not in reader.get(path).headers.get("Location", "").removeprefix("http://localhost/")


@pytest.mark.parametrize("path", ["/stories/97th-academy-awards", "/api/stories/97th-academy-awards"])
def test_what_can_be_said_once_is_not_said_twice(reader: FlaskClient, path: str) -> None:
    answer = reader.get(f"{path}?as_of=1&as_of=2")

    assert answer.status_code == 400
    assert "as_of stands 2 times in the address" in answer.text
    assert reader.get(f"{path}?utm_source=a&utm_source=b").status_code == 200


def _operations(document: Document) -> list[Any]:
    return [operation for operations in document["paths"].values() for operation in operations.values()]


def _parameters(operation: Any, document: Document) -> list[Any]:
    names = (each["$ref"].rpartition("/")[2] for each in operation["parameters"])
    return [document["components"]["parameters"][name] for name in names]


def _media(operation: Any) -> list[Any]:
    bodies = [operation[name] for name in ("requestBody",) if name in operation]
    return [
        media for each in (*bodies, *operation["responses"].values()) for media in each.get("content", {}).values()
    ]


def _examples(media: Any, document: Document) -> list[Any]:
    named = media.get("examples", {}).values()
    found = [
        document["components"]["examples"][each["$ref"].rpartition("/")[2]]["value"]
        if "$ref" in each
        else each["value"]
        for each in named
    ]
    return found + ([media["example"]] if "example" in media else [])


def _expect(document: Document, schema: Any, value: Any) -> None:
    """Hold a value to a schema of the document."""
    resource: Resource[Any] = DRAFT202012.create_resource(document)
    rooted = {"$ref": "urn:api" + schema["$ref"]} if "$ref" in schema else _rooted(schema)
    registry: Registry[Any] = Registry().with_resource("urn:api", resource)
    faults = Draft202012Validator(rooted, registry=registry, format_checker=FormatChecker()).iter_errors(value)
    assert [f"{fault.json_path}: {fault.message[:300]}" for fault in faults] == []


def _rooted(schema: Any) -> Any:
    """Return a schema whose references lead into the document."""
    match schema:
        case {"$ref": str(reference)}:
            return {"$ref": "urn:api" + reference}
        case dict():
            return {name: _rooted(each) for name, each in schema.items()}
        case list():
            return [_rooted(each) for each in schema]
        case _:
            return schema
